/** The composition root: configuration becomes parts, parts become a running gateway. Only this file and those of `compose/` know all of them. */

import { inspect } from 'node:util'
import { createLiveEvents } from './admin/live-events.ts'
import { createAuditLog } from './audit/log.ts'
import { createAccess } from './compose/access.ts'
import { gatewayAccount } from './compose/accounts.ts'
import { composeAdministration } from './compose/administration.ts'
import { createAlerting } from './compose/alerts.ts'
import { startSimulator } from './compose/built-in-simulator.ts'
import { CatalogueSource } from './compose/catalogue-source.ts'
import { watchBooks } from './compose/books-watch.ts'
import { Closers } from './compose/closers.ts'
import { watchReloads } from './compose/config-watch.ts'
import { readDashboard } from './compose/dashboard.ts'
import { lockDataDir } from './compose/data-dir.ts'
import { openExperiments } from './compose/experiments.ts'
import { composeFeatures } from './compose/features.ts'
import { InForce } from './compose/in-force.ts'
import { createLimits, watchPressure } from './compose/limits.ts'
import { listen, type Listeners, tlsOf } from './compose/listeners.ts'
import { createObserver } from './compose/observer.ts'
import { openRollout } from './compose/rollout.ts'
import { composeRequestPath } from './compose/request-path.ts'
import { createRouting } from './compose/routing.ts'
import { createSecrets, type RunningSecrets } from './compose/secrets.ts'
import { openShared } from './compose/shared.ts'
import { loadOptionsOf, type StartOptions } from './compose/start-options.ts'
import { openStores } from './compose/stores.ts'
import { openSwitches } from './compose/switches.ts'
import { type CrashPoint, readCrashPoint } from './config/crash-point.ts'
import { ConfigError } from './config/fault.ts'
import type { Config, LoadResult } from './config/load.ts'
import type { AskModel, EmbedTexts } from './core/ask.ts'
import { systemClock } from './core/clock.ts'
import { createRoutingTable } from './routing/table.ts'
import { createLog, type Log } from './telemetry/log.ts'

/** A gateway that listens. */
export interface RunningGateway {
  /** Empty where only the control socket is open. */
  readonly url: string
  /** Where people open the dashboard, without a slash at its end. */
  readonly dashboardUrl: string
  readonly config: Config
  /** Opens one session of the admin API, once; it lives for 15 minutes. */
  readonly signInUrl: string
  /** The text of the key that the first start made. */
  readonly firstKey?: string
  /** The request path as functions, on the gateway's own account. */
  readonly ask: AskModel
  readonly embed: EmbedTexts
  /** Reads the configuration again. */
  reload(): Promise<void>
  /** Drains and ends. `now` skips the grace period and tells open requests to end. */
  stop(now?: boolean): Promise<void>
}

/** Starts a gateway. Throws ConfigError, or Error where the data directory is held by another process. */
export async function start(options: StartOptions): Promise<RunningGateway> {
  const closers = new Closers()
  const isControlOnly = options.isControlOnly === true
  const secrets = createSecrets(systemClock, { toleratesUnstored: isControlOnly })
  closers.add(() => secrets.close())
  const load = () => secrets.load(loadOptionsOf(options))
  try {
    const loaded = await load()
    if (!loaded.ok) throw new ConfigError(loaded.faults, loaded.file)
    const initial = loaded.config
    secrets.adopt()
    const log = options.log ?? createLog(initial.log)
    const lock = lockDataDir(initial.dataDir)
    closers.add(() => lock.release())
    const crashPoint = readCrashPoint(options.env)
    return await compose({ initial, load, secrets, log, closers, isControlOnly, crashPoint })
  } catch (error) {
    // Why it did not start says more than what could then not be closed.
    await closers.close().catch(() => undefined)
    throw error
  }
}

interface ComposeParts {
  /** What was loaded first. */
  readonly initial: Config
  readonly load: () => Promise<LoadResult>
  readonly secrets: RunningSecrets
  readonly log: Log
  readonly closers: Closers
  readonly isControlOnly: boolean
  readonly crashPoint: CrashPoint | undefined
}

async function compose(parts: ComposeParts): Promise<RunningGateway> {
  const { initial, load, secrets, log, closers, isControlOnly, crashPoint } = parts

  // -- what is kept, and what is in force
  const clock = systemClock
  const stores = await openStores(initial, clock, log, closers)
  const shared = await openShared(initial, clock, log, closers)
  const audit = createAuditLog(stores.audit, clock)
  const rollout = await openRollout({
    config: initial,
    stores,
    audit,
    checkModels: (call, models) => access.checkModels(call, models),
    clock,
    log,
  })
  closers.add(() => rollout.close())
  const inForce = new InForce(rollout.effective)
  const { config, snapshot } = inForce
  /** What nearly every part is given. */
  const base = { config, clock, log, closers }
  const makesFirstKey = !isControlOnly
  const access = await createAccess({ ...base, store: stores.access, shared, makesFirstKey })
  closers.add(() => access.close())
  const simulatorUrl = await startSimulator(initial, closers)
  const catalogue = new CatalogueSource(config, clock)
  // Planning wants prices and limits from the first request on.
  if (Object.keys(initial.routes).length > 0 || initial.cache.exact) await catalogue.load()
  const alerts = () => alerting.alerts
  const experimenting = await openExperiments({ ...base, stores, rollout, alerts, catalogue })
  const { experiments } = experimenting
  closers.add(() => experiments.close())
  const switches = await openSwitches({ ...base, stores })
  const isOff = (provider: string) => switches.of(provider) !== undefined
  const revisions = { ...rollout.revisions, isEnded: experiments.isEnded }
  const tableOf = (next: Config) =>
    createRoutingTable(next, {
      builtInUrl: simulatorUrl,
      lookUpModel: catalogue.lookUp(next),
      revisions,
      isOff,
    })
  inForce.open(access.keyring, tableOf)

  // -- who hears of what happens
  const events = createLiveEvents(access.teamOf, () => observer.flush())
  const alerting = createAlerting({ ...base, stores, snapshot, access, catalogue, events })
  const limits = createLimits(config, shared.limitCounters)
  const watchers = [alerting.onHealthChange, secrets.onHealthChange]
  const routing = createRouting({ ...base, limiter: limits.targets, events, watchers })
  let listeners: Listeners | undefined
  const observer = await createObserver({
    ...base,
    config: initial,
    records: stores.records,
    openRequests: () => listeners?.openRequests ?? 0,
    health: routing.health,
    budgets: () => path.books.budgets.publicShares(),
    snapshot,
    events,
    alerting,
  })

  // -- the request path, and what works beside it
  const common = { ...base, snapshot, stores, access, catalogue, alerting, events, routing }
  const path = await composeRequestPath({
    ...common,
    initial,
    shared,
    limits,
    pressure: watchPressure(initial, closers),
    observer,
    onSample: (sample) => features.samples.onSample(sample),
    answerLater: (request) => features.batching.answerLater(request),
    crashPoint,
  })
  const keepConnections = () => path.sender.keep(new Set(snapshot().table.providers.values()))
  const takeUpRoutes = () => {
    inForce.takeUpConfig()
    inForce.takeUpTable()
    keepConnections()
  }
  takeUpRoutes()
  rollout.onChange(takeUpRoutes)
  experimenting.onChange(takeUpRoutes)
  switches.onChange(takeUpRoutes)
  const features = composeFeatures({ ...common, path, rollout, experimenting, hasSchedule: !isControlOnly })
  const { drift, batching, feedback } = features
  observer.show(drift.observe, rollout.observe, (record) => experiments.observe(record))

  // -- the ways in
  const administration = composeAdministration({
    ...common,
    ...path,
    ...features,
    audit,
    observer,
    secrets,
    rollout,
    experimenting,
    switches,
    adminUrl: () => listeners?.adminUrl ?? '',
  })
  const { url, setReady, setTls, drain } = (listeners = await listen({
    ...path,
    ...administration,
    initial,
    config,
    isControlOnly,
    observer,
    snapshot,
    callerRoutes: [...batching.sideRoutes, ...feedback.sideRoutes, ...access.sideRoutes],
    corsOrigins: access.corsOrigins,
    deferral: batching.deferral,
    dashboard: isControlOnly ? undefined : readDashboard(),
    catalogue: () => catalogue.get(),
    clock,
  }))

  // -- new configurations
  const takeUpCatalogue = async () => {
    try {
      if (await catalogue.load()) inForce.takeUpTable()
    } catch (cause) {
      log.error({ cause: inspect(cause) }, 'no catalogue')
    }
  }
  const takeUp = async (next: Config) => {
    await rollout.reload(next)
    inForce.takeUpConfig()
    secrets.adopt()
    inForce.takeUpTable(await access.reload(next))
    const { routes } = snapshot().table
    routing.health.pardon()
    void path.examples.prepare(routes)
    alerting.reload(next)
    path.recording.reload(next)
    path.guardrails.reload(next)
    path.books.reload()
    if (routes.size > 0) void takeUpCatalogue()
    void drift.reload(next)
    keepConnections()
    const tls = tlsOf(next)
    if (tls) setTls(tls)
  }
  const watch = await watchReloads({ initial, load, takeUp, log, closers })

  // -- off it goes
  secrets.start({ log, audit, reload: () => void watch.reload(), setReady })
  closers.add(() => secrets.closeUses())
  if (!isControlOnly) {
    const { routes } = snapshot().table
    void path.examples.prepare(routes)
    if (routes.size > 0) void features.modelWatch.look()
    alerting.start()
    watchBooks({ ...base, alerts: alerting.alerts, store: stores.alerts, budgets: path.books.budgets })
    batching.start()
    experiments.start()
    feedback.desk.start()
    void drift.reload(initial)
  }
  log.info({ url, providers: [...snapshot().table.providers.keys()] }, 'listening')
  const hurry = new AbortController()
  let stopping: Promise<void> | undefined
  return {
    url,
    dashboardUrl: administration.dashboardUrl(),
    config: initial,
    signInUrl: isControlOnly ? '' : await administration.createLink(),
    ...(access.firstKey !== undefined && { firstKey: access.firstKey }),
    ask: path.askAs(gatewayAccount),
    embed: path.embedAs(gatewayAccount),
    reload: () => watch.reload(),
    stop(now = false) {
      setReady(false)
      void secrets.close()
      events.close()
      if (now) hurry.abort()
      stopping ??= drain(initial.server.drain, hurry.signal)
        .then(() => closers.close())
        .then(() => log.info('stopped'))
      return stopping
    },
  }
}

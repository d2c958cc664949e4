/** The composition root: configuration becomes parts, parts become a running gateway. Only this file and those of `compose/` know all of them. */

import { createLiveEvents } from './admin/live-events.ts'
import { gatewayAccount } from './compose/accounts.ts'
import { composeAdministration } from './compose/administration.ts'
import { createAlerting } from './compose/alerts.ts'
import { Closers } from './compose/closers.ts'
import { watchReloads } from './compose/config-watch.ts'
import { readDashboard } from './compose/dashboard.ts'
import { lockDataDir } from './compose/data-dir.ts'
import { composeFeatures } from './compose/features.ts'
import { openFoundation } from './compose/foundation.ts'
import { createLimits, watchPressure } from './compose/limits.ts'
import { listen, type Listeners, tlsOf } from './compose/listeners.ts'
import { createObserver } from './compose/observer.ts'
import { composeRequestPath } from './compose/request-path.ts'
import { createRouting } from './compose/routing.ts'
import { createSecrets, type RunningSecrets } from './compose/secrets.ts'
import { loadOptionsOf, type StartOptions } from './compose/start-options.ts'
import { takeUpConfig, takeUpRoutes } from './compose/take-up.ts'
import { startWork } from './compose/work.ts'
import { type CrashPoint, readCrashPoint } from './config/crash-point.ts'
import { ConfigError } from './config/fault.ts'
import type { Config, LoadResult } from './config/load.ts'
import type { AskModel, EmbedTexts } from './core/ask.ts'
import { systemClock } from './core/clock.ts'
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
  const foundation = await openFoundation({
    initial,
    makesFirstKey: !isControlOnly,
    alerts: () => alerting.alerts,
    clock,
    log,
    closers,
  })
  const { stores, shared, access, catalogue, rollout, experimenting } = foundation
  const { config, snapshot } = foundation.inForce
  /** What nearly every part is given. */
  const base = { config, clock, log, closers }

  // -- who hears of what happens
  const events = createLiveEvents(access.teamOf, () => observer.flush())
  const alerting = createAlerting({ ...base, stores, snapshot, access, catalogue, events })
  const limits = createLimits(config, shared.limitCounters)
  const routing = createRouting({
    ...base,
    limiter: limits.targets,
    events,
    watchers: [alerting.onHealthChange, secrets.onHealthChange],
  })
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
  const common = { ...foundation, ...base, snapshot, alerting, events, routing }
  const path = await composeRequestPath({
    ...common,
    initial,
    limits,
    pressure: watchPressure(initial, closers),
    observer,
    onSample: (sample) => features.samples.onSample(sample),
    answerLater: (request) => features.batching.answerLater(request),
    crashPoint,
  })
  takeUpRoutes({ ...common, path })
  const features = composeFeatures({ ...common, path, hasSchedule: !isControlOnly })
  const { drift, batching, feedback } = features
  observer.show(drift.observe, rollout.observe, (record) => experimenting.experiments.observe(record))

  // -- the ways in
  const administration = composeAdministration({
    ...common,
    ...path,
    ...features,
    observer,
    secrets,
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
  const takeUp = async (next: Config) => {
    await takeUpConfig({ ...common, path, secrets, drift }, next)
    const tls = tlsOf(next)
    if (tls) setTls(tls)
  }
  const watch = await watchReloads({ initial, load, takeUp, log, closers })

  // -- off it goes
  secrets.start({ log, audit: foundation.audit, reload: () => void watch.reload(), setReady })
  closers.add(() => secrets.closeUses())
  if (!isControlOnly) startWork({ ...common, ...features, path, initial })
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

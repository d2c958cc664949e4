/** The composition root: configuration becomes parts, parts become a running gateway. Only this file and those of `compose/` know all of them. */

import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { auditRoutes } from './audit/admin.ts'
import { createAuditLog } from './audit/log.ts'
import type { Caller } from './access/keys.ts'
import type { Principal } from './access/principal.ts'
import { isAdminToken } from './access/sessions.ts'
import { cacheRoutes } from './cache/admin.ts'
import { backupRoutes } from './compose/backup.ts'
import { createLiveEvents } from './admin/live-events.ts'
import { corsOriginsOf, createAccess, pepperOf } from './compose/access.ts'
import { createAlerting } from './compose/alerts.ts'
import { createBatching } from './compose/batches.ts'
import { driftKeyId } from './compose/budgets.ts'
import { startSimulator } from './compose/built-in-simulator.ts'
import { createCache } from './compose/cache.ts'
import { CatalogueSource } from './compose/catalogue-source.ts'
import { Closers } from './compose/closers.ts'
import { readDashboard } from './compose/dashboard.ts'
import { composeDatasets } from './compose/datasets.ts'
import { lockDataDir, sealingKey } from './compose/data-dir.ts'
import { createDrift } from './compose/drift.ts'
import { composeEvals } from './compose/evals.ts'
import { forgetRoutes } from './compose/forget.ts'
import { composeFeedback } from './compose/feedback.ts'
import { openExperiments } from './compose/experiments.ts'
import { createGuardrails } from './compose/guardrails.ts'
import { guardrailAccount } from './gateway/guarding.ts'
import { openIdempotency } from './compose/idempotency.ts'
import { createAskModel, createEmbedTexts, type InnerCallParts } from './compose/inner-calls.ts'

import { startLedger } from './compose/ledger.ts'
import { createLimits } from './compose/limits.ts'
import { listen, type Listeners, tlsOf } from './compose/listeners.ts'
import { openModelWatch } from './compose/model-watch.ts'
import { createObserver } from './compose/observer.ts'
import { createPricedAsk } from './compose/priced-ask.ts'
import { createRecording } from './compose/payloads.ts'
import { createRouting } from './compose/routing.ts'
import { composeSamples } from './compose/samples.ts'
import { openShared } from './compose/shared.ts'
import { openRollout } from './compose/rollout.ts'
import { createSecrets, openVault, type RunningSecrets } from './compose/secrets.ts'
import { settingsRoutes } from './compose/settings.ts'
import { agedSecrets } from './compose/secret-age.ts'
import { createSignIns } from './compose/sign-in.ts'
import { composeSecretRoutes } from './compose/stored-secrets.ts'
import { openStores } from './compose/stores.ts'
import { type CrashPoint, readCrashPoint } from './config/crash-point.ts'
import { composeContracts } from './compose/structured.ts'
import { readEnvironment } from './config/environment.ts'
import { ConfigError } from './config/fault.ts'
import { type Config, type LoadOptions, loadConfig } from './config/load.ts'
import { watchConfig } from './config/watch.ts'
import type { AskModel, EmbedTexts } from './core/ask.ts'
import { systemClock } from './core/clock.ts'
import { GatewayError } from './core/error.ts'
import { createIdFactory } from './core/id.ts'
import { evalRoutes } from './evals/admin.ts'
import { createGateway } from './gateway.ts'
import type { Gateway, Snapshot } from './gateway/parts.ts'
import { adminSideRoutes, controlSideRoutes } from './http/admin.ts'
import { callerSideRoute } from './http/caller-routes.ts'
import type { StoredAnswers } from './http/stored-responses.ts'
import { Pressure, watchProcess } from './limits/shedding.ts'
import { modelRoutes } from './models/admin.ts'
import { catalogueRoutes } from './models/catalogue-admin.ts'
import { builtInProvider, providerTable } from './providers/table.ts'
import { findHealthyRuns } from './drift/healthy.ts'
import type { RequestRecord } from './records/record.ts'
import { recordRoutes, toSnakeCase, toSummary } from './records/admin.ts'
import { createRequestFigures } from './records/figures.ts'
import { figureRoutes } from './records/figures-admin.ts'
import { providerRoutes } from './routing/admin.ts'
import { createExampleBook } from './routing/examples.ts'
import { createRoutingTable } from './routing/table.ts'
import { createStoredResponses, type StoredResponses } from './stored/stored.ts'
import { createLog, type Log } from './telemetry/log.ts'
import { createTokenCounter } from './tokens/counter.ts'
import { createSender } from './upstream/send.ts'

export interface StartOptions {
  readonly configPath?: string
  /** The working folder, absolute; relative paths of the command line start there. */
  readonly folder: string
  readonly env: LoadOptions['env']
  readonly host?: string
  readonly port?: number
  readonly dataDir?: string
  readonly log?: Log
  /** Opens the data directory's control socket alone: for a command that works on it while no gateway runs. */
  readonly isControlOnly?: boolean
}

/** A gateway that listens. */
export interface RunningGateway {
  /** Empty where only the control socket is open. */
  readonly url: string
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

/** Runs until SIGTERM or SIGINT has drained it. SIGHUP reloads. */
export async function serve(
  options: Omit<StartOptions, 'env' | 'folder'>,
  announce: (running: RunningGateway) => void,
): Promise<void> {
  const running = await start({ ...options, env: readEnvironment(), folder: process.cwd() })
  announce(running)
  await new Promise<void>((resolve) => {
    let signals = 0
    const end = () => void running.stop(++signals > 1).then(resolve)
    process.on('SIGTERM', end)
    process.on('SIGINT', end)
    process.on('SIGHUP', () => void running.reload())
  })
}

/**
 * Starts a gateway for one command: it listens on the control socket alone, and tells people only what is wrong.
 * Gives the function that stops it.
 */
export async function startForCommand(
  options: Pick<StartOptions, 'configPath' | 'dataDir'>,
): Promise<() => Promise<void>> {
  const log = createLog({
    level: 'warn',
    format: 'text',
    destination: { write: (line) => void process.stderr.write(line) },
  })
  const running = await start({
    ...options,
    env: readEnvironment(),
    folder: process.cwd(),
    log,
    isControlOnly: true,
  })
  return () => running.stop(true)
}

/** Starts a gateway. Throws ConfigError, or Error where the data directory is held by another process. */
export async function start(options: StartOptions): Promise<RunningGateway> {
  const closers = new Closers()
  const secrets = createSecrets(systemClock, { toleratesUnstored: options.isControlOnly === true })
  closers.add(() => secrets.close())
  const { openReferences } = secrets
  const load = () => loadConfig({ ...loadOptions(options), openReferences })
  try {
    const loaded = await load()
    if (!loaded.ok) throw new ConfigError(loaded.faults, loaded.file)
    const { config } = loaded
    secrets.adopt()
    const log = options.log ?? createLog(config.log)
    const lock = lockDataDir(config.dataDir)
    closers.add(() => lock.release())
    const isControlOnly = options.isControlOnly === true
    return await compose({
      config,
      load,
      secrets,
      log,
      closers,
      isControlOnly,
      crashPoint: readCrashPoint(options.env),
    })
  } catch (error) {
    await closers.close()
    throw error
  }
}

function loadOptions({ configPath, folder, env, host, port, dataDir }: StartOptions): LoadOptions {
  return {
    folder,
    env,
    known: { types: providerTable, builtIn: builtInProvider },
    overrides: {
      ...(host !== undefined && { host }),
      ...(port !== undefined && { port }),
      ...(dataDir !== undefined && { dataDir }),
    },
    ...(configPath !== undefined && { file: configPath }),
  }
}

interface ComposeParts {
  readonly config: Config
  readonly load: () => ReturnType<typeof loadConfig>
  readonly secrets: RunningSecrets
  readonly log: Log
  readonly closers: Closers
  readonly isControlOnly: boolean
  readonly crashPoint: CrashPoint | undefined
}

async function compose({
  config,
  load,
  secrets,
  log,
  closers,
  isControlOnly,
  crashPoint,
}: ComposeParts): Promise<RunningGateway> {
  const clock = systemClock
  const stores = await openStores(config, clock, log, closers)
  const shared = await openShared(config, clock, log, closers)
  const audit = createAuditLog(stores.audit, clock)
  const rollout = await openRollout({
    config,
    store: stores.rollout,
    verdictOf: (org, route, revision) => stores.evals.newestVerdict(org, `${route}@${revision}`),
    healthyRuns: findHealthyRuns(stores.drift),
    audit,
    clock,
    log,
  })
  closers.add(() => rollout.close())
  let current = rollout.effective()
  const access = await createAccess({
    config: () => current,
    store: stores.access,
    pepper: pepperOf(config, log),
    clock,
    log,
    shared,
    makesFirstKey: !isControlOnly,
  })
  closers.add(() => access.close())
  const { keyring, firstKey } = access
  const simulatorUrl = await startSimulator(config, closers)
  const catalogue = new CatalogueSource(() => current)
  // Planning wants prices and limits from the first request on.
  if (Object.keys(config.routes).length > 0 || config.cache.exact) await catalogue.load()
  const { experiments, ...experimenting } = await openExperiments({
    config: () => current,
    store: stores.experiments,
    rollout: rollout.rollout,
    alerts: () => alerting.alerts,
    costOf: (provider, model, usage) => catalogue.costOf(provider, model, usage, clock.nowMs()),
    clock,
    log,
  })
  closers.add(() => experiments.close())
  const revisions = { ...rollout.revisions, isEnded: experiments.isEnded }
  const tableOf = (next: Config) => createRoutingTable(next, simulatorUrl, catalogue.lookUp(next), revisions)
  let snapshot: Snapshot = { keyring, table: tableOf(current) }
  const limits = createLimits(() => current, shared.limitCounters)
  const events = createLiveEvents()
  const alerting = createAlerting({
    config: () => current,
    stores,
    table: () => snapshot.table,
    agedSecrets: (nowMs) => agedSecrets(current, access.directory, stores.marks, nowMs),
    async lookUp() {
      await catalogue.load()
      return catalogue.lookUp(current)
    },
    events,
    clock,
    log,
    closers,
  })
  const routing = createRouting(limits.targets, clock, (change) => {
    log.warn({ ...change }, 'health of a target changed')
    events.publish('health', 'default', () => ({ ...toSnakeCase(change) }))
    alerting.onHealthChange(change)
    secrets.onHealthChange(change)
  })
  let listeners: Listeners | undefined
  /** Of parts that are built after the request path, because they use it. */
  const lookers: ((record: RequestRecord) => void)[] = []
  const observer = await createObserver({
    config,
    log,
    clock,
    records: stores.records,
    closers,
    openRequests: () => listeners?.openRequests ?? 0,
    health: routing.health,
    snapshot: () => snapshot,
    watch(record) {
      events.publish('request', record.org, () => toSummary(record))
      alerting.observe(record)
      for (const look of lookers) look(record)
    },
  })
  const pressure = new Pressure(config.server.overload)
  const pressureWatch = watchProcess(pressure)
  closers.add(() => pressureWatch.stop())

  const tokens = createTokenCounter()
  closers.add(() => tokens.close())
  const books = await startLedger({
    config: () => current,
    budgets: stores.budgets,
    access,
    alerts: alerting.alerts,
    clock,
    log,
    tokens,
    models: () => catalogue.inForce(),
    shared: stores.sharedLedger,
    names: access.names,
    budgetCounters: shared.budgetCounters,
    crashPoint,
  })
  closers.add(() => books.close())
  const sender = createSender(clock)
  closers.add(() => sender.close())
  const stored = createStoredResponses({
    ...config.storedResponses,
    store: stores.responses,
    key: sealingKey(config, 'stored-responses'),
    clock,
    onError: (cause) => log.error({ cause: inspect(cause) }, 'expired responses could not be deleted'),
  })
  closers.add(() => stored.close())
  const takeUpRoutes = () => {
    current = rollout.effective()
    snapshot = { ...snapshot, table: tableOf(current) }
    sender.keep(new Set(snapshot.table.providers.values()))
  }
  takeUpRoutes()
  rollout.onChange(takeUpRoutes)
  experimenting.onChange(takeUpRoutes)
  const contracts = composeContracts(() => current)
  closers.add(() => contracts.close())
  const newRequestId = createIdFactory(randomBytes, clock)
  const innerOf = (principal: Principal): InnerCallParts => ({
    get gateway() {
      return gateway // its own parts call it, when it is there
    },
    newRequestId,
    principal,
  })
  const inner = innerOf(gatewayPrincipal)
  const embed = createEmbedTexts(inner)
  const examples = createExampleBook({
    embed,
    clock,
    onError: (cause, route) => log.warn({ cause: inspect(cause), route }, 'examples could not be embedded'),
  })
  const ask = createAskModel(inner)
  const cache = await createCache({
    config: () => current,
    clock,
    log,
    metrics: observer.metrics,
    closers,
    ask,
    embed,
    questions: stores.questions,
  })
  const guardrails = createGuardrails(current, {
    inner: innerOf(accountOf(guardrailAccount)),
    clock,
    closers,
  })
  const recording = createRecording({ config: () => current, stores, clock, log, closers })
  const gateway: Gateway = createGateway({
    clock,
    contracts,
    sender,
    tokens,
    ledger: books.ledger,
    budgets: books.budgets,
    stored,
    heartbeatMs: () => current.server.heartbeatMs,
    idempotency: openIdempotency({ config, store: stores.claims, clock, log, closers }),
    routing,
    examples,
    cache: cache.answers,
    payloads: recording.tap,
    guardrails,
    costOf: (provider, model, usage) => catalogue.costOf(provider, model, usage, clock.nowMs()),
    snapshot: () => snapshot,
    liveCalls: access.liveCalls,
    limiter: limits.requests,
    admit: (priority) => pressure.admit(priority),
    onRecord: observer.observe,
    onSample: (sample) => samples.onSample(sample),
    onError: observer.onError,
  })

  const samples = composeSamples({
    config: () => current,
    askAs: (account) =>
      createAskModel({ ...inner, principal: { ...gatewayPrincipal, keyId: account, keyName: account } }),
    catalogue: () => catalogue.get(),
    costOf: experimenting.costOf,
    store: stores.shadow,
    experiments,
    clock,
    log,
  })
  closers.add(() => samples.close())
  const signingIn = createSignIns({
    config: () => current,
    tickets: stores.tickets,
    directory: access.directory,
    registrar: access.registrar,
    audit,
    clock,
    adminUrl: () => listeners?.adminUrl ?? '',
  })
  closers.add(() => signingIn.close())
  const driftAccount = { ...inner, principal: { ...gatewayPrincipal, keyId: driftKeyId, keyName: 'drift' } }
  const drift = createDrift({
    store: stores.drift,
    rollout,
    clock,
    log,
    alerts: alerting.alerts,
    ask: createPricedAsk(createAskModel(driftAccount), () => catalogue.get(), clock),
    embed: createEmbedTexts(driftAccount),
    hasSchedule: !isControlOnly,
  })
  lookers.push(drift.observe, rollout.observe, (record) => experiments.observe(record))
  closers.add(() => drift.close())
  const evals = composeEvals({
    ask: createAskModel({ ...inner, principal: evalPrincipal }),
    embed: createEmbedTexts({ ...inner, principal: evalPrincipal }),
    table: () => snapshot.table,
    store: stores.evals,
    isShared: stores.sharedLedger !== undefined,
    retentionDays: () => current.evals.retentionDays,
    catalogue: () => catalogue.get(),
    allowsPrivateNetwork: () => current.evals.webhooks.allowPrivateNetwork,
    clock,
    log,
    closers,
  })
  const feedback = composeFeedback({
    config: () => current,
    stores,
    experiments,
    snapshot: () => snapshot,
    clock,
    log,
  })
  closers.add(() => feedback.desk.close())
  const modelWatch = openModelWatch({
    config: () => current,
    catalogue: () => catalogue.get(),
    clock,
    log,
    closers,
  })
  const batching = createBatching({
    config: () => current,
    stores,
    gateway,
    newRequestId,
    snapshot: () => snapshot,
    async lookUp() {
      await catalogue.load()
      return catalogue.lookUp(current)
    },
    chargedFor: (requestId) => books.store.chargedFor(requestId),
    events,
    clock,
    log,
    closers,
  })
  const adminRows = [
    ...rollout.routes,
    ...experimenting.routes,
    ...feedback.routes,
    ...settingsRoutes(() => current),
    ...catalogueRoutes({
      catalogue: () => catalogue.get(),
      providers: () => snapshot.table.providers.keys(),
      nowMs: () => clock.nowMs(),
    }),
    ...samples.routes,
    ...composeDatasets({
      payloads: recording.payloads,
      feedback: stores.feedback,
      rollout: rollout.rollout,
    }),
    ...modelRoutes(modelWatch),
    ...auditRoutes(stores.audit),
    ...figureRoutes(createRequestFigures(stores.records, () => clock.nowMs())),
    ...recordRoutes(stores.records),
    ...books.routes,
    ...access.routes,
    ...signingIn.routes,
    ...alerting.routes,
    ...events.routes,
    ...drift.routes,
    ...cacheRoutes(cache),
    ...recording.routes,
    ...batching.adminRoutes,
    ...forgetRoutes({
      ...stores,
      payloads: recording.payloads,
      keysOf: access.keysOf,
      answers: cache.store,
      files: batching.files,
      batches: batching.batches,
    }),
    ...composeSecretRoutes({
      settings: () => current.secrets,
      store: stores.secrets,
      clock,
      openVault: (settings) => openVault(settings, clock),
      onChange: () => secrets.refresh(),
    }),
    ...providerRoutes({ ...routing, table: () => snapshot.table }),
  ]
  const { url, setReady, setTls, drain } = (listeners = await listen({
    config,
    isControlOnly,
    gateway,
    observer,
    snapshot: () => snapshot,
    storedAnswers: storedAnswersOf(() => snapshot, stored),
    callerRoutes: [
      ...batching.sideRoutes,
      ...feedback.sideRoutes,
      callerSideRoute('/v1/browser-keys', access.callerRoutes),
    ],
    corsOrigins: () => corsOriginsOf(current),
    deferral: batching.deferral,
    admin: adminSideRoutes({
      routes: [...adminRows, ...evalRoutes(evals, { allowsScripts: false })],
      audit,
      isToken: (presented) => isAdminToken(presented, current.admin.token),
      signIns: signingIn.signIns,
    }),
    dashboard: isControlOnly ? [] : readDashboard(),
    control: controlSideRoutes({
      routes: [
        ...adminRows,
        ...backupRoutes(config.dataDir, clock, () => books.bringUp()),
        ...evalRoutes(evals, { allowsScripts: true }),
      ],
      audit,
    }),
    newRequestId,
    catalogue: () => catalogue.get(),
    clock,
  }))
  const watch = await watchConfig({
    initial: config,
    load,
    async onChange(next, _previous, restartPaths) {
      await rollout.reload(next)
      current = rollout.effective()
      secrets.adopt()
      snapshot = { keyring: await access.reload(next), table: tableOf(current) }
      routing.health.pardon()
      void examples.prepare(snapshot.table.routes)
      alerting.reload(next)
      recording.reload(next)
      guardrails.reload(next)
      books.reload()
      if (snapshot.table.routes.size > 0) {
        const takeUp = (isNew: boolean) => {
          if (isNew) snapshot = { ...snapshot, table: tableOf(current) }
        }
        catalogue
          .load()
          .then(takeUp, (cause: unknown) => log.error({ cause: inspect(cause) }, 'no catalogue'))
      }
      void drift.reload(next)
      sender.keep(new Set(snapshot.table.providers.values()))
      const tls = tlsOf(next)
      if (tls) setTls(tls)
      log.info({ needsRestart: restartPaths }, 'configuration reloaded')
    },
    onRefused(faults) {
      log.error(
        { faults: new ConfigError(faults, config.file).message },
        'new configuration refused; the old one stays',
      )
    },
    onError: (error) => log.warn({ cause: inspect(error) }, 'configuration cannot be watched'),
  })
  closers.add(() => watch.stop())
  if (!isControlOnly) {
    void examples.prepare(snapshot.table.routes)
    if (snapshot.table.routes.size > 0) void modelWatch.look()
  }
  secrets.start({ log, reload: () => void watch.reload(), setReady })
  if (!isControlOnly) alerting.start()
  if (!isControlOnly) batching.start()
  if (!isControlOnly) {
    experiments.start()
    feedback.desk.start()
  }
  log.info({ url, providers: [...snapshot.table.providers.keys()] }, 'listening')

  if (!isControlOnly) void drift.reload(config)
  const hurry = new AbortController()
  let stopping: Promise<void> | undefined
  return {
    url,
    config,
    signInUrl: isControlOnly ? '' : await signingIn.createLink(),
    ...(firstKey !== undefined && { firstKey }),
    ask,
    embed,
    reload: () => watch.reload(),
    stop(now = false) {
      setReady(false)
      void secrets.close()
      events.close()
      if (now) hurry.abort()
      stopping ??= drain(config.server.drain, hurry.signal)
        .then(() => closers.close())
        .then(() => log.info('stopped'))
      return stopping
    },
  }
}

/** Whose account the gateway's own calls go on, where they have no key of their own. */
const gatewayPrincipal: Principal = {
  org: 'default',
  keyId: 'gateway',
  keyName: 'gateway',
  // Whoever may start an evaluation has been asked there.
  clearances: { has: () => true },
}
/** Whose account evaluations go on. */
const evalPrincipal = accountOf('evals')

function accountOf(name: string): Principal {
  return { ...gatewayPrincipal, keyId: name, keyName: name }
}

function storedAnswersOf(snapshot: () => Snapshot, stored: StoredResponses): StoredAnswers {
  const ownerOf = async (caller: Caller, id: string) => {
    const { org, keyId, isNarrow } = await snapshot().keyring.identify(caller)
    if (isNarrow) throw new GatewayError('permission_denied', 'A key for browsers finds no kept answer.')
    return { org, keyId, id }
  }
  return {
    find: async (caller, id) => (await stored.find(await ownerOf(caller, id)))?.answer,
    remove: async (caller, id) => stored.remove(await ownerOf(caller, id)),
  }
}

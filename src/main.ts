/** The composition root: configuration becomes parts, parts become a running gateway. Only this file knows all of them. */

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { inspect } from 'node:util'
import { createKeyring } from './access/keys.ts'
import type { KeyStore } from './access/port.ts'
import { isAdminToken, Sessions, sessionSetCookie } from './access/sessions.ts'
import { readEnvironment } from './config/environment.ts'
import { ConfigError } from './config/fault.ts'
import { type Config, type LoadOptions, loadConfig } from './config/load.ts'
import { watchConfig } from './config/watch.ts'
import { type Clock, systemClock } from './core/clock.ts'
import { GatewayError } from './core/error.ts'
import { createIdFactory } from './core/id.ts'
import { createGateway, type Gateway, type GatewayParts, type Snapshot } from './gateway.ts'
import { adminSideRoutes } from './http/admin.ts'
import { createClientAddressOf } from './http/client-address.ts'
import { createHttpServer, type HttpServer } from './http/server.ts'
import { type SideRoute, sideRoutes } from './http/side-routes.ts'
import { type StoredAnswers, storedResponseRoute } from './http/stored-responses.ts'
import { createConcurrencyLimiter, defaultConcurrency } from './limits/concurrency.ts'
import { Pressure, watchProcess } from './limits/shedding.ts'
import { type Catalogue, type CatalogueData, createCatalogue, loadCatalogueData } from './models/catalogue.ts'
import { builtInProvider, providerTable } from './providers/table.ts'
import { recordRoutes } from './records/admin.ts'
import type { RecordStore } from './records/port.ts'
import { createRecorder } from './records/recorder.ts'
import { providerRoutes } from './routing/admin.ts'
import type { AttemptParts } from './routing/attempt.ts'
import { createFigureBook } from './routing/figures.ts'
import { createHealth, type Health } from './routing/health.ts'
import { createHedgeBudget } from './routing/hedge.ts'
import { createRetryBudget } from './routing/retry-budget.ts'
import { createRoutingTable, type LookUpModel } from './routing/table.ts'
import { acquireDataLock, type DataLock } from './storage/data-lock.ts'
import { createKeyStore } from './storage/sqlite/key-store.ts'
import { migrations } from './storage/sqlite/migrations.ts'
import { openStore } from './storage/sqlite/open.ts'
import { recordMigrations } from './storage/sqlite/record-migrations.ts'
import { createRecordStore } from './storage/sqlite/record-store.ts'
import { createStoredResponseStore } from './storage/sqlite/stored-response-store.ts'
import type { StoredResponseStore } from './stored/port.ts'
import { createStoredResponses, type StoredResponses } from './stored/stored.ts'
import { createLog, type Log, logError } from './telemetry/log.ts'
import { createMetrics, type Metrics } from './telemetry/metrics.ts'
import { createTracing, type Tracing } from './telemetry/tracing.ts'
import { createTokenCounter } from './tokens/counter.ts'
import { createPoster } from './upstream/post.ts'
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
}

/** A gateway that listens. */
export interface RunningGateway {
  readonly url: string
  readonly config: Config
  /** Opens one session of the admin API, once; it lives for 15 minutes. */
  readonly signInUrl: string
  /** The text of the key that the first start made. */
  readonly firstKey?: string
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

/** Starts a gateway. Throws ConfigError, or Error where the data directory is held by another process. */
export async function start(options: StartOptions): Promise<RunningGateway> {
  const load = () => loadConfig(loadOptions(options))
  const loaded = await load()
  if (!loaded.ok) throw new ConfigError(loaded.faults, loaded.file)
  const { config } = loaded
  const log = options.log ?? createLog(config.log)
  const closers = new Closers()
  const lock = lockDataDir(config.dataDir)
  closers.add(() => lock.release())
  try {
    return await compose(config, load, log, closers)
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

function lockDataDir(dataDir: string): DataLock {
  const lock = acquireDataLock(dataDir)
  if (lock) return lock
  throw new Error(
    `another process uses the data directory ${dataDir}: stop it, or choose another with --data`,
  )
}

/** Everything that a running gateway holds open, in the order in which it must be closed. */
class Closers {
  readonly #closers: (() => void | Promise<void>)[] = []

  add(close: () => void | Promise<void>): void {
    this.#closers.unshift(close)
  }

  async close(): Promise<void> {
    for (const close of this.#closers) await close()
  }
}

async function compose(
  config: Config,
  load: () => ReturnType<typeof loadConfig>,
  log: Log,
  closers: Closers,
): Promise<RunningGateway> {
  const clock = systemClock
  const stores = openStores(config, clock, closers)
  const keyring = createKeyring({
    declared: config.keys,
    store: stores.keys,
    pepper: readKeyFile(config.dataDir, 'pepper'),
  })
  const firstKey = keyring.isEmpty ? keyring.create('first', clock.nowMs()).text : undefined
  let current = config
  const simulatorUrl = await startSimulator(config, closers)
  const catalogue = new CatalogueSource(() => current)
  // Planning wants prices and limits from the first request on.
  if (Object.keys(config.routes).length > 0) await catalogue.load()
  const tableOf = (next: Config) => createRoutingTable(next, simulatorUrl, catalogue.lookUp(next))
  let snapshot: Snapshot = { keyring, table: tableOf(config) }
  const servers: HttpServer[] = []
  const openRequests = () => servers.reduce((sum, server) => sum + server.openRequests, 0)
  const routing = createRouting(() => current, clock, log)
  const observer = await createObserver({
    config,
    log,
    clock,
    records: stores.records,
    closers,
    openRequests,
    health: routing.health,
    snapshot: () => snapshot,
  })
  const pressure = new Pressure(config.server.overload)
  const pressureWatch = watchProcess(pressure)
  closers.add(() => pressureWatch.stop())

  const sender = createSender(clock)
  closers.add(() => sender.close())
  const tokens = createTokenCounter()
  closers.add(() => tokens.close())
  const stored = createStoredResponses({
    ...config.storedResponses,
    store: stores.responses,
    key: readKeyFile(config.dataDir, 'stored-responses.key'),
    clock,
    onError: (cause) => log.error({ cause: inspect(cause) }, 'expired responses could not be deleted'),
  })
  closers.add(() => stored.close())
  const gateway = createGateway({
    clock,
    sender,
    tokens,
    stored,
    routing,
    snapshot: () => snapshot,
    admit: (priority) => pressure.admit(priority),
    onRecord: observer.observe,
    onError: observer.onError,
  })

  const sessions = new Sessions(clock)
  const { url, adminUrl, setReady } = await listen({
    config,
    servers,
    gateway,
    observer,
    snapshot: () => snapshot,
    storedAnswers: storedAnswersOf(() => snapshot, stored),
    admin: adminSideRoutes({
      routes: [
        ...recordRoutes(stores.records),
        ...providerRoutes({ ...routing, table: () => snapshot.table }),
      ],
      isToken: (presented) => isAdminToken(presented, config.admin.token),
      hasSession: (cookie) => sessions.admits(cookie),
      redeemLink(link) {
        const token = sessions.redeem(link)
        return token && sessionSetCookie(token, config.server.tls !== undefined)
      },
    }),
    newRequestId: createIdFactory(randomBytes, clock),
    catalogue: () => catalogue.get(),
    clock,
  })
  const watch = await watchConfig({
    initial: config,
    load,
    onChange(next, _previous, restartPaths) {
      current = next
      snapshot = { keyring: keyring.withDeclared(next.keys), table: tableOf(next) }
      routing.health.pardon()
      if (snapshot.table.routes.size > 0) {
        const takeUp = (isNew: boolean) => {
          if (isNew) snapshot = { ...snapshot, table: tableOf(current) }
        }
        catalogue
          .load()
          .then(takeUp, (cause: unknown) => log.error({ cause: inspect(cause) }, 'no catalogue'))
      }
      sender.keep(new Set(snapshot.table.providers.values()))
      const tls = tlsOf(next)
      if (tls) for (const server of servers) server.setTls(tls)
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
  log.info({ url, providers: [...snapshot.table.providers.keys()] }, 'listening')

  const hurry = new AbortController()
  let stopping: Promise<void> | undefined
  return {
    url,
    config,
    signInUrl: `${adminUrl}/sign-in?token=${sessions.createLink()}`,
    ...(firstKey !== undefined && { firstKey }),
    reload: () => watch.reload(),
    stop(now = false) {
      setReady(false)
      if (now) hurry.abort()
      stopping ??= drain(servers, config.server.drain, hurry.signal)
        .then(() => closers.close())
        .then(() => log.info('stopped'))
      return stopping
    },
  }
}

interface Stores {
  readonly keys: KeyStore
  readonly responses: StoredResponseStore
  readonly records: RecordStore
}

function openStores({ dataDir }: Config, clock: Clock, closers: Closers): Stores {
  const main = openStore(join(dataDir, 'weir.db'), migrations, clock)
  closers.add(() => main.close())
  const records = openStore(join(dataDir, 'records.db'), recordMigrations, clock)
  closers.add(() => records.close())
  return {
    keys: createKeyStore(main),
    responses: createStoredResponseStore(main),
    records: createRecordStore(records),
  }
}

/** What all requests share on their way to a target; a reload leaves it in place. */
function createRouting(config: () => Config, clock: Clock, log: Log): AttemptParts {
  const { random } = Math
  return {
    health: createHealth({
      clock,
      random,
      onChange: (change) => log.warn({ ...change }, 'health of a target changed'),
    }),
    figures: createFigureBook(clock),
    budget: createRetryBudget(clock),
    hedges: createHedgeBudget(),
    limiter: createConcurrencyLimiter((upstream) => ({
      ...defaultConcurrency,
      ...config().providers[upstream]?.concurrency,
    })),
    random,
  }
}

interface Observer {
  readonly metrics: Metrics
  /** Counts, records and traces one finished request. */
  readonly observe: GatewayParts['onRecord']
  readonly onError: GatewayParts['onError']
}

interface ObserverParts {
  readonly config: Config
  readonly log: Log
  readonly clock: Clock
  readonly records: RecordStore
  readonly closers: Closers
  readonly openRequests: () => number
  readonly health: Health
  readonly snapshot: () => Snapshot
}

async function createObserver({
  config,
  log,
  clock,
  records,
  closers,
  openRequests,
  health,
  snapshot,
}: ObserverParts): Promise<Observer> {
  const metrics = createMetrics({
    openRequests,
    breakers: () =>
      // Names of other models come from callers: they are no labels.
      health.list().filter(({ provider, model }) => snapshot().table.targets.has(`${provider}/${model}`)),
  })
  const recorder = createRecorder({
    store: records,
    clock,
    onError(cause, dropped) {
      metrics.countDroppedRecords(dropped)
      log.error({ cause: inspect(cause), dropped }, 'request records could not be written')
    },
    retention: { days: config.records.retentionDays, maxBytes: config.records.maxBytes },
  })
  closers.add(() => recorder.close())
  const tracing = await startTracing(config, log, metrics, closers, snapshot)
  return {
    metrics,
    observe(record, traceparent) {
      metrics.observe(record)
      if (config.records.enabled) recorder.record(record)
      tracing?.record(record, traceparent)
    },
    onError(error, requestId) {
      metrics.countRefusal(error.code)
      logError(log, error, requestId)
    },
  }
}

async function startTracing(
  { telemetry }: Config,
  log: Log,
  metrics: Metrics,
  closers: Closers,
  snapshot: () => Snapshot,
): Promise<Tracing | undefined> {
  if (!telemetry.otlp) return undefined
  const { endpoint, headers = {}, allowPrivateNetwork } = telemetry.otlp
  const allowedPorts = [portOf(new URL(endpoint))]
  const poster = createPoster({ allowPrivateNetwork, allowedPorts })
  closers.add(() => poster.close())
  const tracing = await createTracing({
    endpoint,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.reveal()])),
    version: packageVersion(),
    send: (request) => poster.post(request),
    providerOf(name) {
      const provider = snapshot().table.providers.get(name)
      if (!provider) return undefined
      const { spec, baseUrl } = provider
      return { name: spec.genAiName, address: baseUrl.hostname, port: portOf(baseUrl) }
    },
    onDropped(spans, cause) {
      metrics.countDroppedSpans(spans)
      if (cause !== undefined) log.warn({ cause: inspect(cause), spans }, 'spans could not be exported')
    },
  })
  closers.add(() => tracing.close())
  return tracing
}

function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

interface ListenParts {
  readonly config: Config
  readonly servers: HttpServer[]
  readonly gateway: Gateway
  readonly observer: Observer
  readonly snapshot: () => Snapshot
  readonly storedAnswers: StoredAnswers
  readonly admin: readonly SideRoute[]
  readonly newRequestId: () => string
  readonly catalogue: () => Promise<Catalogue>
  readonly clock: Clock
}

/** Opens the listeners: one, or two where administration has a port of its own. */
async function listen(
  parts: ListenParts,
): Promise<{ url: string; adminUrl: string; setReady(ready: boolean): void }> {
  const { config, servers, gateway, observer, snapshot, catalogue, admin, newRequestId, clock } = parts
  const { host, port, limits, trustedProxies } = config.server
  let isReady = true
  const common = sideRoutes({
    metrics: observer.metrics,
    snapshot,
    catalogue,
    isReady: () => isReady,
    startedAtMs: clock.nowMs(),
    nowMs: () => clock.nowMs(),
  })
  const open = async (routes: readonly SideRoute[], listenPort: number, dataPath?: Gateway) => {
    const server = createHttpServer({
      gateway: dataPath,
      sideRoutes: routes,
      newRequestId,
      clientAddressOf: createClientAddressOf(trustedProxies),
      limits: { ...limits, maxBytes: limits.maxBodyBytes, maxDepth: limits.maxJsonDepth },
      tls: tlsOf(config),
      onError: observer.onError,
    })
    servers.push(server)
    return urlOf(config, (await server.listen(host, listenPort)).port)
  }
  const data = [...common, storedResponseRoute(parts.storedAnswers)]
  const adminPort = config.server.admin?.port
  const url = await open(adminPort === undefined ? [...data, ...admin] : data, port, gateway)
  const adminUrl = adminPort === undefined ? url : await open([...common, ...admin], adminPort)
  return {
    url,
    adminUrl,
    setReady(ready) {
      isReady = ready
    },
  }
}

function storedAnswersOf(snapshot: () => Snapshot, stored: StoredResponses): StoredAnswers {
  const ownerOf = (credential: string | undefined, id: string) => {
    const { org, keyId } = snapshot().keyring.identify(credential)
    return { org, keyId, id }
  }
  return {
    find: (credential, id) => stored.find(ownerOf(credential, id))?.answer,
    remove: (credential, id) => stored.remove(ownerOf(credential, id)),
  }
}

/** Stops accepting after the grace period, waits for open requests, and ends those that take too long; all sooner in a hurry. */
async function drain(
  servers: readonly HttpServer[],
  { graceMs, timeoutMs }: Config['server']['drain'],
  hurry: AbortSignal,
): Promise<void> {
  const interruptAll = () => {
    const reason = new GatewayError('server_shutdown', 'This instance is shutting down.')
    for (const server of servers) server.interruptAll(reason)
  }
  if (servers.some((server) => server.openRequests > 0)) {
    await setTimeout(graceMs, undefined, { signal: hurry }).catch(() => undefined)
  }
  const overrun = new AbortController()
  const rest = hurry.aborted ? 0 : timeoutMs
  void setTimeout(rest, undefined, { signal: overrun.signal }).then(interruptAll, () => undefined)
  hurry.addEventListener('abort', interruptAll)
  await Promise.all(servers.map((server) => server.close()))
  overrun.abort()
}

function tlsOf({ server }: Config): { cert: string; key: string } | undefined {
  return server.tls && { cert: server.tls.cert.reveal(), key: server.tls.key.reveal() }
}

function urlOf({ server }: Config, port: number): string {
  const host = server.host === '0.0.0.0' || server.host === '::' ? '127.0.0.1' : server.host
  return `${server.tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** The built-in provider: the simulator, in this process, on a loopback port of its own. Gives its address. */
async function startSimulator(config: Config, closers: Closers): Promise<string | undefined> {
  if (!Object.values(config.providers).some(({ type }) => type === builtInProvider)) return undefined
  const { createSimulator } = await import('./simulator/simulator.ts')
  const simulator = createSimulator()
  const { url } = await simulator.listen(0)
  closers.add(() => simulator.close())
  return `${url}/openai/v1`
}

/** The catalogue of the configuration in force; its data is read when it is first needed. */
class CatalogueSource {
  readonly #config: () => Config
  #data: CatalogueData | undefined
  #loading: Promise<CatalogueData> | undefined

  constructor(config: () => Config) {
    this.#config = config
  }

  /** True where the data was not there before. */
  async load(): Promise<boolean> {
    if (this.#data) return false
    this.#loading ??= loadCatalogueData()
    this.#data = await this.#loading
    return true
  }

  async get(): Promise<Catalogue> {
    await this.load()
    return this.#over(this.#config(), this.#data!)
  }

  /** For the table of a configuration; it knows nothing while the data is not there. */
  lookUp(config: Config): LookUpModel {
    const catalogue = this.#data && this.#over(config, this.#data)
    return (provider, model) => catalogue?.lookup(provider, model)
  }

  #over({ models: settings, providers }: Config, data: CatalogueData): Catalogue {
    const types = Object.fromEntries(Object.entries(providers).map(([name, { type }]) => [name, type]))
    return createCatalogue(data, { settings, types })
  }
}

/** 32 random bytes, made once, beside the databases but not in them: whoever takes only those cannot read them. */
function readKeyFile(dataDir: string, name: string): Buffer {
  const file = join(dataDir, name)
  if (!existsSync(file)) writeFileSync(file, randomBytes(32), { mode: 0o600, flag: 'wx' })
  return readFileSync(file)
}

function packageVersion(): string {
  const path = findPackageJSON(import.meta.url)
  return path === undefined ? '' : (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}

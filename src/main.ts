/** The composition root: configuration becomes parts, parts become a running gateway. Only this file knows all of them. */

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createKeyring, type Keyring } from './access/keys.ts'
import { isAdminToken, Sessions, sessionSetCookie } from './access/sessions.ts'
import { readEnvironment } from './config/environment.ts'
import { ConfigError } from './config/fault.ts'
import { type Config, type LoadOptions, loadConfig } from './config/load.ts'
import { watchConfig } from './config/watch.ts'
import { systemClock } from './core/clock.ts'
import { GatewayError } from './core/error.ts'
import { createIdFactory } from './core/id.ts'
import { createGateway, type Snapshot } from './gateway.ts'
import { adminSideRoutes } from './http/admin.ts'
import { createClientAddressOf } from './http/client-address.ts'
import { createHttpServer, type HttpServer } from './http/server.ts'
import { sideRoutes } from './http/side-routes.ts'
import { createProvider, type Provider } from './providers/provider.ts'
import { type ProviderType, providerTable } from './providers/table.ts'
import { recordRoutes } from './records/admin.ts'
import { createRecorder } from './records/recorder.ts'
import { type Route, type RoutingTable, targetOf } from './routing/plan.ts'
import { acquireDataLock, type DataLock } from './storage/data-lock.ts'
import { createKeyStore } from './storage/sqlite/key-store.ts'
import { migrations } from './storage/sqlite/migrations.ts'
import { openStore } from './storage/sqlite/open.ts'
import { recordMigrations } from './storage/sqlite/record-migrations.ts'
import { createRecordStore } from './storage/sqlite/record-store.ts'
import { createLog, type Log, logError } from './telemetry/log.ts'
import { createMetrics } from './telemetry/metrics.ts'
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

/** The configuration's provider types, as the configuration needs to know them. */
export const knownProviders = { types: providerTable, builtIn: 'sim' } as const

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
  const lock = lockDataDir(config.dataDir)
  try {
    return await compose(config, load, log, lock)
  } catch (error) {
    lock.release()
    throw error
  }
}

function loadOptions({ configPath, folder, env, host, port, dataDir }: StartOptions): LoadOptions {
  return {
    folder,
    env,
    known: knownProviders,
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

async function compose(
  config: Config,
  load: () => ReturnType<typeof loadConfig>,
  log: Log,
  lock: DataLock,
): Promise<RunningGateway> {
  const clock = systemClock
  const newId = createIdFactory(randomBytes, clock)
  const store = openStore(join(config.dataDir, 'weir.db'), migrations, clock)
  const recordFile = openStore(join(config.dataDir, 'records.db'), recordMigrations, clock)
  const records = createRecordStore(recordFile)
  const simulator = await startSimulator(config)
  const sender = createSender(clock)
  const tokens = createTokenCounter()
  const keyring = createKeyring({
    declared: config.keys,
    store: createKeyStore(store),
    pepper: readPepper(config.dataDir),
  })
  const firstKey = keyring.isEmpty ? keyring.create('first', clock.nowMs()).text : undefined
  let snapshot = createSnapshot(config, keyring, simulator?.url)
  const sessions = new Sessions(clock)
  let isReady = true

  const servers: HttpServer[] = []
  const metrics = createMetrics({
    openRequests: () => servers.reduce((sum, server) => sum + server.openRequests, 0),
  })
  const recorder = createRecorder({
    store: records,
    clock,
    onError: (error, dropped) => {
      metrics.countDroppedRecords(dropped)
      log.error({ cause: String(error), dropped }, 'request records could not be written')
    },
    retention: { days: config.records.retentionDays, maxBytes: config.records.maxBytes },
  })
  const onError = (error: GatewayError, requestId: string) => {
    metrics.countRefusal(error.code)
    logError(log, error, requestId)
  }
  const gateway = createGateway({
    clock,
    sender,
    tokens,
    snapshot: () => snapshot,
    onRecord(record) {
      metrics.observe(record)
      if (config.records.enabled) recorder.record(record)
    },
    onError,
  })

  const admin = adminSideRoutes({
    routes: recordRoutes(records),
    isToken: (presented) => isAdminToken(presented, config.admin.token),
    hasSession: (cookie) => sessions.admits(cookie),
    redeemLink(link) {
      const token = sessions.redeem(link)
      return token && sessionSetCookie(token, config.server.tls !== undefined)
    },
  })
  const parts = { metrics, snapshot: () => snapshot, isReady: () => isReady, startedAtMs: clock.nowMs() }
  const serverOptions = {
    gateway,
    newRequestId: newId,
    clientAddressOf: createClientAddressOf(config.server.trustedProxies),
    limits: {
      ...config.server.limits,
      maxBytes: config.server.limits.maxBodyBytes,
      maxDepth: config.server.limits.maxJsonDepth,
    },
    tls: tlsOf(config),
    onError,
  }
  const adminPort = config.server.admin?.port
  const data = createHttpServer({
    ...serverOptions,
    sideRoutes: [...sideRoutes(parts), ...(adminPort === undefined ? admin : [])],
  })
  servers.push(data)
  const address = await data.listen(config.server.host, config.server.port)
  const url = urlOf(config, address.port)
  let adminUrl = url
  if (adminPort !== undefined) {
    const separate = createHttpServer({ ...serverOptions, sideRoutes: [...sideRoutes(parts), ...admin] })
    servers.push(separate)
    adminUrl = urlOf(config, (await separate.listen(config.server.host, adminPort)).port)
  }

  const watch = await watchConfig({
    initial: config,
    load,
    onChange(next, _previous, restartPaths) {
      snapshot = createSnapshot(next, keyring.withDeclared(next.keys), simulator?.url)
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
    onError: (error) => log.warn({ cause: String(error) }, 'configuration cannot be watched'),
  })
  log.info({ url, providers: [...snapshot.table.providers.keys()] }, 'listening')

  const finish = async () => {
    watch.stop()
    await sender.close()
    await simulator?.close()
    await tokens.close()
    recorder.close()
    recordFile.close()
    store.close()
    lock.release()
    log.info('stopped')
  }
  let stopping: Promise<void> | undefined
  return {
    url,
    config,
    signInUrl: `${adminUrl}/sign-in?token=${sessions.createLink()}`,
    ...(firstKey !== undefined && { firstKey }),
    reload: () => watch.reload(),
    stop(now = false) {
      isReady = false
      if (now) interruptAll(servers)
      stopping ??= drain(servers, config.server.drain, now).then(finish)
      return stopping
    },
  }
}

/** Stops accepting after the grace period, waits for open requests, and ends those that take too long. */
async function drain(
  servers: readonly HttpServer[],
  { graceMs, timeoutMs }: Config['server']['drain'],
  now: boolean,
): Promise<void> {
  if (!now && servers.some((server) => server.openRequests > 0)) {
    await new Promise((resolve) => setTimeout(resolve, graceMs))
  }
  const overrun = setTimeout(() => interruptAll(servers), timeoutMs)
  await Promise.all(servers.map((server) => server.close()))
  clearTimeout(overrun)
}

function interruptAll(servers: readonly HttpServer[]): void {
  const reason = new GatewayError('server_shutdown', 'This instance is shutting down.')
  for (const server of servers) server.interruptAll(reason)
}

function tlsOf({ server }: Config): { cert: string; key: string } | undefined {
  return server.tls && { cert: server.tls.cert.reveal(), key: server.tls.key.reveal() }
}

function urlOf({ server }: Config, port: number): string {
  const host = server.host === '0.0.0.0' || server.host === '::' ? '127.0.0.1' : server.host
  return `${server.tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** The built-in provider: the simulator, in this process, on a loopback port of its own. */
async function startSimulator(config: Config): Promise<{ url: string; close(): Promise<void> } | undefined> {
  const isWanted = Object.values(config.providers).some(({ type }) => type === knownProviders.builtIn)
  if (!isWanted) return undefined
  const { createSimulator } = await import('./simulator/simulator.ts')
  const simulator = createSimulator({})
  const { url } = await simulator.listen(0)
  return { url: `${url}/openai/v1`, close: () => simulator.close() }
}

/** The pepper of stored key hashes: made once, kept beside the database but not in it. */
function readPepper(dataDir: string): Buffer {
  const file = join(dataDir, 'pepper')
  if (!existsSync(file)) writeFileSync(file, randomBytes(32), { mode: 0o600, flag: 'wx' })
  return readFileSync(file)
}

function createSnapshot(config: Config, keyring: Keyring, simulatorUrl: string | undefined): Snapshot {
  const providers = new Map(
    Object.entries(config.providers).map(([name, settings]) => [
      name,
      toProvider(name, settings, simulatorUrl),
    ]),
  )
  return { keyring, table: { providers, routes: toRoutes(config, providers) } }
}

function toProvider(
  name: string,
  settings: Config['providers'][string],
  simulatorUrl: string | undefined,
): Provider {
  const { type, apiKey, baseUrl, headers, dialect, allowPrivateNetwork, timeout, models } = settings
  const isBuiltIn = type === knownProviders.builtIn
  const address = isBuiltIn ? simulatorUrl : baseUrl
  const plainHeaders =
    headers && Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, value.reveal()]))
  return createProvider(name, providerTable[type as ProviderType], {
    allowPrivateNetwork: isBuiltIn || allowPrivateNetwork,
    models,
    ...(address !== undefined && { baseUrl: address }),
    ...(apiKey && { credential: apiKey }),
    ...(plainHeaders && { headers: plainHeaders }),
    ...(dialect && { dialect }),
    ...(timeout && { timeouts: timeout }),
  })
}

function toRoutes(config: Config, providers: RoutingTable['providers']): Map<string, Route> {
  return new Map(
    Object.entries(config.routes).map(([name, { targets, retry }]) => [
      name,
      {
        name,
        maxAttempts: retry.attempts,
        targets: targets.map(({ target, timeout }) => {
          const slash = target.indexOf('/')
          const provider = providers.get(target.slice(0, slash))!
          const base = targetOf(provider, target.slice(slash + 1))
          return timeout ? { ...base, timeouts: { ...base.timeouts, ...timeout } } : base
        }),
      },
    ]),
  )
}

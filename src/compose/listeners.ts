/** The HTTP listeners: the control socket, the port, a second one for administration where configured; and how they drain. */

import { chmodSync, rmSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { addressGroup } from '../access/address-group.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { Gateway, Snapshot } from '../gateway/parts.ts'
import { createClientAddressOf, createTrustOf } from '../http/client-address.ts'
import type { Dashboard } from '../http/dashboard.ts'
import { forOwnHosts } from '../http/own-hosts.ts'
import { createHttpServer, type HttpServer, type HttpServerOptions, type ListenAt } from '../http/server.ts'
import { openRoutes, type SideRoute, sideRoutes } from '../http/side-routes.ts'
import { type StoredAnswers, storedResponseRoute } from '../http/stored-responses.ts'
import type { StrangersOptions } from '../http/strangers.ts'
import type { Catalogue } from '../models/catalogue.ts'
import { controlSocketPath } from './control-socket.ts'
import type { Observer } from './observer.ts'

export interface ListenParts {
  /** As it was at the start. */
  readonly initial: Config
  /** The configuration in force. */
  readonly config: () => Config
  readonly gateway: Gateway
  readonly observer: Observer
  readonly snapshot: () => Snapshot
  readonly storedAnswers: StoredAnswers
  /** On which callers manage what is their own. */
  readonly callerRoutes: readonly SideRoute[]
  /** Takes the requests that ask to be answered later. */
  readonly deferral: SideRoute
  readonly admin: readonly SideRoute[]
  /** The dashboard, served beside the administration; undefined where it is not built, and the start page stands in. */
  readonly dashboard: Dashboard | undefined
  /** The administration for whoever may open the control socket. */
  readonly control: readonly SideRoute[]
  /** No address of the network is listened on: the command line works on the data directory. */
  readonly isControlOnly: boolean
  /** The origins whose pages may call; undefined for none. */
  readonly corsOrigins: () => readonly string[] | undefined
  readonly newRequestId: () => string
  readonly catalogue: () => Promise<Catalogue>
  readonly clock: Clock
}

export interface Listeners {
  /** Empty where only the control socket is open. */
  readonly url: string
  readonly adminUrl: string
  readonly openRequests: number
  /** Readiness, as load balancers see it. */
  setReady(ready: boolean): void
  setTls(tls: { readonly cert: string; readonly key: string }): void
  /** Stops accepting after the grace period, waits for open requests, and ends those that take too long; all sooner in a hurry. */
  drain(limits: Config['server']['drain'], hurry: AbortSignal): Promise<void>
}

/** What one listener answers. */
type Served = Pick<HttpServerOptions, 'sideRoutes' | 'gateway' | 'stray'>

/** Opens the control socket and, unless it is to be the only one, one listener or two. */
export async function listen(parts: ListenParts): Promise<Listeners> {
  const { initial, gateway, observer, newRequestId, clock } = parts
  const { host, port, limits, padStreamsToBytes, trustedProxies } = initial.server
  const strangers = strangersOf(initial, clock)
  const servers: HttpServer[] = []
  let isReady = true
  const common = commonRoutes(parts, () => isReady)
  const open = async (at: ListenAt, served: Served) => {
    const server = createHttpServer({
      ...served,
      deferral: parts.deferral,
      newRequestId,
      clientAddressOf: createClientAddressOf(trustedProxies),
      ...('port' in at && { strangers }),
      corsOrigins: parts.corsOrigins,
      limits,
      padStreamsToBytes,
      tls: 'path' in at ? undefined : tlsOf(initial),
      onError: observer.onError,
    })
    try {
      const address = await server.listen(at)
      servers.push(server)
      return address
    } catch (error) {
      await Promise.all(servers.map((opened) => opened.close()))
      throw error
    }
  }
  const openPort = async (listenPort: number, served: Served) =>
    urlOf(initial, (await open({ host, port: listenPort }, served)).port)

  const socket = controlSocketPath(initial.dataDir)
  rmSync(socket, { force: true }) // left by a process that was killed: this one holds the directory's lock
  await open({ path: socket }, { sideRoutes: parts.control })
  chmodSync(socket, 0o600)

  let url = ''
  let adminUrl = ''
  if (!parts.isControlOnly) {
    const { forPeople, forAll, stray } = keylessRoutes(parts)
    const data = [...common, ...parts.callerRoutes, storedResponseRoute(parts.storedAnswers), ...forAll]
    const adminPort = initial.server.admin?.port
    if (adminPort === undefined) {
      url = await openPort(port, { sideRoutes: [...forPeople, ...data], gateway, ...stray })
      adminUrl = url
    } else {
      url = await openPort(port, { sideRoutes: data, gateway })
      adminUrl = await openPort(adminPort, { sideRoutes: [...forPeople, ...common, ...forAll], ...stray })
    }
  }
  return {
    url,
    adminUrl,
    get openRequests() {
      return servers.reduce((sum, server) => sum + server.openRequests, 0)
    },
    setReady(ready) {
      isReady = ready
    },
    setTls(tls) {
      for (const server of servers) server.setTls(tls)
    },
    drain: (drainLimits, hurry) => drain(servers, drainLimits, hurry),
  }
}

function commonRoutes({ snapshot, catalogue, clock }: ListenParts, isReady: () => boolean): SideRoute[] {
  const nowMs = () => clock.nowMs()
  return sideRoutes({ snapshot, catalogue, isReady, startedAtMs: nowMs(), nowMs })
}

function strangersOf({ server }: Config, clock: Clock): StrangersOptions {
  const isProxy = createTrustOf(server.trustedProxies)
  return {
    max: server.limits.maxStrangersPerAddress,
    groupOf: (address) => (isProxy(address) ? undefined : addressGroup(address)),
    clock,
  }
}

/** What answers before a key is shown. The dashboard's page at `/` comes before the start page, which is for all. */
function keylessRoutes({ initial, config, dashboard, admin, observer }: ListenParts) {
  const byOwnHosts = (routes: readonly SideRoute[]) =>
    // Over TLS the certificate tells a browser whose name it is.
    initial.server.tls ? routes : forOwnHosts(routes, () => namesOf(config()))
  return {
    forPeople: byOwnHosts([...(dashboard?.routes ?? []), ...admin]),
    forAll: byOwnHosts(openRoutes(observer.metrics)),
    stray: dashboard && { stray: byOwnHosts([dashboard.stray])[0]! },
  }
}

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

export function tlsOf({ server }: Config): { cert: string; key: string } | undefined {
  return server.tls && { cert: server.tls.cert.reveal(), key: server.tls.key.reveal() }
}

/** The names by which people and collectors may come. */
function namesOf({ server, admin }: Config): string[] {
  const names = [server.host, ...server.allowedHosts]
  if (admin.url !== undefined) names.push(new URL(admin.url).hostname)
  return names.map((name) => name.toLowerCase())
}

function urlOf({ server }: Config, port: number): string {
  const host = server.host === '0.0.0.0' || server.host === '::' ? '127.0.0.1' : server.host
  return `${server.tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Sends HTTP requests to providers, over connections that are kept. The only place that dials. */

import { type Dispatcher, Pool } from 'undici'
import type { Clock } from '../core/clock.ts'
import type { Credential, Provider, Target } from '../providers/provider.ts'
import { createAccessTokens } from './access-tokens.ts'
import { createGuardedConnector, policyFor, toConnectError } from './egress.ts'
import { noteBytesRead } from './lost-connection.ts'
import { Ticker } from './ticker.ts'
import { Call, type Receiver, type SharedByCalls, type UpstreamCall } from './upstream-call.ts'

export interface SendOptions {
  readonly target: Target
  /** Below the provider's base URL, query included. */
  readonly path: string
  readonly body: string | Buffer
  readonly stream: boolean
  /** Sent in addition to the provider's own. */
  readonly headers?: Readonly<Record<string, string>>
  /** A request that is not a POST of JSON. */
  readonly raw?: RawRequest
}

export interface RawRequest {
  readonly method: string
  /** By lower-case name; they replace the provider's own of the same name. Absent a content type: none is sent. */
  readonly headers: Readonly<Record<string, string>>
}

export interface Sender {
  send(options: SendOptions, receiver: Receiver): UpstreamCall
  /** Closes the connections of all other providers as soon as their calls in flight have ended. */
  keep(providers: ReadonlySet<Provider>): void
  /** Closes all connections; calls in flight are aborted. */
  close(): Promise<void>
}

const keepAliveTimeoutMs = 30_000
const maxResponseHeaderBytes = 16 * 1024

interface Connection {
  readonly pool: Pool
  readonly origin: string
  readonly basePath: string
  /** Flat name-value lists: undici takes them without looking at object keys. */
  readonly headers: ReadonlyMap<Credential, readonly string[]>
}

export function createSender(clock: Clock): Sender {
  const connections = new Map<Provider, Connection>()
  const shared: SharedByCalls = { clock, ticker: new Ticker(() => clock.monotonicMs()), draining: new Set() }
  const accessTokens = createAccessTokens(clock)

  function connectionOf(provider: Provider): Connection {
    const known = connections.get(provider)
    if (known) return known
    const connection = connect(provider)
    connections.set(provider, connection)
    return connection
  }

  return {
    send(options, receiver) {
      const { provider, credential } = options.target
      const connection = connectionOf(provider)
      const call = new Call(options.target, options.stream, receiver, shared)
      const path = connection.basePath + options.path
      const method = options.raw?.method ?? 'POST'
      const dispatch = (proof: Readonly<Record<string, string>> | undefined) => {
        if (call.isOver) return
        connection.pool.dispatch(
          {
            origin: connection.origin,
            path,
            method: method as Dispatcher.HttpMethod,
            headers: headersOf(connection, options, proof),
            body: options.body.length === 0 ? null : options.body,
          },
          call,
        )
      }
      const { grant } = credential
      const token = grant && accessTokens.headers(provider, grant)
      if (token instanceof Promise) {
        token.then(dispatch, (cause: unknown) => call.abort(toConnectError(cause)))
      } else {
        dispatch(token ?? credential.sign?.({ method, path, body: options.body, nowMs: clock.nowMs() }))
      }
      return call
    },
    keep(providers) {
      for (const [provider, { pool }] of connections) {
        if (providers.has(provider)) continue
        connections.delete(provider)
        void pool.close()
      }
    },
    async close() {
      await Promise.all([...connections.values()].map((connection) => connection.pool.destroy()))
      connections.clear()
    },
  }
}

/** Its pool dials when it is first used. */
function connect(provider: Provider): Connection {
  const { origin, pathname } = provider.baseUrl
  const policy = policyFor(provider.baseUrl.href, provider.allowPrivateNetwork)
  const connector = createGuardedConnector(policy, { connectTimeoutMs: provider.timeouts.connectMs })
  return {
    pool: new Pool(origin, {
      connect: noteBytesRead(connector),
      keepAliveTimeout: keepAliveTimeoutMs,
      headersTimeout: 0, // deadlines are kept here, with one ticker for all calls
      bodyTimeout: 0,
      maxHeaderSize: maxResponseHeaderBytes,
    }),
    origin,
    basePath: pathname.replace(/\/$/, ''),
    headers: new Map(
      provider.credentials.map((credential) => [
        credential,
        Object.entries({
          'content-type': 'application/json',
          'accept-encoding': 'identity',
          'user-agent': 'weir',
          ...provider.headers,
          ...credential.headers,
        }).flat(),
      ]),
    ),
  }
}

/** The provider's own headers, those of this request, and what proves that it may be made. */
function headersOf(
  connection: Connection,
  { target, headers, raw }: SendOptions,
  proof: Readonly<Record<string, string>> | undefined,
): string[] {
  const own = connection.headers.get(target.credential) ?? []
  if (!headers && !proof && !raw) return own as string[]
  const extra = Object.entries({ ...headers, ...raw?.headers, ...proof }).flat()
  return raw ? [...without(own, raw.headers), ...extra] : [...own, ...extra]
}

function without(own: readonly string[], replaced: Readonly<Record<string, string>>): string[] {
  const kept: string[] = []
  for (let i = 0; i < own.length; i += 2) {
    const name = own[i]!.toLowerCase()
    if (name !== 'content-type' && replaced[name] === undefined) kept.push(own[i]!, own[i + 1]!)
  }
  return kept
}

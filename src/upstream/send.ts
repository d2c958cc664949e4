/** Sends one HTTP request to a provider and hands its answer on, with every deadline kept. The only place that dials. */

import { type buildConnector, type Dispatcher, Pool } from 'undici'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { Credential, Provider, Target } from '../providers/provider.ts'
import { createAccessTokens } from './access-tokens.ts'
import { createGuardedConnector, toConnectError } from './egress.ts'
import { Ticker, type Watched } from './ticker.ts'

export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>

/** Gets what the provider answers. Exactly one of `onEnd` and `onFault` comes last. */
export interface Receiver {
  onHeaders(status: number, headers: ResponseHeaders): void
  onData(chunk: Buffer): void
  onEnd(): void
  onFault(error: GatewayError): void
}

/**
 * How far a call got. `unsent`: the provider cannot have seen it, so that repeating it is always safe.
 * `sent`: it may have been served and billed. `answered`: headers have come.
 */
export type Phase = 'unsent' | 'sent' | 'answered'

export interface UpstreamCall {
  readonly phase: Phase
  /** Ends the call; the receiver gets `onFault(reason)` unless it has already ended. */
  abort(reason: GatewayError): void
  /**
   * Reads on for an answer that nobody waits for any more, so that what it cost is known; ends the call with
   * `reason` where that takes too long, or where too many calls are being read on already.
   */
  drain(reason: GatewayError): void
  pause(): void
  resume(): void
  /** The receiver has seen content: from now on the idle deadlines hold instead of the first-token one. */
  contentArrived(): void
}

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
/** A stream may send only pings for this many idle periods before it counts as stalled. */
const contentIdlePeriods = 5
const maxResponseHeaderBytes = 16 * 1024

/** Bounds on reading an answer to its end for a client that has left. */
const drainMs = 30_000
const maxDraining = 64

/** What all calls of a sender share. */
interface Shared {
  readonly clock: Clock
  readonly ticker: Ticker
  readonly draining: Set<object>
}

interface Connection {
  readonly pool: Pool
  readonly origin: string
  readonly basePath: string
  /** Flat name-value lists: undici takes them without looking at object keys. */
  readonly headers: ReadonlyMap<Credential, readonly string[]>
}

export function createSender(clock: Clock): Sender {
  const connections = new Map<Provider, Connection>()
  const shared: Shared = { clock, ticker: new Ticker(() => clock.monotonicMs()), draining: new Set() }
  const accessTokens = createAccessTokens(clock)

  const connect = (provider: Provider): Connection => {
    const { origin, pathname, port } = provider.baseUrl
    const connector = createGuardedConnector(
      { allowPrivateNetwork: provider.allowPrivateNetwork, allowedPorts: [Number(port)] }, // as configured
      { connectTimeoutMs: provider.timeouts.connectMs },
    )
    const connection: Connection = {
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
    connections.set(provider, connection)
    return connection
  }

  return {
    send(options, receiver) {
      const { provider, credential } = options.target
      const connection = connections.get(provider) ?? connect(provider)
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

class Call implements Dispatcher.DispatchHandler, UpstreamCall, Watched {
  phase: Phase = 'unsent'
  readonly #target: Target
  readonly #isStream: boolean
  readonly #receiver: Receiver
  readonly #shared: Shared
  readonly #startedMs: number
  readonly #watchedAt: number
  #controller: Dispatcher.DispatchController | undefined
  #abortReason: GatewayError | undefined
  #drain: { readonly reason: GatewayError; readonly untilMs: number } | undefined
  #isOver = false
  #isPaused = false
  #hasContent = false
  #lastByteMs = 0
  #lastContentMs = 0

  constructor(target: Target, isStream: boolean, receiver: Receiver, shared: Shared) {
    this.#target = target
    this.#isStream = isStream
    this.#receiver = receiver
    this.#shared = shared
    this.#startedMs = shared.clock.monotonicMs()
    this.#watchedAt = shared.ticker.watch(this)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  // -- the caller's side

  abort(reason: GatewayError): void {
    if (this.#isOver) return
    this.#abortReason = reason
    this.#controller?.abort(reason)
    this.#fault(reason)
  }

  drain(reason: GatewayError): void {
    const { draining, clock } = this.#shared
    if (this.#isOver) return
    if (this.phase === 'unsent' || draining.size >= maxDraining) this.abort(reason)
    else {
      draining.add(this)
      this.#drain = { reason, untilMs: clock.monotonicMs() + drainMs }
      this.resume()
    }
  }

  pause(): void {
    this.#isPaused = true
    this.#controller?.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.#lastByteMs = this.#shared.clock.monotonicMs() // the provider was not idle, we did not read
    this.#controller?.resume()
  }

  contentArrived(): void {
    this.#hasContent = true
    this.#lastContentMs = this.#lastByteMs
  }

  // -- undici's side

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.phase = 'sent'
    if (this.#abortReason) controller.abort(this.#abortReason)
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: ResponseHeaders,
  ): void {
    if (status < 200 || this.#isOver) return
    this.phase = 'answered'
    this.#lastByteMs = this.#shared.clock.monotonicMs()
    this.#receiver.onHeaders(status, headers)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return
    this.#lastByteMs = this.#shared.clock.monotonicMs()
    this.#receiver.onData(chunk)
  }

  onResponseEnd(): void {
    if (this.#isOver) return
    this.#finish()
    this.#receiver.onEnd()
  }

  onResponseError(_controller: Dispatcher.DispatchController, cause: Error): void {
    // Before `onRequestStart`, or on a kept-alive socket that the peer had closed, nothing reached the provider.
    if (this.phase === 'sent' && isStaleSocket(cause)) this.phase = 'unsent'
    this.#fault(cause instanceof GatewayError ? cause : this.#namedFault(cause))
  }

  /** A connection that is lost within an answer leaves the answer incomplete. */
  #namedFault(cause: Error): GatewayError {
    const error = toConnectError(cause)
    if (this.phase !== 'answered' || error.code !== 'upstream_unreachable') return error
    return new GatewayError('upstream_truncated', "The connection broke within the provider's answer.", {
      cause,
    })
  }

  // -- deadlines

  check(nowMs: number): void {
    if (this.#drain && nowMs > this.#drain.untilMs) {
      this.abort(this.#drain.reason)
      return
    }
    const { timeouts } = this.#target
    const elapsedMs = nowMs - this.#startedMs
    if (this.#isStream) {
      if (elapsedMs > timeouts.streamTotalMs) this.#expire('finish', timeouts.streamTotalMs)
      else if (!this.#hasContent) {
        if (elapsedMs > timeouts.firstTokenMs) this.#expire('begin to answer', timeouts.firstTokenMs)
      } else if (!this.#isPaused) this.#checkIdle(nowMs)
    } else if (elapsedMs > timeouts.totalMs) this.#expire('answer', timeouts.totalMs)
  }

  #checkIdle(nowMs: number): void {
    const { idleMs } = this.#target.timeouts
    if (nowMs - this.#lastByteMs > idleMs) this.#expire('go on', idleMs)
    else if (nowMs - this.#lastContentMs > idleMs * contentIdlePeriods) {
      this.#expire('send content', idleMs * contentIdlePeriods)
    }
  }

  #expire(what: string, limitMs: number): void {
    const name = this.#target.provider.name
    this.abort(new GatewayError('upstream_timeout', `Provider ${name} did not ${what} within ${limitMs} ms.`))
  }

  #fault(error: GatewayError): void {
    if (this.#isOver) return
    this.#finish()
    this.#receiver.onFault(error)
  }

  #finish(): void {
    this.#isOver = true
    this.#shared.ticker.unwatch(this.#watchedAt)
    if (this.#drain) this.#shared.draining.delete(this)
  }
}

/** What a lost connection had carried, on the error that tells of the loss; undici's own errors have it. */
interface LostConnection extends Error {
  code?: string
  socket?: { readonly bytesRead?: number }
}

/** Tells errors of the socket itself what undici tells its own: they reach the calls without their socket. */
function noteBytesRead(connect: buildConnector.connector): buildConnector.connector {
  return (target, callback) =>
    connect(target, (...[error, socket]) => {
      if (error !== null) return callback(error, null)
      socket.on('error', (cause: LostConnection) => (cause.socket ??= { bytesRead: socket.bytesRead }))
      return callback(null, socket)
    })
}

const lostCodes: ReadonlySet<string | undefined> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

/** True when a kept-alive connection turned out to be closed: an earlier answer was read from it, none of this one. */
export function isStaleSocket(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false
  const { code, socket } = cause as LostConnection
  return lostCodes.has(code) && (socket?.bytesRead ?? 0) > 0
}

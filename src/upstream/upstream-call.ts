/** One call to a provider, with every deadline kept: what its receiver is told, and how far it got. */

import type { Dispatcher } from 'undici'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { Target } from '../providers/provider.ts'
import { toConnectError } from './egress.ts'
import { isStaleSocket } from './lost-connection.ts'
import type { Ticker, Watched } from './ticker.ts'

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

/** A stream may send only pings for this many idle periods before it counts as stalled. */
const contentIdlePeriods = 5
/** Bounds on reading an answer to its end for a client that has left. */
const drainMs = 30_000
const maxDraining = 64

/** What all calls of a sender share. */
export interface SharedByCalls {
  readonly clock: Clock
  readonly ticker: Ticker
  readonly draining: Set<object>
}

export class Call implements Dispatcher.DispatchHandler, UpstreamCall, Watched {
  phase: Phase = 'unsent'
  readonly #target: Target
  readonly #isStream: boolean
  readonly #receiver: Receiver
  readonly #shared: SharedByCalls
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

  constructor(target: Target, isStream: boolean, receiver: Receiver, shared: SharedByCalls) {
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

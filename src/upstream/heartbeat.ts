/** Sends comments on a stream that is quiet, so that nothing between client and gateway takes it for dead. */

import type { Clock } from '../core/clock.ts'
import type { GatewayError } from '../core/error.ts'
import type { StreamForm } from './operation.ts'
import type { Outlet } from './outlet.ts'

export interface HeartbeatOptions {
  readonly form: StreamForm
  /** Without a byte for as long, a comment is sent. */
  readonly everyMs: number
  readonly clock: Clock
  readonly requestId: string
}

/**
 * The client's end of a stream. A comment before the first word sends status 200: the answer may still come from any
 * target, but if none answers, the failure must be told within the stream, by `fail`.
 */
export class HeartbeatOutlet implements Outlet {
  readonly #outlet: Outlet
  readonly #options: HeartbeatOptions
  #timer: NodeJS.Timeout | undefined
  #lastMs: number
  #hasBegun = false
  #isEarly = false
  #isFull = false

  constructor(outlet: Outlet, options: HeartbeatOptions) {
    this.#outlet = outlet
    this.#options = options
    this.#lastMs = options.clock.monotonicMs()
    this.#schedule(options.everyMs)
    outlet.onDrain(() => (this.#isFull = false))
  }

  get isGone(): boolean {
    return this.#outlet.isGone
  }

  begin(status: number, headers: Readonly<Record<string, string>>): void {
    if (!this.#hasBegun) this.#outlet.begin(status, headers)
    this.#hasBegun = true
  }

  write(chunk: string | Buffer): boolean {
    this.#lastMs = this.#options.clock.monotonicMs()
    const hasRoom = this.#outlet.write(chunk)
    this.#isFull = !hasRoom
    return hasRoom
  }

  end(): void {
    this.stop()
    this.#outlet.end()
  }

  send(status: number, headers: Readonly<Record<string, string>>, body: string | Buffer): void {
    this.stop()
    this.#outlet.send(status, headers, body)
  }

  destroy(): void {
    this.stop()
    this.#outlet.destroy()
  }

  onDrain(listener: () => void): void {
    this.#outlet.onDrain(listener)
  }

  /** Tells the failure of an answer of which nothing but comments was sent. False: an answer of its own can tell it. */
  fail(error: GatewayError): boolean {
    this.stop()
    if (!this.#isEarly) return false
    if (this.isGone) return true
    const { form, clock, requestId } = this.#options
    this.#outlet.write(form.failure(error, { id: requestId, nowMs: clock.nowMs() }))
    this.#outlet.end()
    return true
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => this.#check(), delayMs).unref()
  }

  /** The timer is set anew only here: a stream that is not quiet must not pay for it with each chunk. */
  #check(): void {
    if (this.isGone) return
    const { clock, everyMs, form, requestId } = this.#options
    const nowMs = clock.monotonicMs()
    const leftMs = this.#lastMs + everyMs - nowMs
    if (leftMs > 0 || this.#isFull) {
      this.#schedule(leftMs > 0 ? leftMs : everyMs)
      return
    }
    if (!this.#hasBegun) {
      this.#isEarly = true
      // Who answers is not known yet.
      this.begin(200, { 'content-type': form.contentType, 'x-weir-request-id': requestId })
    }
    this.write(form.comment('keepalive'))
    this.#schedule(everyMs)
  }
}

/** How fast a run calls: bounded concurrency, pauses that providers ask for, and retries of faults. */

import type { GenRequest } from '../core/request.ts'
import { isAnswer } from './answered.ts'
import type { CallModel, Called, CallOptions } from './port.ts'

export interface PaceParts {
  readonly call: CallModel
  /** Resolves after the time, or at once where the run is stopped. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly nowMs: () => number
  readonly signal: AbortSignal
  readonly options: CallOptions
  /** Between the starts of two calls. */
  readonly delayMs: number
}

const maxTries = 4
/** Of what only wants patience: a limit of the provider, or of the gateway itself. */
const maxPatientTries = 20
const firstPauseMs = 500
const longestPauseMs = 60_000

/**
 * Calls until there is an answer or another try cannot help. What a provider's limit asks for holds every call of
 * the run back, so that a run slows down to what is allowed instead of failing at it.
 */
export class Pace {
  readonly #parts: PaceParts
  #notBeforeMs = 0

  constructor(parts: PaceParts) {
    this.#parts = parts
  }

  async call(request: GenRequest): Promise<Called> {
    const { call, options, signal, wait } = this.#parts
    for (let attempt = 1; ; attempt++) {
      await this.#turn()
      const called = await call(request, options, signal)
      const { error } = called
      if (error === undefined || signal.aborted) return called
      const { retry, blame } = error.rule
      if (retry === 'never' || blame === 'caller' || isAnswer(error)) return called
      if (attempt >= (retry === 'after' ? maxPatientTries : maxTries)) return called
      const pauseMs = Math.min(longestPauseMs, error.retryAfterMs ?? firstPauseMs * 2 ** (attempt - 1))
      if (retry === 'after') this.#notBeforeMs = Math.max(this.#notBeforeMs, this.#parts.nowMs() + pauseMs)
      else await wait(pauseMs, signal)
    }
  }

  /** Waits until the next call may start. */
  async #turn(): Promise<void> {
    const { nowMs, wait, signal, delayMs } = this.#parts
    for (;;) {
      const now = nowMs()
      if (now >= this.#notBeforeMs || signal.aborted) break
      await wait(this.#notBeforeMs - now, signal)
    }
    if (delayMs > 0) this.#notBeforeMs = nowMs() + delayMs
  }
}

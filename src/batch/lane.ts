/** How many lines may be under way at once with one key of a provider: found out by its answers, as TCP finds its rate. */

import { Pace, type ToldBudget } from './pace.ts'

/** Before anything is known. */
const firstWindow = 8
/** Where a refusal asks for no more: one call then finds out whether there is room again. */
const maxPauseMs = 10_000
const firstPauseMs = 50
/** What a refusal leaves of the window: as in CUBIC (https://www.rfc-editor.org/rfc/rfc9438#section-4.6). */
const keptShare = 0.7
/** Names of models come from callers: the one that was first made room for goes. */
const maxPaces = 1000

/** A call that is under way. */
export interface LaneCall {
  readonly model: string
  /** Counts the model's calls. */
  readonly n: number
  readonly startedMs: number
}

/** What an answer said of the limits on the key. */
export interface Heard {
  readonly budgets: readonly ToldBudget[]
  /** That the call used; undefined where that is not known. */
  readonly tokens: number | undefined
}

/**
 * Additive increase, multiplicative decrease (https://www.rfc-editor.org/rfc/rfc5681#section-3.1): one more call at
 * once for each answer until the first refusal, from then on one more for each window of answers; less at a refusal.
 * Where answers tell what is left of a limit, calls are spaced out before it is reached. Times are monotonic.
 */
export class Lane {
  readonly #max: number
  readonly #paces = new Map<string, Pace>()
  #window: number
  #isProbing = true
  #running = 0
  #refusals = 0
  #cutAtMs = -Infinity
  #pausedUntilMs = -Infinity

  constructor(max: number, window = firstWindow) {
    this.#max = max
    this.#window = Math.min(window, max)
  }

  get window(): number {
    return this.#window
  }

  get running(): number {
    return this.#running
  }

  /** When a call may begin: it may be over. Infinity: when one that is under way has ended. */
  roomAtMs(model: string): number {
    if (this.#running >= Math.floor(this.#window)) return Infinity
    return Math.max(this.#pausedUntilMs, this.#paces.get(model)?.nextAtMs ?? -Infinity)
  }

  begin(model: string, nowMs: number): LaneCall {
    this.#running++
    return { model, n: this.#paceOf(model).begin(nowMs), startedMs: nowMs }
  }

  /** Without an answer that says anything of the load. */
  leave(): void {
    this.#running--
  }

  succeed(call: LaneCall, nowMs: number, heard?: Heard): void {
    this.#running--
    this.#refusals = 0
    this.#window = Math.min(this.#max, this.#window + (this.#isProbing ? 1 : 1 / this.#window))
    if (heard) this.#paceOf(call.model).learn(call.n, nowMs, heard.budgets, heard.tokens)
  }

  /** Too much was under way. Gives how long to wait before the next call; never less than the refusal asks for. */
  refuse(call: LaneCall, nowMs: number, retryAfterMs: number | undefined, random: () => number): number {
    this.#running--
    // All calls that were under way at a refusal are refused together: that is one sign, not many.
    if (call.startedMs > this.#cutAtMs) {
      this.#window = Math.max(1, this.#window * keptShare)
      this.#isProbing = false
      this.#cutAtMs = nowMs
      this.#refusals++
    }
    const pauseMs = Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(this.#refusals - 1, 10))
    const waitMs = Math.max(retryAfterMs ?? 0, pauseMs * (0.5 + random() / 2))
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + waitMs)
    return waitMs
  }

  #paceOf(model: string): Pace {
    let pace = this.#paces.get(model)
    if (!pace) {
      if (this.#paces.size >= maxPaces) this.#paces.delete(this.#paces.keys().next().value!)
      this.#paces.set(model, (pace = new Pace()))
    }
    return pace
  }
}

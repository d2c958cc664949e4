/** How many lines may be under way to one provider or route at once: found out by its answers, as TCP finds its rate. */

/** Before anything is known. */
const firstWindow = 8
/** Where a refusal asks for no more: one call then finds out whether there is room again. */
const maxPauseMs = 10_000
const firstPauseMs = 50
/** What a refusal leaves of the window: as in CUBIC (https://www.rfc-editor.org/rfc/rfc9438#section-4.6). */
const keptShare = 0.7

/**
 * Additive increase, multiplicative decrease (https://www.rfc-editor.org/rfc/rfc5681#section-3.1): one more call at
 * once for each answer until the first refusal, from then on one more for each window of answers; less at a refusal.
 * Times are monotonic.
 */
export class Lane {
  readonly #max: number
  #window: number
  #isProbing = true
  #running = 0
  #refusals = 0
  #cutAtMs = -Infinity
  #pausedUntilMs = -Infinity

  constructor(max: number) {
    this.#max = max
    this.#window = Math.min(firstWindow, max)
  }

  get window(): number {
    return this.#window
  }

  get running(): number {
    return this.#running
  }

  hasRoom(nowMs: number): boolean {
    return this.#running < Math.floor(this.#window) && nowMs >= this.#pausedUntilMs
  }

  begin(): void {
    this.#running++
  }

  /** Without an answer that says anything of the load. */
  leave(): void {
    this.#running--
  }

  succeed(): void {
    this.#running--
    this.#refusals = 0
    this.#window = Math.min(this.#max, this.#window + (this.#isProbing ? 1 : 1 / this.#window))
  }

  /** Too much was under way. Gives how long to wait before the next call; never less than the refusal asks for. */
  refuse(startedMs: number, nowMs: number, retryAfterMs: number | undefined, random: () => number): number {
    this.#running--
    // All calls that were under way at a refusal are refused together: that is one sign, not many.
    if (startedMs > this.#cutAtMs) {
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
}

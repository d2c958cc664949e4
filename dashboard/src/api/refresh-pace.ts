/** When to ask again for what has changed: soon, no more often than people can read, and once more for what came last. */

/** A request is told of before its record is stored and its costs are in the sums. */
export const settleMs = 600

export class RefreshPace {
  readonly #everyMs: number
  readonly #refresh: () => void
  readonly #nowMs: () => number
  #timer: ReturnType<typeof setTimeout> | undefined
  #toldAtMs = -Infinity
  #refreshedAtMs = -Infinity

  constructor(everyMs: number, refresh: () => void, nowMs: () => number = () => performance.now()) {
    this.#everyMs = everyMs
    this.#refresh = refresh
    this.#nowMs = nowMs
  }

  /** Something has changed just now. */
  tell(): void {
    this.#toldAtMs = this.#nowMs()
    if (this.#timer === undefined) this.#schedule()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #schedule(): void {
    const waitMs = Math.max(settleMs, this.#refreshedAtMs + this.#everyMs - this.#nowMs())
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#refreshedAtMs = this.#nowMs()
      this.#refresh()
      // What was told of a moment ago need not be in what is read now.
      if (this.#refreshedAtMs - this.#toldAtMs < settleMs) this.#schedule()
    }, waitMs)
  }
}

/** One coarse timer for all deadlines of all calls in flight: cheaper than timers per call, exact enough. */

/** Something with deadlines. `check` acts on those that have passed. */
export interface Watched {
  check(nowMs: number): void
}

const tickMs = 25

export class Ticker {
  readonly #watched = new Set<Watched>()
  readonly #monotonicMs: () => number
  #timer: NodeJS.Timeout | undefined

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
  }

  watch(watched: Watched): void {
    this.#watched.add(watched)
    this.#timer ??= setInterval(() => this.#tick(), tickMs).unref()
  }

  unwatch(watched: Watched): void {
    this.#watched.delete(watched)
  }

  #tick(): void {
    if (this.#watched.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
      return
    }
    const nowMs = this.#monotonicMs()
    for (const watched of this.#watched) watched.check(nowMs)
  }
}

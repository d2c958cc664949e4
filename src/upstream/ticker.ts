/** One coarse timer for all deadlines of all calls in flight: cheaper than timers per call, exact enough. */

import { Roster } from '../core/roster.ts'

/** Something with deadlines. `check` acts on those that have passed. */
export interface Watched {
  check(nowMs: number): void
}

const tickMs = 25

export class Ticker {
  readonly #watched = new Roster<Watched>()
  readonly #monotonicMs: () => number
  #timer: NodeJS.Timeout | undefined

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
  }

  /** Gives the place by which it is left alone again. */
  watch(watched: Watched): number {
    this.#timer ??= setInterval(() => this.#tick(), tickMs).unref()
    return this.#watched.add(watched)
  }

  /** Once for each `watch`. */
  unwatch(place: number): void {
    this.#watched.remove(place)
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

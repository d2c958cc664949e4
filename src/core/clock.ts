/** Time as an argument, so that tests can own it. */

export interface Clock {
  /** Wall-clock time in milliseconds since the epoch. */
  nowMs(): number
  /** Milliseconds that never go backwards; only differences mean anything. */
  monotonicMs(): number
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}

const dayMs = 86_400_000

/**
 * The clock, but that it stands still where it was set back, until it has caught up: no money moves into a period
 * that has ended. A clock that was wrong by more than a day is followed. `floorMs` is the latest time that was used
 * before the start.
 */
export function createSteadyClock(clock: Clock, floorMs: number): Clock {
  let lastMs = floorMs
  return {
    nowMs() {
      const nowMs = clock.nowMs()
      if (nowMs >= lastMs || lastMs - nowMs > dayMs) lastMs = nowMs
      return lastMs
    },
    monotonicMs: () => clock.monotonicMs(),
  }
}

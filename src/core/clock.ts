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

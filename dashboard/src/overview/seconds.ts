/** How many requests came in each second, as the gateway summed them up, and what has ended since. Pure. */

export interface Count {
  readonly requests: number
  readonly errors: number
}

/** What was summed up at once. */
export interface Reading {
  /** By the gateway's clock, as all that is here. */
  readonly atMs: number
  /** Of the first second. */
  readonly fromMs: number
  readonly counts: readonly Count[]
}

/** Requests that came at the same time, of which is told when they end. */
export interface Ended extends Count {
  readonly cameMs: number
  readonly endedMs: number
}

export const shownSeconds = 900

/** What a reading has not: it ended later. */
export function endedAfter(reading: Reading, ended: readonly Ended[]): Ended[] {
  return ended.filter(({ endedMs }) => endedMs >= reading.atMs)
}

export interface Seconds {
  /** Of the first, since the epoch. */
  readonly first: number
  /** The oldest first. */
  readonly counts: readonly Count[]
}

/** Up to this moment. */
export function secondsAt(reading: Reading, ended: readonly Ended[], nowMs: number): Seconds {
  const first = Math.floor(nowMs / 1_000) - shownSeconds + 1
  const offset = first - Math.floor(reading.fromMs / 1_000)
  const none: Count = { requests: 0, errors: 0 }
  const counts = Array.from({ length: shownSeconds }, (_, index) => reading.counts[index + offset] ?? none)
  for (const { cameMs, requests, errors } of endedAfter(reading, ended)) {
    const index = Math.floor(cameMs / 1_000) - first
    const before = counts[index]
    if (before) counts[index] = { requests: before.requests + requests, errors: before.errors + errors }
  }
  return { first, counts }
}

/** How many calls a provider received within any stretch of time, and at once, by the simulator's receipts. */

import { asNumber, type JsonObject } from '../../src/core/json.ts'
import type { Receipt } from '../../src/simulator/receipts.ts'

/** The most calls that came within so many milliseconds. */
export function mostWithin(receipts: readonly Receipt[], windowMs: number): number {
  const times = receipts.map(({ atMs }) => atMs).toSorted((a, b) => a - b)
  let most = 0
  for (let from = 0, to = 0; to < times.length; to++) {
    while (times[to]! - times[from]! > windowMs) from++
    most = Math.max(most, to - from + 1)
  }
  return most
}

/**
 * By how much the worst window exceeds what a rate allows: a full bucket, and what comes back to it meanwhile
 * (docs/adr/0025). 1 is the limit itself.
 */
export function worstWindow(receipts: readonly Receipt[], perMinute: number): number {
  const times = receipts.map(({ atMs }) => atMs).toSorted((a, b) => a - b)
  const wholeMs = (times.at(-1) ?? 0) - (times[0] ?? 0)
  let worst = 0
  // Up to the whole run: what each start lets through too much adds up.
  for (let ms = 100; ms < 2 * wholeMs; ms *= 2) {
    const windowMs = Math.min(ms, wholeMs)
    worst = Math.max(worst, mostWithin(receipts, windowMs) / (perMinute * (1 + windowMs / 60_000)))
  }
  return worst
}

/** Calls that were under way at once. */
export function mostAtOnce(receipts: readonly Receipt[]): number {
  const steps = receipts.flatMap(({ atMs, timings }): [number, number][] => [
    [atMs, 1],
    [atMs + (timings.endMs ?? 0), -1],
  ])
  let now = 0
  let most = 0
  for (const [, step] of steps.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]))
    most = Math.max(most, (now += step))
  return most
}

/** How long so many calls take at least, at this rate and from a full bucket. */
export function leastSeconds(calls: number, perMinute: number): number {
  return Math.max(0, calls - perMinute) / (perMinute / 60)
}

/** From its first line to its last, as OpenAI's API tells it. */
export function secondsOf(batch: JsonObject): number {
  return (asNumber(batch['finalizing_at']) ?? 0) - (asNumber(batch['in_progress_at']) ?? 0)
}

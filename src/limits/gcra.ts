/**
 * The generic cell rate algorithm: one number a bucket says when everything that was taken from it will have come
 * back. ITU-T I.371, annex A (virtual scheduling); for requests: https://brandur.org/rate-limiting.
 *
 * A rate of n a minute lets n go at once after a pause, and then one each n-th of a minute: over any window of w
 * minutes at most n + n * w.
 */

export const periodMs = 60_000

/** Times are sums of fractions: a wait as short as this is none. */
const roundingMs = 1e-6

export interface Rate {
  readonly perMinute: number
  /** How much is taken: one request, or its tokens. */
  readonly amount: number
}

/** How a bucket stands after a request was let through or refused. */
export interface RateState {
  readonly limit: number
  /** Whole units that could be taken now. */
  readonly remaining: number
  /** Until the bucket is full again. */
  readonly resetMs: number
}

/** When the bucket would be full again if this were taken at `nowMs`; `fullAtMs` is when it would be without. */
export function fullAtAfter(fullAtMs: number, { perMinute, amount }: Rate, nowMs: number): number {
  return Math.max(fullAtMs, nowMs) + (amount * periodMs) / perMinute
}

/** How long to wait before this may be taken; 0 where it may be now. More than a full bucket holds waits for a full one. */
export function waitMsFor(fullAtMs: number, { perMinute, amount }: Rate, nowMs: number): number {
  const held = Math.min(amount, perMinute)
  const after = fullAtAfter(fullAtMs, { perMinute, amount: held }, nowMs)
  const waitMs = after - periodMs - nowMs
  return waitMs > roundingMs ? waitMs : 0
}

/**
 * When the bucket is full again once `amount`, taken at `takenAtMs`, is given back. What has come back by itself in
 * the meantime is not given back again: two refunds must never let more through than one full bucket.
 */
export function fullAtAfterRefund(
  fullAtMs: number,
  { perMinute, amount }: Rate,
  takenAtMs: number,
  nowMs: number,
): number {
  const owedMs = (amount * periodMs) / perMinute - Math.max(0, nowMs - takenAtMs)
  return fullAtMs - Math.max(0, owedMs)
}

export function stateOf(fullAtMs: number, perMinute: number, nowMs: number): RateState {
  const resetMs = Math.max(0, fullAtMs - nowMs)
  const free = ((periodMs - resetMs) * perMinute) / periodMs
  return { limit: perMinute, remaining: Math.max(0, Math.floor(free + 1e-6)), resetMs }
}

/** The counters of one instance, in its memory. */

import type { Clock } from '../core/clock.ts'
import { fullAtAfter, fullAtAfterRefund, periodMs, stateOf, waitMsFor } from './gcra.ts'
import type { LimitCounters, RateCharge } from './port.ts'

/** Names of users come from callers: beyond this the buckets that are full again, and then the oldest, make room. */
const maxBuckets = 100_000

export function createMemoryCounters(clock: Clock): LimitCounters {
  const fullAtMs = new Map<string, number>()
  const taken = new Map<string, number>()

  const fullAt = ({ bucket }: RateCharge): number => fullAtMs.get(bucket) ?? 0

  const set = (bucket: string, atMs: number, nowMs: number): void => {
    if (fullAtMs.size >= maxBuckets && !fullAtMs.has(bucket)) makeRoom(fullAtMs, nowMs)
    fullAtMs.set(bucket, atMs)
  }

  return {
    take({ rates, slots }) {
      const nowMs = clock.monotonicMs()
      const states = () => rates.map((rate) => stateOf(fullAt(rate), rate.perMinute, nowMs))
      for (const { bucket, max } of slots) {
        if ((taken.get(bucket) ?? 0) >= max) return { refusedBy: bucket, states: states(), atMs: nowMs }
      }
      let refusedBy: string | undefined
      let retryAfterMs = 0
      for (const rate of rates) {
        const waitMs = waitMsFor(fullAt(rate), rate, nowMs)
        if (waitMs > retryAfterMs) [refusedBy, retryAfterMs] = [rate.bucket, waitMs]
      }
      if (refusedBy !== undefined) return { refusedBy, retryAfterMs, states: states(), atMs: nowMs }
      for (const rate of rates) set(rate.bucket, fullAtAfter(fullAt(rate), rate, nowMs), nowMs)
      for (const { bucket } of slots) taken.set(bucket, (taken.get(bucket) ?? 0) + 1)
      return { states: states(), atMs: nowMs }
    },
    correct(charge, taken) {
      const nowMs = clock.monotonicMs()
      const before = fullAt(charge)
      const after =
        charge.amount > 0
          ? fullAtAfter(before, charge, nowMs)
          : fullAtAfterRefund(before, { ...charge, amount: -charge.amount }, taken.atMs, nowMs)
      set(charge.bucket, after, nowMs)
    },
    recall(charge, agoMs, knownForMs) {
      const nowMs = clock.monotonicMs()
      const takenAtMs = nowMs - agoMs
      const before = fullAtMs.get(charge.bucket) ?? nowMs - knownForMs + periodMs
      // It had room for what it let through.
      const after = Math.min(fullAtAfter(before, charge, takenAtMs), takenAtMs + periodMs)
      set(charge.bucket, after, nowMs)
    },
    free(bucket) {
      const left = (taken.get(bucket) ?? 1) - 1
      if (left > 0) taken.set(bucket, left)
      else taken.delete(bucket)
    },
  }
}

/** A part of the room at a time: a look at all buckets must not be taken for each new one. */
function makeRoom(fullAtMs: Map<string, number>, nowMs: number): void {
  for (const [bucket, atMs] of fullAtMs) if (atMs <= nowMs) fullAtMs.delete(bucket)
  for (const bucket of fullAtMs.keys()) {
    if (fullAtMs.size <= maxBuckets * 0.9) return
    fullAtMs.delete(bucket)
  }
}

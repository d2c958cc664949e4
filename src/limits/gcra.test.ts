/** The rate holds over every window, whatever is taken and given back. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createTestClock } from '../../test/support/access.ts'
import { periodMs } from './gcra.ts'
import { createMemoryCounters } from './memory-counters.ts'
import type { Verdict } from './port.ts'
import { formatDuration } from './rate-headers.ts'

const isFull = process.env['WEIR_PROVE'] === '1'
const numRuns = isFull ? 5000 : 300

interface Taken {
  readonly atMs: number
  readonly verdict: Verdict
  readonly amount: number
  /** What stays of it. */
  kept: number
}

const step = fc.record({
  waitMs: fc.oneof(fc.constant(0), fc.nat(2_000), fc.nat(120_000)),
  amount: fc.integer({ min: 1, max: 40 }),
  /** Which of those taken so far is settled, and for what share of its amount. */
  refund: fc.option(fc.record({ which: fc.nat(30), share: fc.double({ min: 0, max: 1, noNaN: true }) })),
})

/** The most that any window takes in, beyond what its length alone would allow. */
function worstBurst(taken: readonly Taken[], perMinute: number): number {
  let worst = 0
  for (let from = 0; from < taken.length; from++) {
    let sum = 0
    for (let to = from; to < taken.length; to++) {
      sum += taken[to]!.kept
      const windowMs = taken[to]!.atMs - taken[from]!.atMs
      worst = Math.max(worst, sum - (windowMs * perMinute) / periodMs)
    }
  }
  return worst
}

function run(perMinute: number, steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]) {
  const clock = createTestClock(0)
  const counters = createMemoryCounters(clock)
  const taken: (Taken & { isSettled: boolean })[] = []
  for (const { waitMs, amount: wanted, refund } of steps) {
    clock.advance(waitMs)
    const amount = Math.min(wanted, perMinute)
    const charge = { bucket: 'b:requests', perMinute, amount }
    const verdict = counters.take({ rates: [charge], slots: [] })
    assert.ok(!(verdict instanceof Promise))
    if (verdict.refusedBy === undefined) {
      taken.push({ atMs: clock.monotonicMs(), amount, kept: amount, isSettled: false, verdict })
    } else {
      // The wait that is told is enough, and one millisecond less is not.
      assert.ok(verdict.retryAfterMs! > 0 && verdict.retryAfterMs! <= periodMs)
    }
    const settled = refund && taken[refund.which]
    if (!settled || settled.isSettled) continue
    settled.isSettled = true
    const back = Math.floor(settled.amount * refund.share)
    settled.kept -= back
    if (back > 0) counters.correct({ ...charge, amount: -back }, settled.verdict)
  }
  return taken
}

test('no window takes in more than a full bucket and what came back in it, refunds included', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.array(step, { maxLength: 60 }), (perMinute, steps) => {
      assert.ok(worstBurst(run(perMinute, steps), perMinute) <= perMinute + 1e-3)
    }),
    { numRuns },
  )
})

test('a refund never lets more through than the same requests would have without what was refunded', () => {
  const clock = createTestClock(0)
  const counters = createMemoryCounters(clock)
  const charge = { bucket: 'b:tokens', perMinute: 100, amount: 100 }
  const take = () => {
    const verdict = counters.take({ rates: [charge], slots: [] })
    return !(verdict instanceof Promise) && verdict.refusedBy === undefined
  }
  assert.ok(take())
  clock.advance(periodMs)
  assert.ok(take())
  // The first one came back by itself: nothing of it is left to give back.
  counters.correct({ ...charge, amount: -100 }, { states: [], atMs: 0 })
  assert.ok(!take())
})

test('after the wait that was told the request is let through, and not before', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.nat(50), (perMinute, idleMs) => {
      const clock = createTestClock(0)
      const counters = createMemoryCounters(clock)
      const charges = { rates: [{ bucket: 'b', perMinute, amount: 1 }], slots: [] }
      const take = () => {
        const verdict = counters.take(charges)
        assert.ok(!(verdict instanceof Promise))
        return verdict
      }
      for (let n = 0; n < perMinute; n++) assert.equal(take().refusedBy, undefined)
      clock.advance(idleMs)
      const { retryAfterMs = 0 } = take()
      if (retryAfterMs === 0) return
      assert.ok(Math.abs(retryAfterMs + idleMs - periodMs / perMinute) < 1e-6)
      clock.advance(retryAfterMs * 0.99)
      assert.equal(take().refusedBy, 'b')
      clock.advance(retryAfterMs * 0.01 + 1e-6)
      assert.equal(take().refusedBy, undefined)
    }),
    { numRuns },
  )
})

test('all or nothing: what one bucket refuses is taken from none', () => {
  const counters = createMemoryCounters(createTestClock(0))
  const wide = { bucket: 'wide', perMinute: 10, amount: 1 }
  const narrow = { bucket: 'narrow', perMinute: 1, amount: 1 }
  const slot = { bucket: 'slot', max: 2 }
  const states = [1, 2].map(() => counters.take({ rates: [wide, narrow], slots: [slot] }))
  assert.ok(!(states[1] instanceof Promise))
  assert.equal(states[1]!.refusedBy, 'narrow')
  assert.equal(states[1]!.states[0]!.remaining, 9)
  assert.deepEqual(counters.take({ rates: [], slots: [slot] }), { states: [], atMs: 0 })
  assert.deepEqual(counters.take({ rates: [], slots: [slot] }), { refusedBy: 'slot', states: [], atMs: 0 })
})

test('durations are written as Go writes them', () => {
  const written = [0, 11.2, 999.5, 1500, 30_000.000_000_1, 60_000, 360_000, 61_250].map(formatDuration)
  assert.deepEqual(written, ['0ms', '12ms', '1s', '1.5s', '30s', '1m0s', '6m0s', '1m1.25s'])
})

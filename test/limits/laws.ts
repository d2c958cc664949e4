/** What every kind of counters for limits must hold to, whatever counts in it. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { periodMs } from '../../src/limits/gcra.ts'
import type { LimitCounters, RateCharge, Verdict } from '../../src/limits/port.ts'

export interface Subject {
  readonly counters: LimitCounters
  /** Waits as long, by the clock of the buckets. */
  pass(ms: number): Promise<void>
}

/** Units a minute: one comes back each millisecond, so that nobody has to wait long. */
const perMinute = periodMs

interface Taken {
  readonly verdict: Verdict
  kept: number
  isSettled: boolean
}

const step = fc.record({
  waitMs: fc.oneof(fc.constant(0), fc.nat(3)),
  amount: fc.integer({ min: 1, max: perMinute / 2 }),
  refund: fc.option(fc.record({ which: fc.nat(10), share: fc.double({ min: 0, max: 1, noNaN: true }) })),
})

/** Over any window no more is taken than a full bucket and what came back in it, refunds included. */
export async function holdsItsRate({ counters, pass }: Subject, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const bucket = `${randomUUID()}:tokens`
      const taken: Taken[] = []
      for (const { waitMs, amount, refund } of steps) {
        if (waitMs > 0) await pass(waitMs)
        const charge: RateCharge = { bucket, perMinute, amount }
        const verdict = await counters.take({ rates: [charge], slots: [] })
        if (verdict.refusedBy === undefined) taken.push({ verdict, kept: amount, isSettled: false })
        else assert.ok(verdict.retryAfterMs! > 0 && verdict.retryAfterMs! <= periodMs)
        const settled = refund && taken[refund.which]
        if (!settled || settled.isSettled) continue
        settled.isSettled = true
        const back = Math.floor(settled.kept * refund.share)
        settled.kept -= back
        if (back > 0) counters.correct({ ...charge, amount: -back }, settled.verdict)
      }
      assert.ok(worstBurst(taken) <= perMinute + 0.01, `${worstBurst(taken)}`)
    }),
    { numRuns },
  )
}

/** The most that any window takes in, beyond what its length alone would allow. */
function worstBurst(taken: readonly Taken[]): number {
  let worst = 0
  for (let from = 0; from < taken.length; from++) {
    let sum = 0
    for (let to = from; to < taken.length; to++) {
      sum += taken[to]!.kept
      const windowMs = taken[to]!.verdict.atMs - taken[from]!.verdict.atMs
      worst = Math.max(worst, sum - (windowMs * perMinute) / periodMs)
    }
  }
  return worst
}

/** What one bucket refuses is taken from none. */
export async function takesAllOrNothing({ counters }: Subject): Promise<void> {
  const id = randomUUID()
  const wide = { bucket: `${id}:wide`, perMinute: 10, amount: 1 }
  const narrow = { bucket: `${id}:narrow`, perMinute: 1, amount: 1 }
  const slot = { bucket: `${id}:slot`, max: 2 }
  const first = await counters.take({ rates: [wide, narrow], slots: [slot] })
  assert.equal(first.refusedBy, undefined)
  assert.deepEqual(
    first.states.map(({ limit, remaining }) => [limit, remaining]),
    [
      [10, 9],
      [1, 0],
    ],
  )
  const second = await counters.take({ rates: [wide, narrow], slots: [slot] })
  assert.equal(second.refusedBy, narrow.bucket)
  assert.equal(second.states[0]!.remaining, 9)
  const third = await counters.take({ rates: [], slots: [slot] })
  assert.equal(third.refusedBy, undefined)
  const fourth = await counters.take({ rates: [wide], slots: [slot] })
  assert.deepEqual([fourth.refusedBy, fourth.retryAfterMs], [slot.bucket, undefined])
  assert.equal(fourth.states[0]!.remaining, 9)
  counters.free(slot.bucket)
  assert.equal((await counters.take({ rates: [], slots: [slot] })).refusedBy, undefined)
}

/** After the wait that was told it is let through. */
export async function tellsTheWait({ counters, pass }: Subject): Promise<void> {
  const charge = { bucket: randomUUID(), perMinute: 6_000, amount: 1 }
  for (let taken = 0; ; taken++) {
    const { refusedBy, retryAfterMs = 0 } = await counters.take({ rates: [charge], slots: [] })
    if (refusedBy === undefined && taken < 20_000) continue
    assert.ok(taken >= charge.perMinute)
    assert.ok(retryAfterMs > 0 && retryAfterMs <= 10)
    await pass(retryAfterMs)
    break
  }
  assert.equal((await counters.take({ rates: [charge], slots: [] })).refusedBy, undefined)
}

/** What has come back by itself is not given back again. */
export async function refundsOnce({ counters, pass }: Subject): Promise<void> {
  const charge = { bucket: randomUUID(), perMinute: periodMs * 20, amount: periodMs * 20 * 0.9 }
  const first = await counters.take({ rates: [charge], slots: [] })
  assert.equal(first.refusedBy, undefined)
  await pass(5)
  counters.correct({ ...charge, amount: -charge.amount }, first)
  assert.equal((await counters.take({ rates: [charge], slots: [] })).refusedBy, undefined)
  const { states } = await counters.take({ rates: [{ ...charge, amount: 1 }], slots: [] })
  assert.ok(states[0]!.remaining < charge.perMinute * 0.2)
}

/** The memory of buckets is bounded, whatever names callers bring, and the bound costs little. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestClock } from '../../test/support/access.ts'
import { createMemoryCounters } from './memory-counters.ts'

test('of more buckets than are kept the oldest go, many at a time', () => {
  const counters = createMemoryCounters(createTestClock())
  const take = (n: number) =>
    counters.take({ rates: [{ bucket: `user ${n}`, perMinute: 1, amount: 1 }], slots: [] })
  const isRefused = (n: number) => {
    const verdict = take(n)
    assert.ok(!(verdict instanceof Promise))
    return verdict.refusedBy !== undefined
  }
  for (let n = 0; n <= 100_000; n++) assert.equal(isRefused(n), false)
  assert.equal(isRefused(100_000), true)
  assert.equal(isRefused(10_000), true, 'the younger ones are still known')
  assert.equal(isRefused(9_000), false, 'the oldest are forgotten')
})

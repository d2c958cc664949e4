/** Retries stay within their share of the traffic, whatever comes in which order. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { handClock } from '../../test/support/routing.ts'
import { createRetryBudget } from './retry-budget.ts'

test('in ten seconds, failed retries stay within a fifth of an upstream’s requests and a tenth of all, and the floor', () => {
  const step = fc.record({
    upstream: fc.constantFrom('a', 'b'),
    retries: fc.integer({ min: 0, max: 3 }),
    afterMs: fc.integer({ min: 0, max: 400 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const clock = handClock()
      const budget = createRetryBudget(clock)
      const startMs = clock.monotonicMs()
      const requests = { a: 0, b: 0 } as Record<string, number>
      const spent = { a: 0, b: 0 } as Record<string, number>
      for (const { upstream, retries, afterMs } of steps) {
        clock.advance(afterMs)
        if (clock.monotonicMs() - startMs > 9_000) return
        requests[upstream]!++
        budget.deposit(upstream)
        for (let n = 0; n < retries; n++) if (budget.spend(upstream)) spent[upstream]!++
        const all = requests['a']! + requests['b']!
        for (const name of ['a', 'b']) assert.ok(spent[name]! <= requests[name]! * 0.2 + 3 + 1e-6)
        assert.ok(spent['a']! + spent['b']! <= all * 0.1 + 3 + 1e-6)
      }
    }),
  )
})

test('the floor holds three retries at once; those that succeed give their place back', () => {
  const clock = handClock()
  const budget = createRetryBudget(clock)
  for (let n = 0; n < 50; n++) budget.spend('a')?.succeeded()
  const held = [budget.spend('a'), budget.spend('a'), budget.spend('a')]
  assert.ok(held.every((each) => each !== undefined))
  assert.equal(budget.spend('a'), undefined)
  held[1]!.succeeded()
  assert.ok(budget.spend('a'))
  clock.advance(10_000)
  assert.ok(budget.spend('a'))
})

test('tokens of a busy time are gone ten seconds later', () => {
  const clock = handClock()
  const budget = createRetryBudget(clock)
  const spendAll = () => {
    let spent = 0
    while (budget.spend('a')) spent++
    return spent
  }
  for (let n = 0; n < 100; n++) budget.deposit('a')
  assert.equal(spendAll(), 13)
  for (let n = 0; n < 100; n++) budget.deposit('a')
  clock.advance(20_000)
  assert.equal(spendAll(), 3)
})

/** What a message may cost follows from the price list and its length. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { estimateOf, sumOf } from './estimate.ts'

test('an estimate has the price of the message, and of the longest answer where one is set', () => {
  const pricing = { input: '2', output: '10' }
  assert.deepEqual(estimateOf(pricing, 4_000, undefined), { inputUsd: 0.002 })
  assert.deepEqual(estimateOf(pricing, 4_000, 100), { inputUsd: 0.002, mostUsd: 0.003 })
  assert.equal(estimateOf(undefined, 4_000, 100), undefined)
})

test('calls together are known where each is, and bounded where each is', () => {
  const [bounded, open] = [{ inputUsd: 1, mostUsd: 3 }, { inputUsd: 2 }]
  assert.deepEqual(sumOf([bounded, bounded]), { inputUsd: 2, mostUsd: 6 })
  assert.deepEqual(sumOf([bounded, open]), { inputUsd: 3 })
  assert.equal(sumOf([bounded, undefined]), undefined)
  assert.equal(sumOf([]), undefined)
})

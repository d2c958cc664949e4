/** The interval is that of the gateway's own, over all destinations. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { falseHitsOf } from './false-hits.ts'

test('destinations are counted together', () => {
  const { compared, lies, lower, upper } = falseHitsOf([
    { compared: 200, false_hits: 60 },
    { compared: 63, false_hits: 21 },
  ])
  assert.deepEqual([compared, lies], [263, 81])
  assert.deepEqual([lower.toFixed(4), upper.toFixed(4)], ['0.2553', '0.3662'])
})

test('nothing compared says nothing', () => {
  assert.deepEqual(falseHitsOf([]), { compared: 0, lies: 0, lower: 0, upper: 1 })
})

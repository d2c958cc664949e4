/** How far a batch is, at what rate, and how long it still takes. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { type Batch, leftMsOf, rateOf, toneOf } from './batch-view.ts'

const batch = {
  status: 'in_progress',
  paused: false,
  total: 100,
  completed: 38,
  failed: 2,
  started_at: '2026-01-01T00:00:00.000Z',
} as Batch
const nowMs = Date.parse('2026-01-01T00:00:20.000Z')

test('failed lines are done lines', () => {
  assert.equal(rateOf(batch, nowMs), 2)
  assert.equal(leftMsOf(batch, nowMs), 30_000)
})

test('a batch that is over or held has no time left to tell', () => {
  assert.equal(leftMsOf({ ...batch, paused: true }, nowMs), undefined)
  const over: Batch = { ...batch, status: 'completed', ended_at: '2026-01-01T00:00:10.000Z' }
  assert.deepEqual([leftMsOf(over, nowMs), rateOf(over, nowMs)], [undefined, 4])
  assert.equal(rateOf({ ...batch, completed: 0, failed: 0 }, nowMs), undefined)
})

test('a completed batch with failed lines wants a look', () => {
  assert.equal(toneOf({ ...batch, status: 'completed' }), 'warn')
  assert.equal(toneOf({ ...batch, status: 'completed', failed: 0 }), 'ok')
})

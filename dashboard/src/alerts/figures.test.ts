/** Alerts with figures tell them, each with its unit; the others tell none. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { figuresOf } from './figures.ts'

test('value and limit by the kind of the alert', () => {
  assert.deepEqual(figuresOf({ kind: 'budget', detail: { spent_usd: '9.5', cap_usd: '10' } }), {
    value: '$9.50',
    limit: '$10.00',
  })
  assert.deepEqual(figuresOf({ kind: 'key-age', detail: { days: 400, limit_days: 365 } }), {
    value: '400 days',
    limit: '365 days',
  })
  assert.equal(figuresOf({ kind: 'provider-failures', detail: { share: 0.75 } }).value, '75 %')
  assert.deepEqual(figuresOf({ kind: 'drift', detail: {} }), { value: '-', limit: '-' })
  assert.equal(figuresOf({ kind: 'budget', detail: {} }).value, '-')
})

/** The pace of a budget leads to its end, and is not told where it would say nothing. */

import assert from 'node:assert/strict'
import test from 'node:test'
import type { Budget } from './budget-rows.ts'
import { currentStartMs, paceOf } from './pace.ts'

const budget = (more: Partial<Budget>): Budget => ({
  id: 'b',
  origin: 'stored',
  scope: 'team',
  usd: '10',
  period: 'month',
  window: 'calendar',
  cap: 'hard',
  alert_at: [],
  states: [],
  ...more,
})
const at = (month: number, day: number, hour = 0) => Date.UTC(2026, month, day, hour)
const endOf = (month: number, day: number) => ({ period_ends_at: new Date(at(month, day)).toISOString() })

test('half of a period with half of a cap leads to all of it', () => {
  assert.equal(paceOf(budget(endOf(6, 1)), 5, at(5, 16)), 10)
  assert.equal(paceOf(budget({ period: 'day', ...endOf(5, 2) }), 3, at(5, 1, 6)), 12)
  assert.equal(paceOf(budget({ period: 'week', ...endOf(5, 8) }), 1, at(5, 4, 12)), 2)
  assert.equal(paceOf(budget({ period: 'quarter', ...endOf(6, 1) }), 1, at(4, 16, 12)), 2)
})

test('what has just begun, rolls or never ends has no pace', () => {
  assert.equal(paceOf(budget(endOf(6, 1)), 5, at(5, 1, 12)), undefined)
  assert.equal(paceOf(budget({ window: 'rolling', ...endOf(6, 1) }), 5, at(5, 16)), undefined)
  assert.equal(paceOf(budget({ period: 'total' }), 5, at(5, 16)), undefined)
})

test('periods begin where the ledger has them begin', () => {
  // A Wednesday.
  const nowMs = at(7, 19, 13)
  const starts = (['hour', 'day', 'week', 'month', 'quarter', 'year', 'total'] as const).map((period) =>
    currentStartMs(period, nowMs),
  )
  assert.deepEqual(starts, [nowMs, at(7, 19), at(7, 17), at(7, 1), at(6, 1), at(0, 1), undefined])
})

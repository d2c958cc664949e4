/** Budgets of the configuration, as the ledger counts them. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { declaredBudgets } from './budgets.ts'

test('the watch for drift has a hard budget of each day, and is told of before it is used up', () => {
  const config = { budgets: [], keys: [], drift: { maxUsdPerDay: 2 } } as unknown as Parameters<
    typeof declaredBudgets
  >[0]
  const [budget] = declaredBudgets(config)
  assert.ok(budget)
  assert.deepEqual([budget.isHard, budget.period, budget.capNanoUsd], [true, 'day', 2_000_000_000])
  assert.deepEqual(budget.alertAt, [0.8, 1], 'shares of the cap')
})

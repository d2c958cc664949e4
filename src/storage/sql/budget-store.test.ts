/** Budgets come back as they were made, replaced where they were changed, and are removed by their own organisation. */

import assert from 'node:assert/strict'
import { testStore } from '../../../test/support/databases.ts'
import type { Budget } from '../../ledger/port.ts'
import { createBudgetStore } from './budget-store.ts'

const budget: Budget = {
  id: 'budget_1',
  org: 'default',
  scope: 'user',
  subject: 'zoë',
  capNanoUsd: 9_000_000_000_000_001,
  period: 'month',
  isRolling: true,
  isHard: false,
  alertAt: [0.5, 1],
  fallback: 'cheap',
  origin: 'stored',
}

testStore('budgets are kept, replaced and removed', async (database) => {
  const store = createBudgetStore(database)
  assert.deepEqual(await store.all(), [])
  await store.put(budget, 1)
  const { subject: _, fallback: __, ...each } = { ...budget, id: 'budget_2' }
  await store.put(each, 2)
  assert.deepEqual(await store.all(), [budget, each])
  await store.put({ ...budget, capNanoUsd: 5 }, 3)
  assert.deepEqual(await store.all(), [{ ...budget, capNanoUsd: 5 }, each])
  assert.equal(await store.remove('other', 'budget_1'), false)
  assert.equal(await store.remove('default', 'budget_1'), true)
  assert.equal(await store.remove('default', 'budget_1'), false)
  assert.deepEqual(await store.all(), [each])
})

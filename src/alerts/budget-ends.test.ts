/** An alert on a budget is over with its period or with its reason, and not before. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../core/json.ts'
import type { Alert } from './alert.ts'
import { type BudgetNow, endedBudgets } from './budget-ends.ts'

const endMs = Date.UTC(2026, 11, 1)
const detail = {
  budget: 'b',
  subject: 'ada',
  subject_id: 'user_1',
  share: 0.8,
  cap_usd: '20',
  is_refusing: false,
  period_ends_at: new Date(endMs).toISOString(),
}

async function isOver(
  given: {
    readonly detail?: JsonObject
    readonly now?: Partial<BudgetNow> | 'gone' | 'unknown'
    readonly spent?: number
  },
  atMs = endMs - 1,
): Promise<boolean> {
  const alert = { org: 'default', kind: 'budget', subject: 'b|ada', detail: { ...detail, ...given.detail } }
  const { now = {}, spent = 0 } = given
  const budget =
    typeof now === 'string' ? now : { capUsd: '20', isRolling: false, shareOf: async () => spent, ...now }
  const other = { ...alert, kind: 'drift' }
  const ended = await endedBudgets([alert, other] as unknown as Alert[], atMs, (org, id) => {
    assert.deepEqual([org, id], ['default', 'b'])
    return budget
  })
  assert.ok(ended.every(({ kind }) => kind === 'budget'))
  return ended.length === 1
}

test('it lasts as long as the period, whatever is spent, and ends with it', async () => {
  assert.ok(!(await isOver({ spent: 0 })))
  assert.ok(await isOver({ spent: 0.9 }, endMs))
  assert.ok(!(await isOver({ detail: { is_refusing: true, share: 1 } })))
  assert.ok(await isOver({ detail: { is_refusing: true, share: 1 } }, endMs))
})

test('a budget that is gone has no alert; one that may still be known keeps it', async () => {
  assert.ok(await isOver({ now: 'gone' }))
  assert.ok(!(await isOver({ now: 'unknown' }, endMs)))
})

test('a higher cap ends it where enough is left, and a window that rolls when enough has left it', async () => {
  assert.ok(await isOver({ now: { capUsd: '40' }, spent: 0.79 }))
  assert.ok(!(await isOver({ now: { capUsd: '21' }, spent: 0.8 })))
  assert.ok(!(await isOver({ now: { isRolling: true }, spent: 0.1 })))
  assert.ok(!(await isOver({ now: { isRolling: true }, spent: 0.9 }, endMs)))
  assert.ok(await isOver({ now: { isRolling: true }, spent: 0.7 }, endMs))
})

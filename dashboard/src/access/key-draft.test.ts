/** What a form of a key says is what the admin API is told. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { blankKey, changeOf, draftOf, newKeyOf } from './key-draft.ts'

test('of a new key, what is empty is left out', () => {
  assert.deepEqual(newKeyOf({ ...blankKey, name: 'app' }), { name: 'app' })
  assert.deepEqual(newKeyOf({ ...blankKey, name: 'app', rpm: 60, maxUsd: ' 0.5 ', models: ['a/*'] }), {
    name: 'app',
    models: ['a/*'],
    limits: { rpm: 60 },
    max_usd_per_request: '0.5',
  })
})

test('of a key that is there, what is emptied is taken away and what is not shown stays', () => {
  const key = {
    id: 'k',
    name: 'app',
    source: 'store',
    status: 'active',
    team: 't',
    limits: { rpm: 60, max_wait_ms: 500 },
    expires_at: '2031-05-06T07:08:00.000Z',
  } as const
  const draft = draftOf(key)
  assert.deepEqual(changeOf({ ...draft, team: '', rpm: '' }, key), {
    name: 'app',
    team: null,
    user: null,
    models: null,
    expires_at: '2031-05-06T07:08:00.000Z',
    limits: { max_wait_ms: 500 },
    max_usd_per_request: null,
    allowed_addresses: null,
    budgets: null,
  })
})

test('a budget is made hard, one that is there stays as it is but for what the form says, several stay', () => {
  const made = newKeyOf({ ...blankKey, name: 'app', budgetUsd: ' 20 ', addresses: ['10.0.0.0/8'] })
  assert.deepEqual(made.budgets, [{ cap: 'hard', alert_at: [0.8, 1], usd: '20', period: 'month' }])
  assert.deepEqual(made.allowed_addresses, ['10.0.0.0/8'])
  const soft = { usd: '5', period: 'day', window: 'rolling', cap: 'soft', alert_at: [] } as const
  const key = { id: 'k', name: 'app', source: 'store', status: 'active' } as const
  const one = { ...key, budgets: [{ ...soft, alert_at: [...soft.alert_at] }] }
  assert.deepEqual(changeOf({ ...draftOf(one), budgetUsd: '6' }, one).budgets, [{ ...soft, usd: '6' }])
  const several = { ...key, budgets: [...one.budgets, ...one.budgets] }
  assert.equal('budgets' in changeOf(draftOf(several), several), false)
})

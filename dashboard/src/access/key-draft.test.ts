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
  assert.deepEqual(changeOf({ ...draft, team: '', rpm: '' }, key.limits), {
    name: 'app',
    team: null,
    user: null,
    models: null,
    expires_at: '2031-05-06T07:08:00.000Z',
    limits: { max_wait_ms: 500 },
    max_usd_per_request: null,
  })
})

/** Keys, teams and users come back as they were written; changes are numbered, and none is overwritten unseen. */

import assert from 'node:assert/strict'
import { testStore } from '../../../test/support/databases.ts'
import type { StoredKey, StoredTeam, StoredUser } from '../../access/port.ts'
import { createAccessStore } from './access-store.ts'

const common = { org: 'default', seq: 0, createdAtMs: 1_700_000_000_000, metadata: { cost_centre: '4711' } }

const key = (id: string, given: Partial<StoredKey> = {}): StoredKey => ({
  ...common,
  id,
  name: 'Zoë',
  secretHash: 'ab'.repeat(32),
  previous: { secretHash: 'cd'.repeat(32), untilMs: 5 },
  expiresAtMs: 1_900_000_000_000,
  team: 'team_1',
  rules: { models: ['openai/*'], maxNanoUsdPerRequest: 250_000_000, limits: { rpm: 60 } },
  ...given,
})
const team: StoredTeam = { ...common, id: 'team_1', name: 'search', markupBasisPoints: 250, creditNanoUsd: 7 }
const user: StoredUser = { ...common, id: 'user_1', name: 'Ada', email: 'ada@example.com', team: 'team_1' }

testStore('what is written together comes back together, under one number', async (database) => {
  const store = createAccessStore(database)
  const { seq: before, ...nothing } = await store.changedSince(0)
  assert.deepEqual(nothing, { keys: [], teams: [], users: [] })
  const seq = await store.write({ keys: [key('a')], teams: [team], users: [user] })
  assert.ok(seq !== undefined && seq > before)
  assert.deepEqual(await store.changedSince(before), {
    seq,
    keys: [{ ...key('a'), seq }],
    teams: [{ ...team, seq }],
    users: [{ ...user, seq }],
  })
  const later = await store.write({ keys: [key('b')] })
  assert.deepEqual(await store.changedSince(seq), {
    seq: later,
    keys: [{ ...key('b'), seq: later }],
    teams: [],
    users: [],
  })
})

testStore(
  'a row that has changed meanwhile, or an id that exists, stops the whole change',
  async (database) => {
    const store = createAccessStore(database)
    const first = (await store.write({ keys: [key('a')] }))!
    const second = (await store.write({ keys: [key('a', { seq: first, revokedAtMs: 9 })] }))!
    assert.ok(second > first)
    const stale = key('a', { seq: first, name: 'stale' })
    assert.equal(await store.write({ keys: [key('c'), stale] }), undefined)
    assert.equal(await store.write({ keys: [key('a')] }), undefined)
    assert.equal(await store.write({ keys: [key('a', { seq: second, org: 'other' })] }), undefined)
    const { keys, seq } = await store.changedSince(0)
    assert.equal(seq, second)
    assert.deepEqual(keys, [key('a', { seq: second, revokedAtMs: 9 })])
  },
)

/** Payloads over each kind of database: found by all that they can be found by, pruned by age and size, forgotten by user. */

import assert from 'node:assert/strict'
import { testStore } from '../../../test/support/databases.ts'
import type { SealedPayload } from '../../payloads/port.ts'
import { createPayloadStore } from './payload-store.ts'

const payload = (n: number, given: Partial<SealedPayload> = {}): SealedPayload => ({
  id: `req_${String(n).padStart(3, '0')}`,
  org: 'default',
  atMs: 1_000 + n,
  dialect: 'openai-chat',
  requestedModel: 'assistant',
  keyId: 'weir_k',
  keyName: 'k',
  tags: [],
  status: 200,
  keyVersion: 1,
  bytes: 3,
  sealed: Buffer.from('abc'),
  ...given,
})

const ids = ({ data }: { readonly data: readonly { readonly id: string }[] }) => data.map(({ id }) => id)

testStore('payloads are found page by page, by whatever they are looked for', async (database) => {
  const store = createPayloadStore(database)
  await store.insert([
    payload(1, { route: 'a', model: 'm', provider: 'p', tags: ['x', '100%'], user: 'ada', session: 's' }),
    payload(2, { route: 'b', tags: ['xy', 'a"b'], keyName: 'other', keyId: 'weir_o' }),
    payload(3, { atMs: 1_002 }),
    payload(4, { org: 'another' }),
  ])
  await store.insert([payload(1, { route: 'changed' })])
  const all = { org: 'default', limit: 10 }
  assert.deepEqual(ids(await store.search(all)), ['req_003', 'req_002', 'req_001'])
  const first = await store.search({ ...all, limit: 1 })
  const second = await store.search({ ...all, limit: 1, cursor: first.nextCursor! })
  const third = await store.search({ ...all, limit: 1, cursor: second.nextCursor! })
  assert.deepEqual([first, second, third].flatMap(ids), ['req_003', 'req_002', 'req_001'])
  assert.equal(third.nextCursor, undefined)
  for (const [query, found] of [
    [{ route: 'a' }, ['req_001']],
    [{ model: 'm' }, ['req_001']],
    [{ tag: 'x' }, ['req_001']],
    [{ tag: '100%' }, ['req_001']],
    [{ tag: '%' }, []],
    [{ tag: 'a"b' }, ['req_002']],
    [{ key: 'weir_o' }, ['req_002']],
    [{ key: 'other' }, ['req_002']],
    [{ user: 'ada', session: 's' }, ['req_001']],
    [{ fromMs: 1_002 }, ['req_003', 'req_002']],
    [{ toMs: 1_002 }, ['req_001']],
  ] as const) {
    assert.deepEqual(ids(await store.search({ ...all, ...query })), found, JSON.stringify(query))
  }
  assert.deepEqual((await store.get('default', 'req_001'))?.tags, ['x', '100%'])
  assert.equal(await store.get('another', 'req_001'), undefined)
  await assert.rejects(store.search({ ...all, cursor: "1' or 1" }), { code: 'invalid_request' })
})

testStore('the oldest go first, by age and then while all take too much space', async (database) => {
  const store = createPayloadStore(database)
  await store.insert([1, 2, 3, 4, 5].map((n) => payload(n, { bytes: 10 })))
  const bounds = { olderThanMs: 1_003, maxBytes: 25 }
  assert.equal(await store.prune(bounds, 1), 1)
  assert.equal(await store.prune(bounds, 10), 1)
  assert.equal(await store.prune(bounds, 1), 1)
  assert.equal(await store.prune(bounds, 1), 0)
  assert.deepEqual(ids(await store.search({ org: 'default', limit: 10 })), ['req_005', 'req_004'])
})

testStore("a user's payloads are deleted, and no others", async (database) => {
  const store = createPayloadStore(database)
  await store.insert([
    payload(1, { user: 'ada' }),
    payload(2, { user: 'bob' }),
    payload(3, { keyId: 'of-ada' }),
    payload(4, { user: 'ada', org: 'another' }),
  ])
  assert.equal(await store.forget('default', { user: 'ada', keyIds: ['of-ada'] }), 2)
  assert.equal(await store.forget('default', { user: 'ada', keyIds: [] }), 0)
  assert.deepEqual(ids(await store.search({ org: 'default', limit: 10 })), ['req_002'])
  assert.deepEqual(ids(await store.search({ org: 'another', limit: 10 })), ['req_004'])
})

testStore('names that no text of PostgreSQL can hold lose nothing but the character', async (database) => {
  const store = createPayloadStore(database)
  const names = { requestedModel: 'p/m\0', model: 'm\0', user: 'a\0da', session: 's\0' }
  await store.insert([payload(1, names), payload(2)])
  const { data } = await store.search({ org: 'default', limit: 10, user: 'a\0da', model: 'm\0' })
  assert.deepEqual(
    data.map(({ id, requestedModel, user, session }) => ({ id, requestedModel, user, session })),
    [{ id: 'req_001', requestedModel: 'p/m\ufffd', user: 'a\ufffdda', session: 's\ufffd' }],
  )
  assert.equal(await store.forget('default', { user: 'a\0da', keyIds: [] }), 1)
})

/** Feedback as it is kept: one word for each key and request, counted once, whoever finds the request. */

import assert from 'node:assert/strict'
import { testStore } from '../../../test/support/databases.ts'
import { createFeedbackStore } from './feedback-store.ts'

const said = { org: 'default', requestId: 'req_1', keyId: 'key-1', atMs: 1_000, score: 0.5 }
const subject = { route: 'assistant', experiment: { name: 'e1', arm: 'new', unit: 'u' } }

testStore('a second word takes the place of the first, and tells what was counted', async (database) => {
  const store = createFeedbackStore(database)
  assert.deepEqual(await store.put(said, subject), { before: undefined })
  assert.deepEqual(await store.put({ ...said, atMs: 2_000, score: 1, label: 'good' }, subject), {
    before: 0.5,
  })
  const { comment: _, ...told } = { ...said, atMs: 2_000, score: 1, label: 'good', subject, comment: '' }
  assert.deepEqual((await store.list({ org: 'default', limit: 10 })).data, [told])
  assert.deepEqual((await store.list({ org: 'other', limit: 10 })).data, [])
})

testStore('what waits is matched once', async (database) => {
  const store = createFeedbackStore(database)
  await store.put(said, undefined)
  assert.deepEqual(await store.waiting(0, 10), [said])
  assert.deepEqual(await store.waiting(1_001, 10), [])
  assert.deepEqual(await store.match(said, subject), { before: undefined })
  assert.equal(await store.match(said, subject), undefined)
  assert.deepEqual(await store.waiting(0, 10), [])
  assert.deepEqual(await store.put({ ...said, atMs: 3_000, score: 0 }, undefined), { before: 0.5 })
  // The one that came first is not there any more.
  assert.equal(await store.match(said, subject), undefined)
  assert.deepEqual(await store.match({ ...said, atMs: 3_000, score: 0 }, subject), { before: 0.5 })
})

testStore('pages hold each once, and what is old or was never found goes', async (database) => {
  const store = createFeedbackStore(database)
  for (let n = 0; n < 7; n++) {
    await store.put(
      { ...said, requestId: `req_${n}`, atMs: Math.floor(n / 2) },
      n === 6 ? undefined : subject,
    )
  }
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await store.list({ org: 'default', limit: 3, ...(cursor !== undefined && { cursor }) })
    seen.push(...page.data.map(({ requestId }) => requestId))
    cursor = page.nextCursor
  } while (cursor !== undefined)
  assert.deepEqual(seen, ['req_6', 'req_5', 'req_4', 'req_3', 'req_2', 'req_1', 'req_0'])
  assert.equal((await store.list({ org: 'default', route: 'assistant', limit: 10 })).data.length, 6)
  await store.discard({ ...said, requestId: 'req_5' })
  assert.equal((await store.list({ org: 'default', requestId: 'req_5', limit: 10 })).data.length, 1)
  await store.prune({ olderThanMs: 1, waitingSinceMs: 4 })
  const left = (await store.list({ org: 'default', limit: 10 })).data.map(({ requestId }) => requestId)
  assert.deepEqual(left, ['req_5', 'req_4', 'req_3', 'req_2'])
})

testStore('what was said of forgotten requests and by forgotten keys goes', async (database) => {
  const store = createFeedbackStore(database)
  await store.put(said, subject)
  await store.put({ ...said, requestId: 'req_2', keyId: 'key-2' }, undefined)
  await store.put({ ...said, requestId: 'req_3' }, subject)
  await store.put({ ...said, org: 'other' }, subject)
  assert.equal(await store.forget('default', { requestIds: ['req_1', 'req_9'], keyIds: ['key-2'] }), 2)
  assert.equal(await store.forget('default', { requestIds: [], keyIds: [] }), 0)
  const left = (await store.list({ org: 'default', limit: 10 })).data.map(({ requestId }) => requestId)
  assert.deepEqual(left, ['req_3'])
  assert.equal((await store.list({ org: 'other', limit: 10 })).data.length, 1)
})

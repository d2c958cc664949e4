/** Comparisons as they are kept: newest first, with what they cost by all instances. */

import assert from 'node:assert/strict'
import { testStore } from '../../../test/support/databases.ts'
import type { Comparison } from '../../shadow/port.ts'
import { createShadowStore } from './shadow-store.ts'

const comparison = (n: number): Comparison => ({
  org: 'default',
  id: `req_${n}`,
  requestId: `of_${n}`,
  route: 'assistant',
  target: 'b/new',
  atMs: n * 1_000,
  primary: { status: 'answered', durationMs: 1.5, length: 3 },
  shadow: { status: 'failed', durationMs: 2, length: 0, code: 'upstream_error' },
  spentNanoUsd: 10,
  likeness: 0.25,
})

testStore('comparisons come back as they were, page by page, and go when they are old', async (database) => {
  const store = createShadowStore(database)
  for (const n of [1, 2, 3]) await store.add(comparison(n))
  await store.add(comparison(3))
  const query = { org: 'default', route: 'assistant' }
  const page = await store.list({ ...query, limit: 2 })
  assert.deepEqual(page, { data: [comparison(3), comparison(2)], nextCursor: 'req_2' })
  assert.deepEqual((await store.list({ ...query, limit: 2, cursor: 'req_2' })).data, [comparison(1)])
  assert.deepEqual((await store.list({ ...query, target: 'c/other', limit: 2 })).data, [])
  assert.equal(await store.spentSince('default', 'assistant', 'b/new', 2_000), 20)
  assert.equal(await store.spentSince('default', 'assistant', 'c/other', 0), 0)
  await store.add({ ...comparison(9), route: 'clerk' })
  assert.deepEqual(await store.routes('default'), ['assistant', 'clerk'])
  assert.deepEqual(await store.routes('other'), [])
  await store.prune('default', 'assistant', 'b/new', 3_000)
  assert.deepEqual((await store.list({ ...query, limit: 9 })).data, [comparison(3)])
})

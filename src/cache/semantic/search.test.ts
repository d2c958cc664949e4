/** The index forgets what was used longest ago before its partitions fill the memory. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSemanticSearch } from './search.ts'

test('conversations, each a partition of its own, do not add up without end', async (t) => {
  const search = createSemanticSearch()
  t.after(() => search.close())
  const vector = Float32Array.of(1, 0, 0)
  const name = (n: number) => `conversation ${n}`
  const isThere = async (n: number) =>
    (await search.search({ partition: name(n), text: 'hello', vector, threshold: 0.9 })).found !== undefined
  for (let n = 0; n < 1_500; n++) {
    search.add({
      partition: name(n),
      key: 'k',
      text: 'hello',
      vector,
      maxEntries: 1_000,
      expiresAtMs: Infinity,
    })
    if (n === 800) assert.equal(await isThere(0), true)
  }
  assert.deepEqual(await Promise.all([0, 1, 499, 500, 501, 1_499].map(isThere)), [
    true,
    false,
    false,
    false,
    true,
    true,
  ])
})

test('replies reach whoever asked, in whatever number they wait', async (t) => {
  const search = createSemanticSearch()
  t.after(() => search.close())
  const vector = Float32Array.of(1, 0, 0)
  const partitions = Array.from({ length: 50 }, (_, n) => `p${n}`)
  for (const [n, partition] of partitions.entries()) {
    search.add({ partition, key: `k${n}`, text: 'hello', vector, maxEntries: 10, expiresAtMs: Infinity })
  }
  for (let round = 0; round < 3; round++) {
    const replies = partitions.map((partition) =>
      search.search({ partition, text: 'hello', vector, threshold: 0.9 }),
    )
    const keys = (await Promise.all(replies)).map(({ found }) => found?.key)
    assert.deepEqual(
      keys,
      partitions.map((_, n) => `k${n}`),
    )
  }
})

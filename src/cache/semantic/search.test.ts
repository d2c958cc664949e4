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
      org: 'o',
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
    const question = { key: `k${n}`, text: 'hello', vector, maxEntries: 10, expiresAtMs: Infinity }
    search.add({ org: 'o', partition, ...question })
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

test('the questions of one tenant are dropped, those of others stay', async (t) => {
  const search = createSemanticSearch()
  t.after(() => search.close())
  await search.forget('one') // nothing has been added yet
  const vector = Float32Array.of(1, 0, 0)
  for (const org of ['one', 'two']) {
    for (const partition of [`${org} a`, `${org} b`]) {
      search.add({ org, partition, key: 'k', text: 'hello', vector, maxEntries: 10, expiresAtMs: Infinity })
    }
  }
  await search.forget('one')
  const found = await Promise.all(
    ['one a', 'one b', 'two a', 'two b'].map((partition) =>
      search.search({ partition, text: 'hello', vector, threshold: 0.9 }),
    ),
  )
  assert.deepEqual(
    found.map((choice) => choice.found?.key),
    [undefined, undefined, 'k', 'k'],
  )
})

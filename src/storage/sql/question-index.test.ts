/** The index of questions over pgvector: what is near, what is kept apart, and what cannot be read in the rows. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { sql } from 'kysely'
import { testPostgres } from '../../../test/support/databases.ts'
import type { IndexedQuestion } from '../../cache/port.ts'
import { createIndexedSearch } from '../../cache/semantic/indexed-search.ts'
import type { Clock } from '../../core/clock.ts'
import { seal, unseal } from '../../stored/seal.ts'
import type { Database } from './database.ts'
import { openQuestionIndex } from './question-index.ts'

const dims = 8

/** Undefined, and the test is skipped, where the server has no pgvector. */
async function open(database: Database, t: TestContext) {
  const key = randomBytes(32)
  const clock: Clock & { nowAtMs: number } = {
    nowAtMs: 1_000_000,
    nowMs: () => clock.nowAtMs,
    monotonicMs: () => clock.nowAtMs,
  }
  const sealer = {
    seal: (place: readonly (string | number)[], plain: string) => seal(key, place, plain),
    unseal: (place: readonly (string | number)[], value: Uint8Array) => unseal(key, place, value),
  }
  const available = await sql`select 1 from pg_available_extensions where name = 'vector'`.execute(
    database.kysely,
  )
  if (available.rows.length === 0) return t.skip('the server has no pgvector') as undefined
  return { index: await openQuestionIndex({ database, sealer, clock }), clock }
}

function questionOf(
  key: string,
  vector: readonly number[],
  more: Partial<IndexedQuestion> = {},
): IndexedQuestion {
  const padded = Float32Array.from({ length: dims }, (_, at) => vector[at] ?? 0)
  const text = `What is ${key}?`
  return {
    org: 'o',
    partition: 'p',
    key,
    text,
    vector: padded,
    expiresAtMs: 2_000_000,
    maxEntries: 1000,
    ...more,
  }
}

testPostgres('the nearest come first, of their partition and length only', async (database, t) => {
  const { index } = (await open(database, t)) ?? {}
  if (!index) return
  await index.add(questionOf('near', [1, 0.1]))
  await index.add(questionOf('far', [0, 1]))
  await index.add(questionOf('exact', [2, 0]))
  await index.add(questionOf('foreign', [1, 0], { partition: 'q' }))
  await index.add(questionOf('longer', [], { vector: new Float32Array(16).fill(1) }))
  const vector = questionOf('', [1, 0]).vector
  const found = await index.nearest('p', vector, 2)
  assert.deepEqual(
    found.map(({ key, text }) => [key, text]),
    [
      ['exact', 'What is exact?'],
      ['near', 'What is near?'],
    ],
  )
  assert.ok(Math.abs(found[0]!.similarity - 1) < 1e-3)
  assert.ok(Math.abs(found[1]!.similarity - 1 / Math.sqrt(1.01)) < 1e-3)
  assert.equal((await index.nearest('nowhere', vector, 5)).length, 0)
  // Again under its key, it is moved, not doubled.
  await index.add(questionOf('near', [0, 1]))
  await index.remove('p', 'exact')
  const moved = await index.nearest('p', vector, 5)
  assert.deepEqual(moved.map(({ key }) => key).toSorted(), ['far', 'near'])
})

testPostgres(
  'what has expired is not found, and goes; the oldest go beyond the bound',
  async (database, t) => {
    const { index, clock } = (await open(database, t)) ?? {}
    if (!index || !clock) return
    await index.add(questionOf('short', [1], { expiresAtMs: 1_000_100 }))
    clock.nowAtMs += 100
    assert.deepEqual(await index.nearest('p', questionOf('', [1]).vector, 5), [])
    for (let n = 0; n < 250; n++) {
      clock.nowAtMs++
      await index.add(questionOf(`q${n}`, [1, n / 100], { maxEntries: 20 }))
    }
    const { rows } = await sql<{ key: string }>`select key from cache_questions`.execute(database.kysely)
    const keys = new Set(rows.map(({ key }) => key))
    assert.ok(
      keys.size < 250 && !keys.has('short') && !keys.has('q0') && keys.has('q249'),
      `${keys.size} rows`,
    )
  },
)

testPostgres(
  'no word of a question stands in its row, and one that was moved is not read',
  async (database, t) => {
    const { index } = (await open(database, t)) ?? {}
    if (!index) return
    await index.add(questionOf('canary', [1]))
    const rows = await sql<{
      row: string
    }>`select encode(question, 'escape') as row from cache_questions`.execute(database.kysely)
    assert.equal(rows.rows.length, 1)
    assert.doesNotMatch(rows.rows[0]!.row, /canary/)
    await sql`update cache_questions set key = 'other'`.execute(database.kysely)
    assert.deepEqual(await index.nearest('p', questionOf('', [1]).vector, 5), [])
  },
)

testPostgres('the guards hold over the index as they do in memory', async (database, t) => {
  const { index } = (await open(database, t)) ?? {}
  if (!index) return
  const faults: unknown[] = []
  const search = createIndexedSearch(index, (cause) => faults.push(cause))
  await index.add(questionOf('on', [1], { text: 'How do I enable 2FA on GitHub?' }))
  const { vector, partition } = questionOf('', [1, 0.01])
  const look = (text: string) => search.search({ partition, text, vector, threshold: 0.9 })
  assert.equal((await look('How can I turn on 2FA on GitHub?')).found?.key, 'on')
  assert.equal((await look('How do I disable 2FA on GitHub?')).refused, 'opposite')
  assert.deepEqual(await search.search({ partition, text: 'x', vector, threshold: 1 }), {})
  assert.deepEqual(faults, [])
})

testPostgres(
  'the questions of one tenant go, those of others stay; an older table is taken over',
  async (database, t) => {
    const { index } = (await open(database, t)) ?? {}
    if (!index) return
    await index.add(questionOf('hers', [1]))
    await index.add(questionOf('theirs', [1], { org: 'other', partition: 'q' }))
    await index.forget('o')
    const { vector } = questionOf('', [1])
    assert.deepEqual(await index.nearest('p', vector, 5), [])
    assert.equal((await index.nearest('q', vector, 5)).length, 1)
    // Before tenants were named.
    await sql`alter table cache_questions drop column org`.execute(database.kysely)
    const { index: later } = (await open(database, t))!
    await later.add(questionOf('new', [1]))
    const { rows } = await sql<{ org: string }>`select org from cache_questions`.execute(database.kysely)
    assert.deepEqual(rows, [{ org: 'o' }])
  },
)

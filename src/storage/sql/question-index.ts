/** Questions and their vectors in PostgreSQL, by its extension pgvector. The words are ciphertext here. */

import { type Kysely, sql, type Transaction } from 'kysely'
import type { IndexedQuestion, NearQuestion, QuestionIndex } from '../../cache/port.ts'
import type { Clock } from '../../core/clock.ts'
import type { Database } from './database.ts'

interface QuestionRow {
  readonly org: string
  readonly partition: string
  readonly key: string
  readonly dims: number
  readonly vector: string
  readonly question: Uint8Array
  readonly expires_at_ms: number
  readonly added_at_ms: number
}

type QuestionTables = { readonly cache_questions: QuestionRow }

/** Encrypts for one place. */
export interface WordSealer {
  seal(place: readonly (string | number)[], plain: string): Uint8Array
  /** Undefined: it was not sealed so, or has been changed. */
  unseal(place: readonly (string | number)[], sealed: Uint8Array): string | undefined
}

export interface QuestionIndexParts {
  readonly database: Database
  readonly sealer: WordSealer
  readonly clock: Clock
}

/** Every so many additions, what has expired or is one too many goes. */
const tidyEvery = 200
/** The longest vectors that pgvector indexes in 16-bit floats; longer ones are compared one by one. */
const maxIndexedDims = 4000
/** Settings that let an index scan go on until enough rows of the partition are found. */
const iterativeScanFrom = [0, 8] as const

/**
 * Makes the extension and the table where they are missing. They are no migration: a database that no semantic cache
 * uses need not have pgvector. Throws where it cannot be had.
 */
export async function openQuestionIndex({
  database,
  sealer,
  clock,
}: QuestionIndexParts): Promise<QuestionIndex> {
  const db = database.kysely.withTables<QuestionTables>()
  const canIterate = await prepare(db)
  const indexed = new Set<number>()
  let added = 0

  /** Each length of vectors has an index of its own: it must know the length. */
  async function ensureIndex(dims: number): Promise<void> {
    if (indexed.has(dims) || dims > maxIndexedDims) return
    const name = sql.ref(`cache_questions_near_${dims}`)
    const type = sql.raw(`halfvec(${dims})`)
    await sql`create index if not exists ${name} on cache_questions
      using hnsw ((vector::${type}) halfvec_cosine_ops) where dims = ${sql.lit(dims)}`.execute(db)
    indexed.add(dims)
  }

  async function tidy(partition: string, maxEntries: number): Promise<void> {
    await db.deleteFrom('cache_questions').where('expires_at_ms', '<=', clock.nowMs()).execute()
    await sql`delete from cache_questions where partition = ${partition} and key in (
      select key from cache_questions where partition = ${partition}
      order by added_at_ms desc, key offset ${maxEntries})`.execute(db)
  }

  const placeOf = (partition: string, key: string) => [partition, 'cache_questions', 'question', key]

  return {
    async add({ org, partition, key, text, vector, expiresAtMs, maxEntries }: IndexedQuestion) {
      const dims = vector.length
      await ensureIndex(dims)
      const question = sealer.seal(placeOf(partition, key), text)
      const row = { dims, question, expires_at_ms: expiresAtMs, added_at_ms: clock.nowMs() }
      const literal = sql<string>`${toText(vector)}::vector`
      await db
        .insertInto('cache_questions')
        .values({ org, partition, key, vector: literal, ...row })
        .onConflict((conflict) =>
          conflict.columns(['partition', 'key']).doUpdateSet({ vector: literal, ...row }),
        )
        .execute()
      if (++added % tidyEvery === 0) await tidy(partition, maxEntries)
    },
    async remove(partition, key) {
      await db
        .deleteFrom('cache_questions')
        .where('partition', '=', partition)
        .where('key', '=', key)
        .execute()
    },
    async forget(org) {
      await db.deleteFrom('cache_questions').where('org', '=', org).execute()
    },
    async nearest(partition, vector, limit) {
      const rows = await database.transaction(async (transaction) => {
        const inside = transaction as Transaction<QuestionTables>
        // The neighbours of all partitions are in one index: it is read on until enough are of this one.
        if (canIterate) await sql`set local hnsw.iterative_scan = strict_order`.execute(inside)
        return nearestRows(inside, { partition, vector, limit, nowMs: clock.nowMs() })
      })
      return rows.flatMap(({ key, question, distance }): NearQuestion[] => {
        const text = sealer.unseal(placeOf(partition, key), question)
        return text === undefined ? [] : [{ key, text, similarity: 1 - Number(distance) }]
      })
    },
  }
}

interface NearRow {
  readonly key: string
  readonly question: Uint8Array
  readonly distance: number
}

async function nearestRows(
  db: Kysely<QuestionTables>,
  of: {
    readonly partition: string
    readonly vector: Float32Array
    readonly limit: number
    readonly nowMs: number
  },
): Promise<readonly NearRow[]> {
  const { partition, vector, limit, nowMs } = of
  const dims = vector.length
  const type = sql.raw(dims > maxIndexedDims ? 'vector' : `halfvec(${dims})`)
  const { rows } =
    await sql<NearRow>`select key, question, vector::${type} <=> ${toText(vector)}::${type} as distance
    from cache_questions
    where partition = ${partition} and dims = ${sql.lit(dims)} and expires_at_ms > ${nowMs}
    order by vector::${type} <=> ${toText(vector)}::${type} limit ${limit}`.execute(db)
  return rows
}

/** True where an index scan can be told to go on. */
async function prepare(db: Kysely<QuestionTables>): Promise<boolean> {
  await sql`create extension if not exists vector`.execute(db)
  await db.schema
    .createTable('cache_questions')
    .ifNotExists()
    .addColumn('org', 'text', (column) => column.notNull())
    .addColumn('partition', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('dims', 'integer', (column) => column.notNull())
    .addColumn('vector', sql`vector`, (column) => column.notNull())
    .addColumn('question', 'bytea', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('added_at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('cache_questions_identity', ['partition', 'key'])
    .execute()
  // The table of a version that did not name tenants: its rows are a cache, and go.
  const named = await sql<{ name: string }>`select column_name as name from information_schema.columns
    where table_schema = current_schema() and table_name = 'cache_questions' and column_name = 'org'`.execute(
    db,
  )
  if (named.rows.length === 0) {
    await db.deleteFrom('cache_questions').execute()
    await sql`alter table cache_questions add column org text not null`.execute(db)
  }
  await db.schema
    .createIndex('cache_questions_by_org')
    .ifNotExists()
    .on('cache_questions')
    .column('org')
    .execute()
  await db.schema
    .createIndex('cache_questions_by_expiry')
    .ifNotExists()
    .on('cache_questions')
    .column('expires_at_ms')
    .execute()
  const { rows } = await sql<{ version: string }>`select extversion as version from pg_extension
    where extname = 'vector'`.execute(db)
  const [major = 0, minor = 0] = (rows[0]?.version ?? '').split('.').map(Number)
  return major > iterativeScanFrom[0] || minor >= iterativeScanFrom[1]
}

/** As pgvector reads it. */
function toText(vector: Float32Array): string {
  return `[${vector.join(',')}]`
}

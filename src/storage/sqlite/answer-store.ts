/** Kept answers in SQLite. */

import type { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import type { AnswerStore, StoredAnswer } from '../../cache/port.ts'
import type { Clock } from '../../core/clock.ts'
import type { AnswerTables } from './answer-migrations.ts'
import { createQueryBuilder } from './kysely.ts'
import { transact } from './open.ts'

const builder = createQueryBuilder<AnswerTables>()
/** An answer that is among the last so many of all to be used need not be marked as used again: one in so many. */
const recentShare = 8
/** How many one step of making room deletes at most. */
const evictStep = 200

const row: AnswerTables['answers'] = {
  org: '',
  key: '',
  destination: '',
  tags: '',
  value: new Uint8Array(0),
  bytes: 0,
  expires_at_ms: 0,
  used: 0,
}

/** The store over a database that `openStore` opened with `answerMigrations`. */
export function createAnswerStore(database: DatabaseSync, maxBytes: number, clock: Clock): AnswerStore {
  const prepare = (query: { compile(): { readonly sql: string } }) => database.prepare(query.compile().sql)
  const answers = builder.selectFrom('answers')
  const ofKey = answers.where('org', '=', '').where('key', '=', '')
  const find = prepare(ofKey.select(['value', 'expires_at_ms', 'used']))
  const upsert = prepare(builder.replaceInto('answers').values(row))
  const touch = prepare(
    builder.updateTable('answers').set({ used: 0 }).where('org', '=', '').where('key', '=', ''),
  )
  const remove = prepare(builder.deleteFrom('answers').where('org', '=', '').where('key', '=', ''))
  const total = prepare(
    answers.select([
      sql<number>`count(*)`.as('entries'),
      sql<number>`coalesce(sum(bytes), 0)`.as('bytes'),
      sql<number>`coalesce(max(used), 0)`.as('used'),
    ]),
  )
  const expired = prepare(builder.deleteFrom('answers').where('expires_at_ms', '<=', 0))
  const evict = prepare(
    builder.deleteFrom('answers').where(
      sql<string>`rowid`,
      'in',
      answers
        .select(sql<string>`rowid`.as('rowid'))
        .orderBy('used')
        .limit(evictStep),
    ),
  )
  const purge = prepare(
    builder
      .deleteFrom('answers')
      .where('org', '=', '')
      .where(sql<boolean>`(? is null or destination = ?)`)
      .where(sql<boolean>`(? is null or exists (select 1 from json_each(tags) where json_each.value = ?))`),
  )

  expired.run(clock.nowMs())
  let { entries, bytes, used } = total.get() as { entries: number; bytes: number; used: number }
  const recount = (): void => {
    ;({ entries, bytes } = total.get() as { entries: number; bytes: number })
  }

  const makeRoom = (): void => {
    recount()
    while (bytes > maxBytes && entries > 0) {
      // The least used go, a step at a time, and the step may be all there is.
      evict.run(Math.min(evictStep, Math.max(1, entries >> 2)))
      recount()
    }
  }

  return {
    get(org, key) {
      const found = find.get(org, key)
      if (found === undefined) return undefined
      const expiresAtMs = Number(found['expires_at_ms'])
      if (expiresAtMs <= clock.nowMs()) {
        remove.run(org, key)
        return undefined
      }
      // A mark is a write: what is in no danger of making room goes without.
      if (used - Number(found['used']) > entries / recentShare) touch.run(++used, org, key)
      return { value: found['value'] as Uint8Array, expiresAtMs }
    },
    set({ org, key, destination, tags, value, expiresAtMs }: StoredAnswer) {
      transact(database, () => {
        upsert.run(org, key, destination, JSON.stringify(tags), value, value.length, expiresAtMs, ++used)
        entries++
        bytes += value.length
        // The sums ignore what was replaced: they are only ever too high, and counted anew before anything goes.
        if (bytes > maxBytes) makeRoom()
      })
    },
    remove(org, key) {
      remove.run(org, key)
    },
    purge(org, { destination = null, tag = null }) {
      const { changes } = purge.run(org, destination, destination, tag, tag)
      recount()
      return Number(changes)
    },
    size() {
      recount()
      return { entries, bytes }
    },
  }
}

/** Stored responses in SQLite. */

import type { DatabaseSync } from 'node:sqlite'
import type { SealedResponse, StoredResponseStore } from '../../stored/port.ts'
import { createQueryBuilder } from './kysely.ts'

interface StoredResponseRow {
  readonly org: string
  readonly key_id: string
  readonly id: string
  readonly created_at_ms: number
  readonly expires_at_ms: number
  readonly conversation: Uint8Array
  readonly answer: Uint8Array
}

interface StoredResponseTables {
  readonly stored_responses: StoredResponseRow
}

const columns = [
  ...(['org', 'key_id', 'id', 'created_at_ms', 'expires_at_ms'] as const),
  ...(['conversation', 'answer'] as const),
]
const identity = ['org', 'key_id', 'id'] as const

/** The store over a database that `openStore` opened with `migrations`. */
export function createStoredResponseStore(database: DatabaseSync): StoredResponseStore {
  const builder = createQueryBuilder<StoredResponseTables>()
  const prepare = (query: { compile(): { readonly sql: string } }) => database.prepare(query.compile().sql)

  const empty = Object.fromEntries(columns.map((column) => [column, ''])) as unknown as StoredResponseRow
  const put = prepare(
    builder
      .insertInto('stored_responses')
      .values(empty)
      .onConflict((conflict) =>
        conflict.columns(identity).doUpdateSet(({ ref }) => ({
          created_at_ms: ref('excluded.created_at_ms'),
          expires_at_ms: ref('excluded.expires_at_ms'),
          conversation: ref('excluded.conversation'),
          answer: ref('excluded.answer'),
        })),
      ),
  )
  const ofRow = builder.selectFrom('stored_responses').where('org', '=', '')
  const get = prepare(ofRow.where('key_id', '=', '').where('id', '=', '').select(columns))
  const remove = prepare(
    builder
      .deleteFrom('stored_responses')
      .where('org', '=', '')
      .where('key_id', '=', '')
      .where('id', '=', ''),
  )
  const expired = builder
    .selectFrom('stored_responses')
    .select(identity)
    .where('expires_at_ms', '<=', 0)
    .orderBy('expires_at_ms')
    .limit(1)
  const prune = prepare(
    builder
      .deleteFrom('stored_responses')
      .where(({ eb, refTuple }) => eb(refTuple(...identity), 'in', expired.$asTuple(...identity))),
  )

  return {
    put(row) {
      put.run(row.org, row.keyId, row.id, row.createdAtMs, row.expiresAtMs, row.conversation, row.answer)
    },
    get(org, keyId, id) {
      const row = get.get(org, keyId, id) as StoredResponseRow | undefined
      return row && toSealed(row)
    },
    delete: (org, keyId, id) => remove.run(org, keyId, id).changes > 0,
    prune: (nowMs, limit) => Number(prune.run(nowMs, limit).changes),
  }
}

function toSealed(row: StoredResponseRow): SealedResponse {
  return {
    org: row.org,
    keyId: row.key_id,
    id: row.id,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    conversation: row.conversation,
    answer: row.answer,
  }
}

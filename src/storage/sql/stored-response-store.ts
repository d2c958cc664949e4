/** Stored responses in the database. */

import type { SealedResponse, StoredResponseStore } from '../../stored/port.ts'
import type { Database } from './database.ts'

interface StoredResponseRow {
  readonly org: string
  readonly key_id: string
  readonly id: string
  readonly created_at_ms: number
  readonly expires_at_ms: number
  readonly conversation: Uint8Array
  readonly answer: Uint8Array
}

type StoredResponseTables = {
  readonly stored_responses: StoredResponseRow
}

const identity = ['org', 'key_id', 'id'] as const

export function createStoredResponseStore({ kysely }: Database): StoredResponseStore {
  const db = kysely.withTables<StoredResponseTables>()
  return {
    async put(response) {
      await db
        .insertInto('stored_responses')
        .values(toRow(response))
        .onConflict((conflict) =>
          conflict.columns(identity).doUpdateSet(({ ref }) => ({
            created_at_ms: ref('excluded.created_at_ms'),
            expires_at_ms: ref('excluded.expires_at_ms'),
            conversation: ref('excluded.conversation'),
            answer: ref('excluded.answer'),
          })),
        )
        .execute()
    },
    async get(org, keyId, id) {
      const row = await db
        .selectFrom('stored_responses')
        .selectAll()
        .where('org', '=', org)
        .where('key_id', '=', keyId)
        .where('id', '=', id)
        .executeTakeFirst()
      return row && toSealed(row)
    },
    async delete(org, keyId, id) {
      const { numDeletedRows } = await db
        .deleteFrom('stored_responses')
        .where('org', '=', org)
        .where('key_id', '=', keyId)
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      return numDeletedRows > 0
    },
    async prune(nowMs, limit) {
      const expired = db
        .selectFrom('stored_responses')
        .select(identity)
        .where('expires_at_ms', '<=', nowMs)
        .orderBy('expires_at_ms')
        .limit(limit)
      const { numDeletedRows } = await db
        .deleteFrom('stored_responses')
        .where(({ eb, refTuple }) => eb(refTuple(...identity), 'in', expired.$asTuple(...identity)))
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },
  }
}

function toRow(response: SealedResponse): StoredResponseRow {
  return {
    org: response.org,
    key_id: response.keyId,
    id: response.id,
    created_at_ms: response.createdAtMs,
    expires_at_ms: response.expiresAtMs,
    conversation: response.conversation,
    answer: response.answer,
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

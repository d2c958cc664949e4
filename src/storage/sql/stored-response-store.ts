/** Stored responses in the database. */

import type { SealedResponse, StoredResponseStore } from '../../stored/port.ts'
import type { Database } from './database.ts'
import { storable } from './storable.ts'

interface StoredResponseRow {
  readonly org: string
  readonly key_id: string
  readonly id: string
  readonly created_at_ms: number
  readonly expires_at_ms: number
  readonly conversation: Uint8Array
  readonly answer: Uint8Array
  readonly user_id: string | null
}

interface StoredItemRow {
  readonly org: string
  readonly key_id: string
  readonly item_id: string
  readonly response_id: string
}

type StoredResponseTables = {
  readonly stored_responses: StoredResponseRow
  readonly stored_response_items: StoredItemRow
}

const identity = ['org', 'key_id', 'id'] as const

export function createStoredResponseStore({ kysely, transaction }: Database): StoredResponseStore {
  const db = kysely.withTables<StoredResponseTables>()
  return {
    put: (response, itemIds) =>
      transaction(async (given) => {
        const within = given.withTables<StoredResponseTables>()
        await within
          .insertInto('stored_responses')
          .values(toRow(response))
          .onConflict((conflict) =>
            conflict.columns(identity).doUpdateSet(({ ref }) => ({
              created_at_ms: ref('excluded.created_at_ms'),
              expires_at_ms: ref('excluded.expires_at_ms'),
              conversation: ref('excluded.conversation'),
              answer: ref('excluded.answer'),
              user_id: ref('excluded.user_id'),
            })),
          )
          .execute()
        await within
          .deleteFrom('stored_response_items')
          .where('org', '=', response.org)
          .where('key_id', '=', response.keyId)
          .where('response_id', '=', response.id)
          .execute()
        if (itemIds.length === 0) return
        const { org, keyId: key_id, id: response_id } = response
        await within
          .insertInto('stored_response_items')
          .values(itemIds.map((item_id) => ({ org, key_id, item_id, response_id })))
          .execute()
      }),
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
    async getByItem(org, keyId, itemId) {
      const row = await db
        .selectFrom('stored_responses')
        .selectAll('stored_responses')
        .innerJoin('stored_response_items as items', (join) =>
          join
            .onRef('items.org', '=', 'stored_responses.org')
            .onRef('items.key_id', '=', 'stored_responses.key_id')
            .onRef('items.response_id', '=', 'stored_responses.id'),
        )
        .where('items.org', '=', org)
        .where('items.key_id', '=', keyId)
        .where('items.item_id', '=', itemId)
        .orderBy('stored_responses.created_at_ms', 'desc')
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
    async forget(org, { user, keyIds }) {
      const { numDeletedRows } = await db
        .deleteFrom('stored_responses')
        .where('org', '=', org)
        .where(({ eb, or }) =>
          or([
            eb('user_id', '=', storable(user)),
            ...(keyIds.length > 0 ? [eb('key_id', 'in', keyIds)] : []),
          ]),
        )
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
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
    user_id: storable(response.user ?? null),
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
    ...(row.user_id !== null && { user: row.user_id }),
  }
}

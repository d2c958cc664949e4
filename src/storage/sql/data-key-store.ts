/** Wrapped data keys in the database: a table of them for each area that seals with its own. */

import type { DataKeyStore, WrappedKey } from '../../secrets/port.ts'
import type { Database } from './database.ts'

interface KeyRow {
  readonly org: string
  readonly version: number
  readonly wrap_id: string
  readonly wrapped: string
  readonly created_at_ms: number
}

type KeyTables = { readonly secret_data_keys: KeyRow; readonly payload_data_keys: KeyRow }

export function createDataKeyStore({ kysely }: Database, table: keyof KeyTables): DataKeyStore {
  const db = kysely.withTables<KeyTables>()
  return {
    async keys(org) {
      const rows = await db.selectFrom(table).selectAll().where('org', '=', org).orderBy('version').execute()
      return rows.map(({ wrap_id: wrapId, created_at_ms: createdAtMs, ...row }) => ({
        ...row,
        wrapId,
        createdAtMs,
      }))
    },
    async addKey(key) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto(table)
        .values(toKeyRow(key))
        .onConflict((conflict) => conflict.columns(['org', 'version']).doNothing())
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },
    async rewrapKey({ org, version, wrapId, wrapped }) {
      await db
        .updateTable(table)
        .set({ wrap_id: wrapId, wrapped })
        .where('org', '=', org)
        .where('version', '=', version)
        .execute()
    },
  }
}

function toKeyRow({ wrapId, createdAtMs, ...key }: WrappedKey): KeyRow {
  return { ...key, wrap_id: wrapId, created_at_ms: createdAtMs }
}

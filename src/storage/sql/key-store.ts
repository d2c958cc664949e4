/** API keys in the database. */

import type { KeyStore, StoredKey } from '../../access/port.ts'
import type { Database } from './database.ts'

interface KeyRow {
  readonly org: string
  readonly id: string
  readonly name: string
  readonly secret_hash: string
  readonly created_at_ms: number
}

type KeyTables = {
  readonly api_keys: KeyRow
}

export function createKeyStore({ kysely }: Database): KeyStore {
  const db = kysely.withTables<KeyTables>()
  return {
    async all() {
      const rows = await db.selectFrom('api_keys').selectAll().execute()
      return rows.map(toKey)
    },
    async insert(key) {
      await db.insertInto('api_keys').values(toRow(key)).execute()
    },
  }
}

function toRow({ org, id, name, secretHash, createdAtMs }: StoredKey): KeyRow {
  return { org, id, name, secret_hash: secretHash, created_at_ms: createdAtMs }
}

function toKey(row: KeyRow): StoredKey {
  return {
    org: row.org,
    id: row.id,
    name: row.name,
    secretHash: row.secret_hash,
    createdAtMs: row.created_at_ms,
  }
}

/** API keys in SQLite. */

import type { DatabaseSync } from 'node:sqlite'
import type { KeyStore, StoredKey } from '../../access/port.ts'
import { createQueryBuilder } from './kysely.ts'

interface KeyRow {
  readonly org: string
  readonly id: string
  readonly name: string
  readonly secret_hash: string
  readonly created_at_ms: number
}

export interface KeyTables {
  readonly api_keys: KeyRow
}

export function createKeyStore(database: DatabaseSync): KeyStore {
  const builder = createQueryBuilder<KeyTables>()
  const columns = ['org', 'id', 'name', 'secret_hash', 'created_at_ms'] as const
  const list = database.prepare(builder.selectFrom('api_keys').select(columns).compile().sql)
  const insert = database.prepare(
    builder
      .insertInto('api_keys')
      .values({ org: '', id: '', name: '', secret_hash: '', created_at_ms: 0 })
      .compile().sql,
  )
  return {
    all: () => (list.all() as unknown as KeyRow[]).map(toKey),
    insert: (key) => void insert.run(key.org, key.id, key.name, key.secretHash, key.createdAtMs),
  }
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

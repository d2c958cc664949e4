/** Stored secrets and their data keys in the database. Both are ciphertext here. */

import type { SealedSecret, StoredSecretStore, WrappedKey } from '../../secrets/port.ts'
import type { Database } from './database.ts'

interface SecretRow {
  readonly org: string
  readonly name: string
  readonly version: number
  readonly key_version: number
  readonly sealed: Uint8Array
  readonly updated_at_ms: number
}

interface KeyRow {
  readonly org: string
  readonly version: number
  readonly wrap_id: string
  readonly wrapped: string
  readonly created_at_ms: number
}

type SecretTables = {
  readonly stored_secrets: SecretRow
  readonly secret_data_keys: KeyRow
}

export function createSecretStore({ kysely }: Database): StoredSecretStore {
  const db = kysely.withTables<SecretTables>()
  return {
    async list(org) {
      const rows = await db
        .selectFrom('stored_secrets')
        .selectAll()
        .where('org', '=', org)
        .orderBy('name')
        .execute()
      return rows.map(toSecret)
    },
    async find(org, name) {
      const row = await db
        .selectFrom('stored_secrets')
        .selectAll()
        .where('org', '=', org)
        .where('name', '=', name)
        .executeTakeFirst()
      return row && toSecret(row)
    },
    async put(secret, replaces) {
      const row = toRow(secret)
      if (!replaces) {
        const { numInsertedOrUpdatedRows } = await db
          .insertInto('stored_secrets')
          .values(row)
          .onConflict((conflict) => conflict.columns(['org', 'name']).doNothing())
          .executeTakeFirst()
        return numInsertedOrUpdatedRows === 1n
      }
      const { numUpdatedRows } = await db
        .updateTable('stored_secrets')
        .set(row)
        .where('org', '=', secret.org)
        .where('name', '=', secret.name)
        .where('version', '=', replaces.version)
        .where('key_version', '=', replaces.keyVersion)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
    async remove(org, name) {
      const { numDeletedRows } = await db
        .deleteFrom('stored_secrets')
        .where('org', '=', org)
        .where('name', '=', name)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },
    async keys(org) {
      const rows = await db
        .selectFrom('secret_data_keys')
        .selectAll()
        .where('org', '=', org)
        .orderBy('version')
        .execute()
      return rows.map(({ wrap_id: wrapId, created_at_ms: createdAtMs, ...row }) => ({
        ...row,
        wrapId,
        createdAtMs,
      }))
    },
    async addKey(key) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('secret_data_keys')
        .values(toKeyRow(key))
        .onConflict((conflict) => conflict.columns(['org', 'version']).doNothing())
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },
    async rewrapKey({ org, version, wrapId, wrapped }) {
      await db
        .updateTable('secret_data_keys')
        .set({ wrap_id: wrapId, wrapped })
        .where('org', '=', org)
        .where('version', '=', version)
        .execute()
    },
  }
}

function toSecret({ key_version: keyVersion, updated_at_ms: updatedAtMs, ...row }: SecretRow): SealedSecret {
  return { ...row, keyVersion, updatedAtMs }
}

function toRow({ keyVersion, updatedAtMs, ...secret }: SealedSecret): SecretRow {
  return { ...secret, key_version: keyVersion, updated_at_ms: updatedAtMs }
}

function toKeyRow({ wrapId, createdAtMs, ...key }: WrappedKey): KeyRow {
  return { ...key, wrap_id: wrapId, created_at_ms: createdAtMs }
}

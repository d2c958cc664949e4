/** Stored secrets in the database. Their values are ciphertext here. */

import type { SealedSecret, StoredSecretStore } from '../../secrets/port.ts'
import { createDataKeyStore } from './data-key-store.ts'
import type { Database } from './database.ts'

interface SecretRow {
  readonly org: string
  readonly name: string
  readonly version: number
  readonly key_version: number
  readonly sealed: Uint8Array
  readonly updated_at_ms: number
}

type SecretTables = { readonly stored_secrets: SecretRow }

export function createSecretStore(database: Database): StoredSecretStore {
  const db = database.kysely.withTables<SecretTables>()
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
        // No two ciphertexts are alike, but a secret that was removed and stored again has its versions anew.
        .where('sealed', '=', replaces.sealed)
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
    ...createDataKeyStore(database, 'secret_data_keys'),
  }
}

function toSecret({ key_version: keyVersion, updated_at_ms: updatedAtMs, ...row }: SecretRow): SealedSecret {
  return { ...row, keyVersion, updatedAtMs }
}

function toRow({ keyVersion, updatedAtMs, ...secret }: SealedSecret): SecretRow {
  return { ...secret, key_version: keyVersion, updated_at_ms: updatedAtMs }
}

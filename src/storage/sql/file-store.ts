/** What is known of callers' files, in the database. */

import type { FileStore, Owner, StoredFile } from '../../batch/port.ts'
import type { Database } from './database.ts'

interface FileRow {
  readonly id: string
  readonly org: string
  readonly key_id: string
  readonly folder: string
  readonly purpose: string
  readonly filename: string
  readonly bytes: number
  readonly created_at_ms: number
  readonly expires_at_ms: number | null
}

/** Not an interface: Kysely asks for an index signature, which only an alias has. */
type FileTables = { readonly files: FileRow }

export function createFileStore({ kysely }: Database): FileStore {
  const db = kysely.withTables<FileTables>()
  const own = ({ org, keyId }: Owner) =>
    db.selectFrom('files').selectAll().where('org', '=', org).where('key_id', '=', keyId)
  return {
    async put(file) {
      const { id, ...columns } = toRow(file)
      await db
        .insertInto('files')
        .values({ id, ...columns })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(columns))
        .execute()
    },
    async get(owner, id) {
      const row = await own(owner).where('id', '=', id).executeTakeFirst()
      return row && toFile(row)
    },
    async list({ purpose, order, limit, after, ...owner }) {
      let query = own(owner).orderBy('id', order).limit(limit)
      if (purpose !== undefined) query = query.where('purpose', '=', purpose)
      if (after !== undefined) query = query.where('id', order === 'asc' ? '>' : '<', after)
      return (await query.execute()).map(toFile)
    },
    async delete({ org, keyId }, id) {
      const query = db.deleteFrom('files').where('org', '=', org).where('key_id', '=', keyId)
      const { numDeletedRows } = await query.where('id', '=', id).executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
    async totalBytes(org) {
      const query = db.selectFrom('files').select(({ fn }) => fn.sum<number | null>('bytes').as('bytes'))
      return (await query.where('org', '=', org).executeTakeFirst())?.bytes ?? 0
    },
    async expired(folder, nowMs, limit) {
      const query = db.selectFrom('files').selectAll().where('expires_at_ms', '<=', nowMs)
      return (await query.where('folder', '=', folder).limit(limit).execute()).map(toFile)
    },
  }
}

function toRow({ keyId, createdAtMs, expiresAtMs, ...same }: StoredFile): FileRow {
  return { ...same, key_id: keyId, created_at_ms: createdAtMs, expires_at_ms: expiresAtMs ?? null }
}

function toFile({ key_id: keyId, created_at_ms: createdAtMs, expires_at_ms, ...same }: FileRow): StoredFile {
  return { ...same, keyId, createdAtMs, ...(expires_at_ms !== null && { expiresAtMs: expires_at_ms }) }
}

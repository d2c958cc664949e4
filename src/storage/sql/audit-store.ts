/** The audit's chain in the database. Nothing here changes or deletes a record. */

import type { AuditLink, AuditStore } from '../../audit/port.ts'
import type { Database } from './database.ts'

interface RecordRow {
  readonly seq: number
  readonly org: string
  readonly at_ms: number
  readonly actor: string
  readonly action: string
  readonly object: string
  readonly body: string
  readonly previous_hash: string
  readonly hash: string
}

/** Not an interface: Kysely asks for an index signature, which only an alias has. */
type AuditTables = {
  readonly audit_records: RecordRow
  readonly audit_head: { readonly id: number; readonly seq: number; readonly hash: string }
}

export function createAuditStore(database: Database): AuditStore {
  const db = database.kysely.withTables<AuditTables>()
  return {
    append: (next) =>
      database.transaction(async (untyped) => {
        const transaction = untyped.withTables<AuditTables>()
        // Holds the row until the transaction ends: the next writer waits.
        const head = await transaction
          .updateTable('audit_head')
          .set(({ ref }) => ({ seq: ref('seq') }))
          .where('id', '=', 1)
          .returning(['seq', 'hash'])
          .executeTakeFirstOrThrow()
        const link = next(head)
        await transaction.insertInto('audit_records').values(toRow(link)).execute()
        const { seq, hash } = link
        await transaction.updateTable('audit_head').set({ seq, hash }).where('id', '=', 1).execute()
        return link
      }),
    head: () =>
      db.selectFrom('audit_head').select(['seq', 'hash']).where('id', '=', 1).executeTakeFirstOrThrow(),
    async search({ org, action, object, actor, beforeSeq, limit }) {
      let query = db.selectFrom('audit_records').selectAll().where('org', '=', org)
      if (action !== undefined) query = query.where('action', '=', action)
      if (object !== undefined) query = query.where('object', '=', object)
      if (actor !== undefined) query = query.where('actor', '=', actor)
      if (beforeSeq !== undefined) query = query.where('seq', '<', beforeSeq)
      return (await query.orderBy('seq', 'desc').limit(limit).execute()).map(toLink)
    },
    async chain(afterSeq, limit) {
      const query = db.selectFrom('audit_records').selectAll().where('seq', '>', afterSeq)
      return (await query.orderBy('seq').limit(limit).execute()).map(toLink)
    },
  }
}

function toRow({ atMs, previousHash, ...link }: AuditLink): RecordRow {
  return { ...link, at_ms: atMs, previous_hash: previousHash }
}

function toLink({ at_ms: atMs, previous_hash: previousHash, ...row }: RecordRow): AuditLink {
  return { ...row, atMs, previousHash }
}

/** Reconciliations in the database. */

import type { JsonObject } from '../../core/json.ts'
import type { KeptReconciliation, ReconciliationStore } from '../../ledger/port.ts'
import type { Database } from './database.ts'

type ReconciliationTables = {
  readonly reconciliations: {
    readonly org: string
    readonly id: string
    readonly at_ms: number
    readonly provider: string
    readonly actor: string
    readonly found: string
  }
}

type Row = ReconciliationTables['reconciliations']

/** Of each provider. */
const maxKept = 50

export function createReconciliationStore({ kysely }: Database): ReconciliationStore {
  const db = kysely.withTables<ReconciliationTables>()
  return {
    async add({ org, id, atMs, provider, actor, found }) {
      const row: Row = { org, id, at_ms: atMs, provider, actor, found: JSON.stringify(found) }
      await db.insertInto('reconciliations').values(row).execute()
      const ofProvider = db
        .selectFrom('reconciliations')
        .where('org', '=', org)
        .where('provider', '=', provider)
      const newest = ofProvider.select('id').orderBy('at_ms', 'desc').orderBy('id', 'desc').limit(maxKept)
      await db
        .deleteFrom('reconciliations')
        .where('org', '=', org)
        .where('provider', '=', provider)
        .where('id', 'not in', newest)
        .execute()
    },
    async list(org, limit) {
      const rows = await db
        .selectFrom('reconciliations')
        .selectAll()
        .where('org', '=', org)
        .orderBy('at_ms', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(toReconciliation)
    },
    async get(org, id) {
      const query = db.selectFrom('reconciliations').selectAll().where('org', '=', org).where('id', '=', id)
      const row = await query.executeTakeFirst()
      return row && toReconciliation(row)
    },
  }
}

function toReconciliation({ org, id, at_ms: atMs, provider, actor, found }: Row): KeptReconciliation {
  return { org, id, atMs: Number(atMs), provider, actor, found: JSON.parse(found) as JsonObject }
}

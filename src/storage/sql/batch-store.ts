/** Batches in the database: their own rows, and with them all that is kept of their lines. */

import type { Kysely } from 'kysely'
import {
  type Batch,
  type BatchQuery,
  type BatchStore,
  openStatuses,
  singleDialects,
} from '../../batch/port.ts'
import { createBatchClaims } from './batch-claims.ts'
import { heldIsSpent } from './batch-holds.ts'
import { createBatchLeases } from './batch-leases.ts'
import { createBatchLines } from './batch-lines.ts'
import { createBatchResults } from './batch-results.ts'
import { toBatch, toBatchRow, toChangedColumns, toDeliveryRow } from './batch-rows.ts'
import type { BatchTables } from './batch-tables.ts'
import type { Database } from './database.ts'

type OwnRows = 'create' | 'get' | 'list' | 'openSingles' | 'open' | 'change' | 'lead' | 'delete'

export function createBatchStore(database: Database): BatchStore {
  return {
    ...createOwnRows(database),
    ...createBatchLines(database),
    ...createBatchClaims(database),
    ...createBatchLeases(database),
    ...createBatchResults(database),
  }
}

function createOwnRows(database: Database): Pick<BatchStore, OwnRows> {
  const db = database.kysely.withTables<BatchTables>()
  return {
    async create(batch) {
      await db.insertInto('batches').values(toBatchRow(batch)).execute()
    },
    async get(org, id) {
      const query = db.selectFrom('batches').selectAll().where('org', '=', org).where('id', '=', id)
      const row = await query.executeTakeFirst()
      return row && toBatch(row)
    },
    list: (query) => list(db, query),
    async openSingles({ org, keyId }, limit) {
      const rows = await db
        .selectFrom('batches')
        .select('id')
        .where('org', '=', org)
        .where('key_id', '=', keyId)
        .where('status', 'in', openStatuses)
        .where('dialect', 'in', singleDialects)
        .limit(limit)
        .execute()
      return rows.length
    },
    async open(folder) {
      const query = db.selectFrom('batches').selectAll().where('status', 'in', openStatuses)
      return (await query.where('folder', '=', folder).orderBy('id').execute()).map(toBatch)
    },
    change: (...wish) => change(database, ...wish),
    async lead(id, { holder, nowMs, leaseMs }) {
      const row = await db
        .updateTable('batches')
        .set({ leader: holder, led_until_ms: nowMs + leaseMs })
        .where('id', '=', id)
        .where(({ eb, or }) => or([eb('led_until_ms', '<=', nowMs), eb('leader', '=', holder)]))
        .returning('id')
        .executeTakeFirst()
      return row !== undefined
    },
    async delete(id) {
      await db.deleteFrom('batches').where('id', '=', id).execute()
    },
  }
}

async function list(
  db: Kysely<BatchTables>,
  { org, keyId, dialect, status, limit, after, before }: BatchQuery,
): Promise<readonly Batch[]> {
  let query = db.selectFrom('batches').selectAll().where('org', '=', org)
  if (keyId !== undefined) query = query.where('key_id', '=', keyId)
  if (dialect !== undefined) query = query.where('dialect', '=', dialect)
  if (status !== undefined) query = query.where('status', '=', status)
  if (after !== undefined) query = query.where('id', '<', after)
  if (before !== undefined) {
    const behind = await query.where('id', '>', before).orderBy('id', 'asc').limit(limit).execute()
    return behind.map(toBatch).toReversed()
  }
  return (await query.orderBy('id', 'desc').limit(limit).execute()).map(toBatch)
}

function change(
  database: Database,
  ...[id, from, to, receivers]: Parameters<BatchStore['change']>
): Promise<Batch | undefined> {
  return database.transaction(async (untyped) => {
    const transaction = untyped.withTables<BatchTables>()
    const columns = toChangedColumns(to)
    const row = await transaction
      .updateTable('batches')
      .set(to.endedAtMs === undefined ? columns : { ...columns, ...heldIsSpent })
      .where('id', '=', id)
      .where('status', 'in', from)
      .returningAll()
      .executeTakeFirst()
    if (row && receivers && receivers.names.length > 0) {
      const deliveries = receivers.names.map((name) => toDeliveryRow(row, name, receivers.nowMs))
      await transaction.insertInto('batch_deliveries').values(deliveries).execute()
    }
    return row && toBatch(row)
  })
}

/** Ends of batches that somebody is still to be told of, in the database. */

import type { BatchDeliveryStore } from '../../batch/port.ts'
import { toDelivery } from './batch-rows.ts'
import type { BatchTables } from './batch-tables.ts'
import type { Database } from './database.ts'

export function createBatchDeliveryStore({ kysely }: Database): BatchDeliveryStore {
  const db = kysely.withTables<BatchTables>()
  return {
    async claim(nowMs, leaseMs, limit) {
      const due = db.selectFrom('batch_deliveries').select('id').where('due_at_ms', '<=', nowMs)
      const rows = await db
        .updateTable('batch_deliveries')
        .set(({ eb }) => ({ due_at_ms: nowMs + leaseMs, attempts: eb('attempts', '+', 1) }))
        .where('id', 'in', due.orderBy('due_at_ms').limit(limit))
        // Asked again once the row is held: another instance may have taken it.
        .where('due_at_ms', '<=', nowMs)
        .returningAll()
        .execute()
      return rows.map(toDelivery)
    },
    async delivered(id) {
      await db.deleteFrom('batch_deliveries').where('id', '=', id).execute()
    },
    async failed(id, nextAtMs) {
      if (nextAtMs === undefined) await db.deleteFrom('batch_deliveries').where('id', '=', id).execute()
      else
        await db.updateTable('batch_deliveries').set({ due_at_ms: nextAtMs }).where('id', '=', id).execute()
    },
  }
}

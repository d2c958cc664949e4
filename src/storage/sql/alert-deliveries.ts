/** Notices of alerts on their way to channels, in the database. */

import type { Kysely, Transaction } from 'kysely'
import type { Alert, AlertStore, Delivery, Occasion } from '../../alerts/port.ts'

export interface AlertDeliveryRow {
  readonly id: string
  readonly org: string
  readonly alert_id: string
  readonly channel: string
  readonly occasion: string
  readonly attempts: number
  readonly created_at_ms: number
  readonly due_at_ms: number
}

type DeliveryTables = { readonly alert_deliveries: AlertDeliveryRow }

export function createAlertDeliveries(
  db: Kysely<DeliveryTables>,
): Pick<AlertStore, 'claim' | 'delivered' | 'failed'> {
  return {
    async claim(nowMs, leaseMs, limit) {
      const due = db
        .selectFrom('alert_deliveries')
        .select('id')
        .where('due_at_ms', '<=', nowMs)
        .orderBy('due_at_ms')
        .limit(limit)
      const rows = await db
        .updateTable('alert_deliveries')
        .set(({ eb }) => ({ due_at_ms: nowMs + leaseMs, attempts: eb('attempts', '+', 1) }))
        .where('id', 'in', due)
        // Asked again once the row is held: another instance may have taken it.
        .where('due_at_ms', '<=', nowMs)
        .returningAll()
        .execute()
      return rows.map(toDelivery)
    },
    async delivered(id) {
      await db.deleteFrom('alert_deliveries').where('id', '=', id).execute()
    },
    async failed(id, nextAtMs) {
      if (nextAtMs === undefined) await db.deleteFrom('alert_deliveries').where('id', '=', id).execute()
      else {
        const update = db.updateTable('alert_deliveries').set({ due_at_ms: nextAtMs })
        await update.where('id', '=', id).execute()
      }
    },
  }
}

/** Within the transaction that changes the alert, so that no notice is lost between the two. */
export async function enqueue(
  transaction: Transaction<DeliveryTables>,
  { id, org, count }: Alert,
  occasion: Occasion,
  { nowMs, channels }: { readonly nowMs: number; readonly channels: readonly string[] },
): Promise<void> {
  if (channels.length === 0) return
  const rows = channels.map((channel) => ({
    // An alert may get worse twice, and each is told.
    id: `${id}.${occasion}.${count}.${channel}`,
    org,
    alert_id: id,
    channel,
    occasion,
    attempts: 0,
    created_at_ms: nowMs,
    due_at_ms: nowMs,
  }))
  await transaction.insertInto('alert_deliveries').values(rows).execute()
}

function toDelivery(row: AlertDeliveryRow): Delivery {
  const { id, org, alert_id: alertId, channel, occasion, attempts, created_at_ms: createdAtMs } = row
  // The lease of this one is counted already.
  return { id, org, alertId, channel, occasion: occasion as Occasion, attempts: attempts - 1, createdAtMs }
}

/** Alerts and their deliveries in the database. */

import type { Transaction } from 'kysely'
import {
  type Alert,
  type AlertKind,
  type AlertStore,
  type Delivery,
  type MarkStore,
  type Occasion,
  type Resolution,
  severities,
  type Severity,
} from '../../alerts/port.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Database } from './database.ts'

interface AlertRow {
  readonly id: string
  readonly org: string
  readonly kind: string
  readonly subject: string
  readonly severity: string
  readonly summary: string
  readonly detail: string
  readonly count: number
  readonly first_at_ms: number
  readonly last_at_ms: number
  readonly acknowledged_at_ms: number | null
  readonly silenced_until_ms: number | null
  readonly resolved_at_ms: number | null
  readonly open_as: string | null
}

interface DeliveryRow {
  readonly id: string
  readonly org: string
  readonly alert_id: string
  readonly channel: string
  readonly occasion: string
  readonly attempts: number
  readonly created_at_ms: number
  readonly due_at_ms: number
}

/** Not an interface: Kysely asks for an index signature, which only an alias has. */
type AlertTables = {
  readonly alerts: AlertRow
  readonly alert_deliveries: DeliveryRow
}

type MarkTables = {
  readonly alert_marks: { readonly org: string; readonly name: string; readonly value: string }
}

export function createAlertStore(database: Database): AlertStore {
  const db = database.kysely.withTables<AlertTables>()
  return {
    raise(signal, { id, nowMs, channels }) {
      return database.transaction(async (untyped) => {
        const transaction = untyped.withTables<AlertTables>()
        const { org, kind, subject, severity, summary, detail } = signal
        const text = { severity, summary, detail: JSON.stringify(detail) }
        const inserted = await transaction
          .insertInto('alerts')
          .values({
            id,
            org,
            kind,
            subject,
            ...text,
            count: 1,
            first_at_ms: nowMs,
            last_at_ms: nowMs,
            acknowledged_at_ms: null,
            silenced_until_ms: null,
            resolved_at_ms: null,
            open_as: openAs(signal),
          })
          .onConflict((conflict) => conflict.column('open_as').doNothing())
          .returningAll()
          .executeTakeFirst()
        if (inserted) {
          await enqueue(transaction, toAlert(inserted), 'raised', { nowMs, channels })
          return { alert: toAlert(inserted), occasion: 'raised' }
        }
        const before = await transaction
          .selectFrom('alerts')
          .selectAll()
          .where('open_as', '=', openAs(signal))
          .executeTakeFirstOrThrow()
        const isWorse = severities.indexOf(severity) > severities.indexOf(before.severity as Severity)
        const row = await transaction
          .updateTable('alerts')
          .set(({ eb }) => ({
            ...text,
            severity: isWorse ? severity : before.severity,
            count: eb('count', '+', 1),
            last_at_ms: nowMs,
          }))
          .where('id', '=', before.id)
          .returningAll()
          .executeTakeFirstOrThrow()
        if (isWorse && !isSilenced(row, nowMs))
          await enqueue(transaction, toAlert(row), 'escalated', { nowMs, channels })
        return { alert: toAlert(row), occasion: isWorse ? 'escalated' : 'repeated' }
      })
    },
    resolve(what, { nowMs, channels, quietSinceMs = Number.MAX_SAFE_INTEGER }) {
      return database.transaction(async (untyped) => {
        const transaction = untyped.withTables<AlertTables>()
        const row = await transaction
          .updateTable('alerts')
          .set({ resolved_at_ms: nowMs, open_as: null })
          .where('open_as', '=', openAs(what))
          .where('last_at_ms', '<=', quietSinceMs)
          .returningAll()
          .executeTakeFirst()
        if (!row) return undefined
        if (!isSilenced(row, nowMs)) await enqueue(transaction, toAlert(row), 'resolved', { nowMs, channels })
        return toAlert(row)
      })
    },
    async acknowledge(org, id, atMs) {
      const row = await db
        .updateTable('alerts')
        .set(({ fn, val }) => ({
          acknowledged_at_ms: atMs === null ? null : fn.coalesce('acknowledged_at_ms', val(atMs)),
        }))
        .where('org', '=', org)
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst()
      return row && toAlert(row)
    },
    async silence(org, id, untilMs) {
      const row = await db
        .updateTable('alerts')
        .set({ silenced_until_ms: untilMs })
        .where('org', '=', org)
        .where('id', '=', id)
        .where('resolved_at_ms', 'is', null)
        .returningAll()
        .executeTakeFirst()
      return row && toAlert(row)
    },
    async get(org, id) {
      const query = db.selectFrom('alerts').selectAll().where('org', '=', org).where('id', '=', id)
      const row = await query.executeTakeFirst()
      return row && toAlert(row)
    },
    async list({ org, status, kind, limit, before }) {
      let query = db.selectFrom('alerts').selectAll().where('org', '=', org)
      if (status !== undefined)
        query = query.where('resolved_at_ms', status === 'open' ? 'is' : 'is not', null)
      if (kind !== undefined) query = query.where('kind', '=', kind)
      if (before) {
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('first_at_ms', 'id'), '<', tuple(before.firstAtMs, before.id)),
        )
      }
      const rows = await query.orderBy('first_at_ms', 'desc').orderBy('id', 'desc').limit(limit).execute()
      return rows.map(toAlert)
    },
    async open() {
      const rows = await db.selectFrom('alerts').selectAll().where('open_as', 'is not', null).execute()
      return rows.map(toAlert)
    },
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
    async prune(beforeMs) {
      await db.deleteFrom('alerts').where('resolved_at_ms', '<', beforeMs).execute()
    },
  }
}

export function createMarkStore({ kysely }: Database): MarkStore {
  const db = kysely.withTables<MarkTables>()
  return {
    async get(name) {
      const query = db.selectFrom('alert_marks').select('value').where('name', '=', name)
      return (await query.executeTakeFirst())?.value
    },
    async set(name, value) {
      await db
        .insertInto('alert_marks')
        .values({ org: 'default', name, value })
        .onConflict((conflict) => conflict.columns(['org', 'name']).doUpdateSet({ value }))
        .execute()
    },
  }
}

async function enqueue(
  transaction: Transaction<AlertTables>,
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

function isSilenced({ silenced_until_ms: untilMs }: AlertRow, nowMs: number): boolean {
  return untilMs !== null && nowMs < untilMs
}

function openAs({ org, kind, subject }: Resolution): string {
  return JSON.stringify([org, kind, subject])
}

function toAlert(row: AlertRow): Alert {
  const { id, org, kind, subject, severity, summary, detail, count } = row
  return {
    id,
    org,
    kind: kind as AlertKind,
    subject,
    severity: severity as Severity,
    summary,
    detail: JSON.parse(detail) as JsonObject,
    status: row.resolved_at_ms === null ? 'open' : 'resolved',
    count,
    firstAtMs: row.first_at_ms,
    lastAtMs: row.last_at_ms,
    ...(row.acknowledged_at_ms !== null && { acknowledgedAtMs: row.acknowledged_at_ms }),
    ...(row.silenced_until_ms !== null && { silencedUntilMs: row.silenced_until_ms }),
    ...(row.resolved_at_ms !== null && { resolvedAtMs: row.resolved_at_ms }),
  }
}

function toDelivery(row: DeliveryRow): Delivery {
  const { id, org, alert_id: alertId, channel, occasion, attempts, created_at_ms: createdAtMs } = row
  // The lease of this one is counted already.
  return { id, org, alertId, channel, occasion: occasion as Occasion, attempts: attempts - 1, createdAtMs }
}

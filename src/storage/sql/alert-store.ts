/** Alerts in the database. */

import type { Transaction } from 'kysely'
import {
  type Alert,
  type AlertKind,
  type AlertStore,
  type MarkStore,
  type Raised,
  type Resolution,
  severities,
  type Severity,
  type Signal,
} from '../../alerts/port.ts'
import type { JsonObject } from '../../core/json.ts'
import { type AlertDeliveryRow, createAlertDeliveries, enqueue } from './alert-deliveries.ts'
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

/** Not an interface: Kysely asks for an index signature, which only an alias has. */
type AlertTables = {
  readonly alerts: AlertRow
  readonly alert_deliveries: AlertDeliveryRow
}

type MarkTables = {
  readonly alert_marks: { readonly org: string; readonly name: string; readonly value: string }
}

export function createAlertStore(database: Database): AlertStore {
  const db = database.kysely.withTables<AlertTables>()
  return {
    ...createAlertDeliveries(db),
    raise: (signal, given) =>
      database.transaction((transaction) => raise(transaction.withTables<AlertTables>(), signal, given)),
    resolve: (what, given) =>
      database.transaction((transaction) => resolve(transaction.withTables<AlertTables>(), what, given)),
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
    async prune(beforeMs) {
      await db.deleteFrom('alerts').where('resolved_at_ms', '<', beforeMs).execute()
    },
  }
}

/** Opens it, or counts it up where it is open. */
async function raise(
  transaction: Transaction<AlertTables>,
  signal: Signal,
  { id, nowMs, channels }: Parameters<AlertStore['raise']>[1],
): Promise<Raised> {
  const opened = await insert(transaction, signal, id, nowMs)
  if (opened) {
    await enqueue(transaction, opened, 'raised', { nowMs, channels })
    return { alert: opened, occasion: 'raised' }
  }
  const { severity } = signal
  const before = await transaction
    .selectFrom('alerts')
    .selectAll()
    .where('open_as', '=', openAs(signal))
    .executeTakeFirstOrThrow()
  const isWorse = severities.indexOf(severity) > severities.indexOf(before.severity as Severity)
  const row = await transaction
    .updateTable('alerts')
    .set(({ eb }) => ({
      ...wordsOf(signal),
      severity: isWorse ? severity : before.severity,
      count: eb('count', '+', 1),
      last_at_ms: nowMs,
    }))
    .where('id', '=', before.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  const alert = toAlert(row)
  if (isWorse && !isSilenced(row, nowMs)) await enqueue(transaction, alert, 'escalated', { nowMs, channels })
  return { alert, occasion: isWorse ? 'escalated' : 'repeated' }
}

/** Undefined where one of its kind and subject is open. */
async function insert(
  transaction: Transaction<AlertTables>,
  signal: Signal,
  id: string,
  nowMs: number,
): Promise<Alert | undefined> {
  const { org, kind, subject } = signal
  const row = await transaction
    .insertInto('alerts')
    .values({
      id,
      org,
      kind,
      subject,
      ...wordsOf(signal),
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
  return row && toAlert(row)
}

async function resolve(
  transaction: Transaction<AlertTables>,
  what: Resolution,
  { nowMs, channels, quietSinceMs = Number.MAX_SAFE_INTEGER }: Parameters<AlertStore['resolve']>[1],
): Promise<Alert | undefined> {
  const row = await transaction
    .updateTable('alerts')
    .set({ resolved_at_ms: nowMs, open_as: null })
    .where('open_as', '=', openAs(what))
    .where('last_at_ms', '<=', quietSinceMs)
    .returningAll()
    .executeTakeFirst()
  if (!row) return undefined
  const alert = toAlert(row)
  if (!isSilenced(row, nowMs)) await enqueue(transaction, alert, 'resolved', { nowMs, channels })
  return alert
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

function isSilenced({ silenced_until_ms: untilMs }: AlertRow, nowMs: number): boolean {
  return untilMs !== null && nowMs < untilMs
}

function wordsOf({ severity, summary, detail }: Signal) {
  return { severity, summary, detail: JSON.stringify(detail) }
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

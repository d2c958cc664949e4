/** Drops the months of the shared ledger that nobody keeps any more, and keeps of them what sums and budgets need. */

import { sql, type Transaction } from 'kysely'
import { rollupKeys, spansMs } from '../sqlite/rollups.ts'
import type { Database } from './database.ts'
import { valuesOf } from './ledger-rollups.ts'

/** One row, which only grows. `summed_before_ms`: the lines from before it are in `ledger_kept_charges`. */
export const retentionTables = [
  `create table ledger_retention (summed_before_ms bigint not null, dropped_before_ms bigint not null)`,
  `insert into ledger_retention values (0, 0)`,
  // Which of its lines each instance has added, by their numbers in its journal: a line of a dropped month that comes
  // again is known by it.
  `create table ledger_journals (instance text primary key, shipped_seq bigint not null, shipped_at_ms bigint not null)`,
  // What each instance has charged, by the day: budgets that are counted again count it by instance.
  `create table ledger_kept_charges (
    instance text not null,
    kind text not null,
    at_ms bigint not null,
    ${rollupKeys.map((key) => `${key} text not null`).join(', ')},
    key_name text not null,
    charged_nano_usd bigint not null,
    primary key (instance, kind, at_ms, ${rollupKeys.join(', ')})
  )`,
] as const

/** Adds the lines of `source` to what is kept of lines. Whoever runs it holds the lock of those who add lines. */
export function keepCharges(source: string): string {
  return `
    insert into ledger_kept_charges (instance, kind, at_ms, ${rollupKeys.join(', ')}, key_name, charged_nano_usd)
    select instance, kind_of_sum, at_ms - at_ms % ${spansMs.day}, org, value, provider, model, key_id,
      coalesce(team, ''), coalesce(route, ''), max(key_name), sum(charged_nano_usd)
    from (${valuesOf(source)}) as line
    where instance is not null
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
    having sum(charged_nano_usd) <> 0
    on conflict (instance, kind, at_ms, ${rollupKeys.join(', ')}) do update set key_name = excluded.key_name,
      charged_nano_usd = ledger_kept_charges.charged_nano_usd + excluded.charged_nano_usd`
}

/** Whoever adds lines, or adds or drops partitions, holds it: numbers are given in the order in which lines become visible. */
const lockKey = 0x77_65_69_73

/** Until the transaction ends. */
export async function lockLedger(transaction: Transaction<unknown>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(lockKey)})`.execute(transaction)
}

export interface Retention {
  /** Lines of attempts from before it are not taken any more. */
  readonly droppedBeforeMs: number
  readonly summedBeforeMs: number
}

export async function readRetention(db: Transaction<unknown> | Database['kysely']): Promise<Retention> {
  const { rows } = await sql<Retention>`
    select summed_before_ms as "summedBeforeMs", dropped_before_ms as "droppedBeforeMs"
    from ledger_retention`.execute(db)
  return rows[0]!
}

export interface DropParts {
  readonly database: Database
  /** So many are summed while those who add lines wait. */
  readonly linesPerStep: number
}

/**
 * Drops the months that lie wholly before this time, and resolves to the names of those that it has dropped. Any number of
 * instances may do it at the same time, and each may end in the middle of it: every step is a transaction of its own that
 * begins where the last one ended.
 */
export async function dropMonths(parts: DropParts, beforeMs: number): Promise<readonly string[]> {
  const at = new Date(beforeMs)
  const untilMs = Date.UTC(at.getUTCFullYear(), at.getUTCMonth())
  let { summedBeforeMs, droppedBeforeMs } = await readRetention(parts.database.kysely)
  if (droppedBeforeMs >= untilMs) return []
  while (summedBeforeMs < untilMs) summedBeforeMs = await sumNext(parts, untilMs)
  return parts.database.transaction(async (transaction) => {
    // Whoever reads the ledger meanwhile ends first, but those who come after wait no longer than this.
    await sql`set local lock_timeout = '1s'`.execute(transaction)
    await lockLedger(transaction)
    droppedBeforeMs = (await readRetention(transaction)).droppedBeforeMs
    if (droppedBeforeMs >= untilMs) return []
    const months = (await monthsOf(transaction)).filter(({ endMs }) => endMs <= untilMs)
    for (const { table } of months) await sql`drop table ${sql.raw(table)}`.execute(transaction)
    await sql`update ledger_retention set dropped_before_ms = ${sql.lit(untilMs)}`.execute(transaction)
    return months.map(({ month }) => month)
  })
}

/** How far it has come. */
function sumNext({ database, linesPerStep }: DropParts, untilMs: number) {
  return database.transaction(async (transaction) => {
    await lockLedger(transaction)
    const { summedBeforeMs: fromMs } = await readRetention(transaction)
    if (fromMs >= untilMs) return fromMs
    const { rows } = await sql<{ at: number }>`
      select at_ms as at from ledger where at_ms >= ${sql.lit(fromMs)} and at_ms < ${sql.lit(untilMs)}
      order by at_ms offset ${sql.lit(linesPerStep)} limit 1`.execute(transaction)
    const endMs = Math.max(fromMs + 1, rows[0]?.at ?? untilMs)
    const source = `(select * from ledger where at_ms >= ${fromMs} and at_ms < ${endMs})`
    await sql.raw(keepCharges(source)).execute(transaction)
    await sql`update ledger_retention set summed_before_ms = ${sql.lit(endMs)}`.execute(transaction)
    return endMs
  })
}

interface Month {
  /** As SQL names it. */
  readonly table: string
  /** `2026-11`. */
  readonly month: string
  readonly endMs: number
}

async function monthsOf(transaction: Transaction<unknown>): Promise<Month[]> {
  const { rows } = await sql<{ table: string }>`
    select inhrelid::regclass::text as table from pg_inherits where inhparent = 'ledger'::regclass
    order by 1`.execute(transaction)
  return rows.flatMap(({ table }) => {
    const [, year, month] = /ledger_(\d{4})_(\d{2})$/.exec(table) ?? []
    if (year === undefined || month === undefined) return []
    return [{ table, month: `${year}-${month}`, endMs: Date.UTC(Number(year), Number(month)) }]
  })
}

/** The ledger of all instances together, in PostgreSQL: a partition for each month, and each line once. */

import { type Expression, expressionBuilder, type Kysely, sql, type SqlBool, type Transaction } from 'kysely'
import type { Clock } from '../../core/clock.ts'
import type { LedgerQuery, SharedLedger, Shipment } from '../../ledger/port.ts'
import type { EntryRow } from '../sqlite/ledger-migrations.ts'
import { toUsagePage, usageQuery } from '../usage-query.ts'
import { filtersOf, scanOf, searchWindow, toEntry } from '../sqlite/ledger-store.ts'
import type { Database } from './database.ts'
import { lineColumns } from './ledger-migrations.ts'
import { forgetJournal, listJournals, noteSeen, noteShipped } from './ledger-journals.ts'
import { dropMonths, keepCharges, readRetention } from './ledger-retention.ts'
import { addToRollups, sumRollups } from './ledger-rollups.ts'
import { sharedCharges } from './shared-charges.ts'

type SharedTables = {
  readonly ledger: EntryRow & { readonly correction: number }
  readonly ledger_prices: { readonly version: string; readonly price: string }
}

type Db = Kysely<SharedTables> | Transaction<SharedTables>

/** Whoever adds lines or partitions holds it: numbers are given in the order in which lines become visible. */
const lockKey = 0x77_65_69_73
/** Made before they are needed. */
const monthsAhead = 2

const columnNames = sql.join(Object.keys(lineColumns).map((name) => sql.ref(name)))

export interface SharedLedgerParts {
  readonly clock: Pick<Clock, 'nowMs'>
  /** Whose journal the lines come from. */
  readonly instance: string
  /** For tests. */
  readonly window?: number
  readonly linesPerDrop?: number
}

/** Over a PostgreSQL database with `sharedLedgerMigrations`. */
export function createSharedLedger(
  database: Database,
  { clock, instance, window = searchWindow, linesPerDrop = 20_000 }: SharedLedgerParts,
): SharedLedger<EntryRow> {
  const db = database.kysely.withTables<SharedTables>()
  const known = new Set<string>()

  const ensurePartitions = async (lines: readonly EntryRow[]): Promise<void> => {
    const nowMs = clock.nowMs()
    const months = new Set(lines.map(({ at_ms: atMs }) => monthOf(atMs, 0)))
    for (let ahead = 0; ahead <= monthsAhead; ahead++) months.add(monthOf(nowMs, ahead))
    const missing = [...months].filter((month) => !known.has(month))
    if (missing.length === 0) return
    await database.transaction(async (untyped) => {
      const transaction = untyped.withTables<SharedTables>()
      await lock(transaction)
      const { droppedBeforeMs } = await readRetention(untyped)
      for (const month of missing) {
        if (firstMsOf(month) >= droppedBeforeMs) await createPartition(transaction, month)
      }
    })
    for (const month of missing) known.add(month)
  }

  return {
    async add(shipment) {
      await ensurePartitions(shipment.lines)
      try {
        return await database.transaction(async (untyped) => {
          const transaction = untyped.withTables<SharedTables>()
          await lock(transaction)
          return insert(transaction, shipment, { instance, nowMs: clock.nowMs() })
        })
      } catch (error) {
        // Somebody has dropped a month: the next try makes it again.
        known.clear()
        throw error
      }
    },
    async search(query) {
      const floor = await floorOf(db, query, window)
      const rows = await searchIn(db, query)
        .where(eb.and([...filtersOf(query), ...(floor === undefined ? [] : [eb('seq', '>=', floor)])]))
        .selectAll()
        .limit(query.limit + 1)
        .execute()
      const data = rows.slice(0, query.limit).map(toEntry)
      const end = rows.length > query.limit ? data.at(-1)?.seq : floor
      return end === undefined ? { data } : { data, nextCursor: String(end) }
    },
    async usage(query) {
      const { rows } = await usageQuery(query, { sums: 'ledger_rollups' }).execute(db)
      return toUsagePage(rows, query)
    },
    charges: (query) => sharedCharges(database.kysely.withTables(), query, clock.nowMs()),
    async sums() {
      const { rows } = await sql<{ lines: string; charged: string; cost: string }>`
        ${sql.raw(sumRollups)}`.execute(db)
      const { lines, charged, cost } = rows[0]!
      return { lines: Number(lines), chargedNanoUsd: BigInt(charged), providerCostNanoUsd: BigInt(cost) }
    },
    beat: () => noteSeen(database.kysely, instance, clock.nowMs()),
    instances: () => listJournals(database.kysely),
    forget: (other) => forgetJournal(database.kysely, other, clock.nowMs()),
    prune: (beforeMs) => dropMonths({ database, lock, linesPerStep: linesPerDrop }, beforeMs),
    async missing(all) {
      const { droppedBeforeMs } = await readRetention(database.kysely)
      const lines = all.filter(({ at_ms: atMs }) => atMs >= droppedBeforeMs)
      if (lines.length === 0) return { compared: 0, differences: [] }
      const found = await db
        .selectFrom('ledger')
        .selectAll()
        .where('request_id', 'in', [...new Set(lines.map((line) => storable(line.request_id)))])
        .execute()
      const byIdentity = new Map(found.map((row) => [identityOf(row, row.correction), row]))
      return {
        compared: lines.length,
        differences: lines.flatMap((line) =>
          differenceOf(line, byIdentity.get(identityOf(line, correctionOf(line)))),
        ),
      }
    },
  }
}

async function lock(db: Db | Transaction<unknown>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(lockKey)})`.execute(db)
}

/**
 * All lines in one value: to bind each field would take longer than to write them. Resolves to the number of those whose
 * month was dropped before they came.
 */
async function insert(
  db: Db,
  { lines, prices, lastSeq }: Shipment<EntryRow>,
  { instance, nowMs }: { readonly instance: string; readonly nowMs: number },
): Promise<number> {
  for (const [version, price] of prices) {
    const row = db.insertInto('ledger_prices').values({ version, price })
    await row.onConflict((conflict) => conflict.doNothing()).execute()
  }
  // What is there already adds nothing, and changes no sum. In a dropped month it is known by its number in its journal.
  const { rows } = await sql<{ late: number }>`
    with told as (
      select * from json_populate_recordset(null::ledger, ${toJson(lines)}::json)
    ), added as (
      insert into ledger (instance, correction, ${columnNames})
      select ${instance}::text, case kind when 'adjust' then seq else 0 end, ${columnNames}
      from told where at_ms >= (select dropped_before_ms from ledger_retention)
      on conflict do nothing
      returning instance, ${columnNames}
    ), late as (
      select ${instance}::text as instance, ${columnNames}
      from told where at_ms < (select dropped_before_ms from ledger_retention)
        and seq > coalesce((select shipped_seq from ledger_journals where instance = ${instance}), 0)
    ), fresh as (
      select * from added union all select * from late
    ), fresh_of_summed as (
      select * from fresh where at_ms < (select summed_before_ms from ledger_retention)
    ), kept as (${sql.raw(keepCharges('fresh_of_summed'))}
    ), summed as (${sql.raw(addToRollups('fresh'))}
    )
    select count(*) as late from late`.execute(db)
  await noteShipped(db as Transaction<unknown>, instance, lastSeq, nowMs)
  return rows[0]!.late
}

/** `2026-11`: of the time in UTC, so many months later. */
function monthOf(atMs: number, later: number): string {
  const at = new Date(atMs)
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + later)).toISOString().slice(0, 7)
}

function firstMsOf(month: string): number {
  return Date.parse(`${month}-01T00:00:00Z`)
}

async function createPartition(db: Db, month: string): Promise<void> {
  const fromMs = firstMsOf(month)
  const toMs = Date.parse(`${monthOf(fromMs, 1)}-01T00:00:00Z`)
  const name = sql.table(`ledger_${month.replace('-', '_')}`)
  await sql`create table if not exists ${name} partition of ledger
    for values from (${sql.lit(fromMs)}) to (${sql.lit(toMs)})`.execute(db)
}

const eb = expressionBuilder<SharedTables, 'ledger'>()

function searchIn(db: Db, query: LedgerQuery) {
  return db
    .selectFrom('ledger')
    .where(eb.and(scanOf(query) as Expression<SqlBool>[]))
    .orderBy('seq', 'desc')
}

/** The line that one step of the search ends at: it looks at so many. Without filters its limit bounds it. */
async function floorOf(db: Db, query: LedgerQuery, window: number): Promise<number | undefined> {
  if (filtersOf(query).length === 0) return undefined
  const row = await searchIn(db, query)
    .select('seq')
    .limit(1)
    .offset(window - 1)
    .executeTakeFirst()
  return row?.seq
}

function correctionOf({ kind, seq }: EntryRow): number {
  return kind === 'adjust' ? seq : 0
}

function identityOf({ request_id: id, attempt, kind }: EntryRow, correction: number): string {
  return JSON.stringify([storable(id), attempt, kind, correction])
}

function differenceOf(line: EntryRow, found: EntryRow | undefined): string[] {
  const name = `${line.request_id} attempt ${line.attempt} (${line.kind})`
  if (found === undefined) return [`${name}: is marked as shipped, and the shared ledger does not have it`]
  const columns = Object.keys(lineColumns) as (keyof typeof lineColumns)[]
  const stored = storableLine(line)
  const differing = columns.filter((column) => stored[column] !== found[column])
  return differing.length === 0 ? [] : [`${name}: differs in the shared ledger in ${differing.join(', ')}`]
}

function toJson(lines: readonly EntryRow[]): string {
  const text = JSON.stringify(lines)
  // Few texts hold what PostgreSQL cannot store.
  return /\\u(?:0000|d[89a-f])/i.test(text) ? JSON.stringify(lines.map(storableLine)) : text
}

/** Tags are JSON within the line, which PostgreSQL reads too. */
function storableLine(line: EntryRow): EntryRow {
  const entries = Object.entries(line).map(([name, value]) => [name, storable(value as unknown)])
  const tags = line.tags === null ? null : JSON.stringify((JSON.parse(line.tags) as string[]).map(storable))
  return { ...(Object.fromEntries(entries) as unknown as EntryRow), tags }
}

/** As PostgreSQL stores it: no text there holds U+0000 or half of a surrogate pair. */
function storable<Value>(value: Value): Value {
  if (typeof value !== 'string') return value
  return value.replaceAll('\0', '\ufffd').toWellFormed() as Value
}

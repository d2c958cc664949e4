/** The ledger of all instances together, in PostgreSQL: a partition for each month, and each line once. */

import { type Expression, expressionBuilder, type Kysely, sql, type SqlBool, type Transaction } from 'kysely'
import type { Clock } from '../../core/clock.ts'
import type { LedgerQuery, SharedLedger, Shipment } from '../../ledger/port.ts'
import type { EntryRow } from '../sqlite/ledger-migrations.ts'
import { toUsagePage, usageQuery } from '../usage-query.ts'
import { directionOf, filtersOf, scanOf, searchWindow, toEntry, withinStep } from '../sqlite/ledger-store.ts'
import type { Database } from './database.ts'
import { lineColumns } from './ledger-migrations.ts'
import { forgetJournal, listJournals, noteSeen, noteShipped } from './ledger-journals.ts'
import { compareLines } from './ledger-comparison.ts'
import { toJson } from './ledger-lines.ts'
import { Partitions } from './ledger-partitions.ts'
import { dropMonths, keepCharges, lockLedger } from './ledger-retention.ts'
import { addToRollups, sumRollups } from './ledger-rollups.ts'
import { sharedCharges } from './shared-charges.ts'

type SharedTables = { readonly ledger: EntryRow & { readonly correction: number } }

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
  const partitions = new Partitions(database, clock)
  return {
    async add(shipment) {
      await partitions.ensure(shipment.lines)
      try {
        return await database.transaction(async (transaction) => {
          await lockLedger(transaction)
          return insert(transaction, shipment, { instance, nowMs: clock.nowMs() })
        })
      } catch (error) {
        // Somebody has dropped a month: the next try makes it again.
        partitions.lookAgain()
        throw error
      }
    },
    async search(query) {
      const floor = await floorOf(db, query, window)
      const rows = await searchIn(db, query)
        .where(
          eb.and([
            ...filtersOf(query),
            ...(floor === undefined ? [] : [withinStep(query, floor) as Expression<SqlBool>]),
          ]),
        )
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
    missing: (lines) => compareLines(database.kysely, lines),
    prune: (beforeMs) => dropMonths({ database, linesPerStep: linesPerDrop }, beforeMs),
  }
}

/**
 * All lines in one value: to bind each field would take longer than to write them. Resolves to the number of those whose
 * month was dropped before they came.
 */
async function insert(
  db: Transaction<unknown>,
  { lines, prices, lastSeq }: Shipment<EntryRow>,
  { instance, nowMs }: { readonly instance: string; readonly nowMs: number },
): Promise<number> {
  for (const [version, price] of prices) {
    await sql`insert into ledger_prices (version, price) values (${version}, ${price})
      on conflict do nothing`.execute(db)
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
  await noteShipped(db, instance, lastSeq, nowMs)
  return rows[0]!.late
}

const eb = expressionBuilder<SharedTables, 'ledger'>()

function searchIn(db: Kysely<SharedTables>, query: LedgerQuery) {
  return db
    .selectFrom('ledger')
    .where(eb.and(scanOf(query) as Expression<SqlBool>[]))
    .orderBy('seq', directionOf(query))
}

/** The line that one step of the search ends at: it looks at so many. Without filters its limit bounds it. */
async function floorOf(
  db: Kysely<SharedTables>,
  query: LedgerQuery,
  window: number,
): Promise<number | undefined> {
  if (filtersOf(query).length === 0) return undefined
  const row = await searchIn(db, query)
    .select('seq')
    .limit(1)
    .offset(window - 1)
    .executeTakeFirst()
  return row?.seq
}

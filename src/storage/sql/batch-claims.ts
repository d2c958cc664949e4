/** Which lines are due, and who takes them: two instances that ask at once get different ones. */

import { type Kysely, sql } from 'kysely'
import { type BatchStore, type Claim, type DueBatch, type Lease, suspectAfter } from '../../batch/port.ts'
import { chargeHeld } from './batch-holds.ts'
import { toClaim } from './batch-rows.ts'
import { type BatchTables, linesPerStatement, open } from './batch-tables.ts'
import type { Database } from './database.ts'

type DueLines = ReturnType<typeof dueLines>

export function createBatchClaims(
  database: Database,
): Pick<BatchStore, 'claim' | 'claimSuspects' | 'findDue' | 'due' | 'underWay'> {
  const db = database.kysely.withTables<BatchTables>()
  return {
    async claim(id, limit, lease, among) {
      if (among?.length === 0) return []
      const due = dueLines(db, id, lease).where('crashes', '<', suspectAfter)
      const next =
        among === undefined
          ? due.orderBy('due_at_ms').orderBy('line')
          : // In the order of their numbers: by the order of time, all that are due would be looked at.
            due.where('line', 'in', among).orderBy('line')
      return take(database, next.limit(limit), id, lease)
    },
    claimSuspects(id, limit, lease, { crashes, orMore }) {
      const due = dueLines(db, id, lease).where('crashes', orMore ? '>=' : '=', crashes)
      return take(database, due.orderBy('crashes').orderBy('line').limit(limit), id, lease)
    },
    async findDue(ids, nowMs) {
      const found: DueBatch[] = []
      for (let from = 0; from < ids.length; from += linesPerStatement) {
        const rows = await db
          .selectFrom('batch_lines')
          .select(({ fn }) => ['batch_id as id', fn.min('crashes').as('fewestCrashes')])
          .where('batch_id', 'in', ids.slice(from, from + linesPerStatement))
          .where('state', '=', open)
          .where('due_at_ms', '<=', nowMs)
          .groupBy('batch_id')
          .execute()
        found.push(...rows)
      }
      return found
    },
    async due(id, nowMs, limit) {
      const query = db.selectFrom('batch_lines').select('line').where('batch_id', '=', id)
      const due = query
        .where('state', '=', open)
        .where('due_at_ms', '<=', nowMs)
        .where('crashes', '<', suspectAfter)
      return (await due.orderBy('due_at_ms').orderBy('line').limit(limit).execute()).map(({ line }) => line)
    },
    async underWay(id, nowMs) {
      const { lines } = await db
        .selectFrom('batch_lines')
        .select(({ fn }) => fn.countAll<number>().as('lines'))
        .where('batch_id', '=', id)
        .where('state', '=', open)
        .where('due_at_ms', '>', nowMs)
        .where('holder', 'is not', null)
        .executeTakeFirstOrThrow()
      return lines
    },
  }
}

/** What the holder has itself is under way there, though its lease has ended. */
function dueLines(db: Kysely<BatchTables>, id: string, { holder, nowMs }: Lease) {
  return db
    .selectFrom('batch_lines')
    .select('line')
    .where('batch_id', '=', id)
    .where('state', '=', open)
    .where('due_at_ms', '<=', nowMs)
    .where(({ eb, or }) => or([eb('holder', 'is', null), eb('holder', '!=', holder)]))
}

async function take(
  database: Database,
  due: DueLines,
  id: string,
  { holder, nowMs, leaseMs }: Lease,
): Promise<readonly Claim[]> {
  const rows = await database.kysely
    .withTables<BatchTables>()
    // As a table of its own: PostgreSQL may run a subquery several times, and each time find others unlocked.
    .with('due', () => (database.dialect === 'postgres' ? due.forUpdate().skipLocked() : due))
    .updateTable('batch_lines')
    .set({
      holder,
      due_at_ms: nowMs + leaseMs,
      // Who had it has neither settled it nor given it back.
      crashes: sql`crashes + case when holder is null then 0 else 1 end`,
    })
    .where('batch_id', '=', id)
    .where('line', 'in', ({ selectFrom }) => selectFrom('due').select('due.line'))
    // Asked again once the row is held: another instance may have taken it.
    .where('state', '=', open)
    .where('due_at_ms', '<=', nowMs)
    .returningAll()
    .execute()
  const thatHold = rows.filter(({ held_nano_usd: held }) => held > 0)
  if (thatHold.length > 0) await database.transaction((untyped) => chargeHeld(untyped, id, holder, thatHold))
  return rows.map(toClaim).toSorted((a, b) => a.line - b.line)
}

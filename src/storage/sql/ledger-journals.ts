/** The instances whose journals the shared ledger holds: how far each was added, and when it was heard of. */

import { sql, type Transaction } from 'kysely'
import type { JournalState } from '../../ledger/port.ts'
import type { Database } from './database.ts'

export const beatColumns = [
  'alter table ledger_journals add column seen_at_ms bigint not null default 0',
  // A row is never deleted: a line of a dropped month that comes again is known by it.
  'alter table ledger_journals add column forgotten_at_ms bigint',
  'update ledger_journals set seen_at_ms = shipped_at_ms',
] as const

type Db = Database['kysely'] | Transaction<unknown>

/** Its lines up to this number of its journal are there. */
export async function noteShipped(db: Db, instance: string, lastSeq: number, nowMs: number): Promise<void> {
  await sql`
    insert into ledger_journals (instance, shipped_seq, shipped_at_ms, seen_at_ms)
    values (${instance}, ${lastSeq}, ${nowMs}, ${nowMs})
    on conflict (instance) do update set shipped_at_ms = excluded.shipped_at_ms, seen_at_ms = excluded.seen_at_ms,
      forgotten_at_ms = null, shipped_seq = greatest(ledger_journals.shipped_seq, excluded.shipped_seq)`.execute(
    db,
  )
}

export async function noteSeen(db: Db, instance: string, nowMs: number): Promise<void> {
  await sql`
    insert into ledger_journals (instance, shipped_seq, shipped_at_ms, seen_at_ms) values (${instance}, 0, 0, ${nowMs})
    on conflict (instance) do update set seen_at_ms = excluded.seen_at_ms, forgotten_at_ms = null`.execute(db)
}

export async function listJournals(db: Db): Promise<readonly JournalState[]> {
  const { rows } = await sql<JournalState>`
    select instance, shipped_seq as "shippedSeq", shipped_at_ms as "shippedAtMs", seen_at_ms as "seenAtMs"
    from ledger_journals where forgotten_at_ms is null order by instance`.execute(db)
  return rows
}

export async function forgetJournal(db: Db, instance: string, nowMs: number): Promise<void> {
  await sql`update ledger_journals set forgotten_at_ms = ${nowMs} where instance = ${instance}`.execute(db)
}

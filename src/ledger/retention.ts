/** Deletes lines that are older than they are to be kept. Their sums stay. */

import type { Clock } from '../core/clock.ts'
import { dayMs } from './period.ts'
import type { Journal, LedgerStore, SharedLedger } from './port.ts'

export interface RetentionParts {
  readonly journal: Pick<Journal, 'prune' | 'commit'>
  /** Its tables: reading them must not have anything written first. */
  readonly store: Pick<LedgerStore, 'oldest'>
  /** Resolves when the tables have what was committed, which is none of the caller's work. */
  caughtUp(): Promise<void>
  readonly clock: Clock
  /** Undefined: everything is kept. */
  retentionDays(): number | undefined
}

/** Deletes all that is too old now, a few lines at a time. Whole days of UTC: sums by the day have all of their lines, or none. */
export async function pruneLedger(parts: RetentionParts): Promise<void> {
  const { journal, store, caughtUp, clock, retentionDays } = parts
  const days = retentionDays()
  if (days === undefined) return
  const beforeMs = (Math.floor(clock.nowMs() / dayMs) - days) * dayMs
  let lastSeq = -1
  for (;;) {
    await caughtUp()
    const oldest = store.oldest()
    if (oldest === undefined) return
    // Where nothing was deleted, trying again at once would not help.
    if (oldest.atMs >= beforeMs || oldest.seq === lastSeq) return
    lastSeq = oldest.seq
    journal.prune(beforeMs)
    if (!(await journal.commit())) return
  }
}

/** Of dropped months, days are kept: budgets that roll by the hour reach back a week, and clocks differ. */
const minSharedDays = 8

export interface SharedRetentionParts {
  readonly shared: Pick<SharedLedger<never>, 'prune'>
  readonly clock: Pick<Clock, 'nowMs'>
  /** Undefined: everything is kept. */
  retentionDays(): number | undefined
}

/** Drops the months of the ledger of all instances that are too old as a whole; resolves to those that it has dropped. */
export async function pruneShared(parts: SharedRetentionParts): Promise<readonly string[]> {
  const days = parts.retentionDays()
  if (days === undefined) return []
  return parts.shared.prune(parts.clock.nowMs() - Math.max(days, minSharedDays) * dayMs)
}

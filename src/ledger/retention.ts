/** Deletes lines that are older than they are to be kept, a few at a time. Their sums stay. */

import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../core/clock.ts'
import { dayMs } from './period.ts'
import type { Journal, LedgerStore } from './port.ts'

export interface RetentionParts {
  readonly journal: Pick<Journal, 'prune' | 'commit'>
  readonly store: Pick<LedgerStore, 'oldest'>
  readonly clock: Clock
  /** Undefined: everything is kept. */
  retentionDays(): number | undefined
}

/** Deletes all that is too old now. Whole days of UTC: sums by the day have all of their lines, or none. */
export async function pruneLedger({ journal, store, clock, retentionDays }: RetentionParts): Promise<void> {
  const days = retentionDays()
  if (days === undefined) return
  const beforeMs = (Math.floor(clock.nowMs() / dayMs) - days) * dayMs
  let lastSeq = -1
  for (let oldest = store.oldest(); oldest !== undefined; oldest = store.oldest()) {
    // Where nothing was deleted, trying again at once would not help.
    if (oldest.atMs >= beforeMs || oldest.seq === lastSeq) return
    lastSeq = oldest.seq
    journal.prune(beforeMs)
    if (!(await journal.commit())) return
    await setImmediate()
  }
}

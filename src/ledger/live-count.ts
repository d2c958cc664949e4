/** Counts attempts by budgets, also those that have no line in the ledger yet. */

import { type AttemptHold, type CountedMatch, type LiveAttempt, slotOf, toHold } from './attempt-hold.ts'
import type { BudgetIndex, Spending } from './budget.ts'
import type { MemoryCounters } from './memory-counters.ts'
import type { LedgerStore } from './port.ts'

/** What counts a call at this time. */
export function countedBy(index: BudgetIndex, spending: Spending, atMs: number): CountedMatch[] {
  return index.matches(spending).map((match) => ({ ...match, slot: slotOf(match, atMs) }))
}

export function countedOf(index: BudgetIndex, hold: AttemptHold): CountedMatch[] {
  const { spender, provider, model, atMs } = hold
  return countedBy(index, { ...spender, provider, model }, atMs)
}

export interface LiveAttempts {
  readonly live: Iterable<LiveAttempt>
  /** Where several instances count together, what is held stands here. */
  readonly held: Iterable<AttemptHold> | undefined
  readonly store: Pick<LedgerStore, 'hasLine'>
}

/** What has been let through counts, whatever the caps are; what is settled counts here until the file has it. */
export function addLive(
  counters: MemoryCounters,
  index: BudgetIndex,
  { live, held, store }: LiveAttempts,
): void {
  const hold = (one: AttemptHold) => counters.hold(toHold({ ...one, counted: countedOf(index, one) }))
  for (const attempt of live) {
    if (attempt.chargedNanoUsd === undefined) {
      if (held === undefined) hold(attempt.hold)
    } else if (!store.hasLine(attempt.requestId, attempt.attempt)) {
      for (const { slot } of countedOf(index, attempt.hold)) counters.spend(slot, attempt.chargedNanoUsd)
    }
  }
  for (const one of held ?? []) hold(one)
}

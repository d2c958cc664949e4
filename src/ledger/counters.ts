/** What counters of budgets are asked and told, in this process and beside other instances. */

import type { NanoUsd } from '../core/money.ts'
import type { Window } from './period.ts'

/** One counter that a call is counted by, at the time of the call. */
export interface Slot extends Window {
  readonly counter: string
  /** Of the call, in Unix milliseconds. */
  readonly atMs: number
  /** Absent: it counts, and refuses nothing. */
  readonly capNanoUsd?: NanoUsd
}

export interface Hold {
  /** One per attempt. */
  readonly id: string
  /** At least what the attempt can cost. */
  readonly amountNanoUsd: NanoUsd
  readonly slots: readonly Slot[]
}

export interface CounterState {
  readonly spentNanoUsd: NanoUsd
  readonly reservedNanoUsd: NanoUsd
}

/** `slot` is the first that has no room. */
export type Held = { readonly isHeld: true } | { readonly isHeld: false; readonly slot: Slot }

/** A slot as it stands over all instances. */
export interface SharedState {
  readonly others: CounterState
  /** What the others may spend without asking. */
  readonly othersSpareNanoUsd: NanoUsd
  /** What this instance has spent, as far as it was told. */
  readonly ownSpentNanoUsd: NanoUsd
  /** What this instance may spend without asking: it counts as held. */
  readonly spareNanoUsd: NanoUsd
}

/**
 * `again`: the id is known, nothing was changed. `untrusted`: not every ledger has been counted yet. `stale`: what this
 * instance has told is not known any more, or it has told it anew.
 */
export interface RemoteAnswer {
  readonly is: 'done' | 'again' | 'refused' | 'untrusted' | 'stale'
  /** The first that has no room; of `refused`. */
  readonly refusedAt?: number
  /** Of each slot, in their order, after the step; none where it is stale. */
  readonly states: readonly SharedState[]
}

/** What an instance has in one part of the time of one counter. */
export interface CounterEntry extends CounterState {
  readonly counter: string
  readonly bucketMs: number
  readonly untilMs: number
  /** What it keeps of the counter; told with one of its entries. */
  readonly spareNanoUsd?: NanoUsd
}

export interface Report {
  readonly entries: readonly CounterEntry[]
  /** Of the holds that are in them. */
  readonly holds: readonly string[]
  /** Other instances that are known. */
  readonly instances: readonly string[]
}

/** What an instance was charged by the ledger of all instances. */
export interface InstanceEntry extends Omit<CounterEntry, 'reservedNanoUsd' | 'spareNanoUsd'> {
  readonly instance: string
}

/**
 * Counters that all instances share: each tells what is its own, under a token that voids what it told before. A cache:
 * the ledgers are the truth. Each step is taken as a whole, in the order of the calls, and changes nothing where its hold
 * is known. Rejects, within a time that a request can wait, where there is no answer; the step may have been taken.
 */
export interface RemoteCounters {
  /** `isTaken`: of what the instance keeps, whatever the others hold. */
  reserve(token: string, hold: Hold, isTaken: boolean): Promise<RemoteAnswer>
  settle(token: string, hold: Hold, chargedNanoUsd: NanoUsd): Promise<RemoteAnswer>
  /** The token that this instance has told last; empty where none is known. */
  lastToken(): Promise<string>
  /**
   * All that is its own. What is called after it counts beside it. False, and nothing is changed, where `after` is not the
   * last token any more: an older report that arrives late must not take its place.
   */
  report(token: string, report: Report, after: string, isLast?: boolean): Promise<boolean>
  /** That it lives. The others; undefined where it is not known by this token. */
  beat(token: string): Promise<readonly string[] | undefined>
  /** Those of the budgets that were never counted from the ledger of all instances. */
  uncounted(budgets: readonly string[]): Promise<readonly string[]>
  /** Counts what instances have not told themselves; from then on the budgets can be trusted. */
  count(token: string, budgets: readonly string[], entries: readonly InstanceEntry[]): Promise<void>
  /** All that have told what they have, and have not left. */
  instances(): Promise<readonly InstanceBeat[]>
  /**
   * Of these budgets: what a dead instance keeps is free, what its open calls hold is spent. Undefined where it lives: what
   * was changed is told anew by it.
   */
  forget(instance: string, budgets: readonly string[]): Promise<readonly ForgottenBudget[] | undefined>
  /** What the others have in the counters of the budget, of some of them where there are very many. */
  list(budget: string, fromMs: number): Promise<readonly (CounterState & { readonly counter: string })[]>
}

export interface InstanceBeat {
  readonly instance: string
  /** Since it was heard of. */
  readonly ageMs: number
}

/** What an instance had in the counters of a budget, together. */
export interface ForgottenBudget {
  readonly budget: string
  readonly heldNanoUsd: NanoUsd
  readonly keptNanoUsd: NanoUsd
}

/** How far budgets are used, by the counters of their subjects. */

import { formatUsd } from '../core/money.ts'
import { type Budget, type BudgetScope, counterOf, windowOf } from './budget.ts'
import type { MemoryCounters } from './memory-counters.ts'
import type { CounterState, Slot } from './port.ts'

/** A budget's state for one of its subjects. */
export interface BudgetState extends CounterState {
  readonly subject: string
}

/** How much of a budget one of its subjects has used in the period of now: 1 is all of it. */
export interface BudgetShare {
  readonly budget: string
  readonly scope: BudgetScope
  readonly subject: string
  readonly period: string
  readonly share: number
}

/** Their subjects are the configuration's own names, and none is a person's or a key's. */
const publicScopes: ReadonlySet<BudgetScope> = new Set(['organisation', 'team', 'provider', 'route'])

/** Of the budgets that anybody may hear of, by what is known without asking the other instances. */
export function publicShares(
  budgets: readonly Budget[],
  counters: MemoryCounters,
  look: (slot: Slot) => CounterState,
  nowMs: number,
): BudgetShare[] {
  return budgets
    .filter(({ scope, capNanoUsd }) => publicScopes.has(scope) && capNanoUsd > 0)
    .flatMap((budget) => {
      const { id, scope, period, capNanoUsd } = budget
      return statesIn(counters, budget, nowMs).map(({ subject }) => {
        const slot = { ...windowOf(budget, nowMs), counter: counterOf(budget, subject), atMs: nowMs }
        return { budget: id, scope, subject, period, share: look(slot).spentNanoUsd / capNanoUsd }
      })
    })
}

/** What each subject has spent in the budget's period of now. */
export function statesIn(counters: MemoryCounters, budget: Budget, nowMs: number): BudgetState[] {
  const window = windowOf(budget, nowMs)
  const states: BudgetState[] = []
  for (const [counter] of counters.entries()) {
    if (budgetOf(counter) !== budget.id) continue
    const state = counters.look({ ...window, counter, atMs: nowMs })
    if (!isEmpty(state)) states.push({ subject: subjectOf(budget, counter), ...state })
  }
  return states
}

/** With what others have in the budget's counters. */
export function withOthers(
  budget: Budget,
  own: readonly BudgetState[],
  others: readonly (CounterState & { readonly counter: string })[],
): BudgetState[] {
  const states = new Map(own.map((state) => [state.subject, state]))
  for (const { counter, ...other } of others) {
    if (isEmpty(other)) continue
    const subject = subjectOf(budget, counter)
    const before = states.get(subject) ?? { spentNanoUsd: 0, reservedNanoUsd: 0 }
    states.set(subject, {
      subject,
      spentNanoUsd: before.spentNanoUsd + other.spentNanoUsd,
      reservedNanoUsd: before.reservedNanoUsd + other.reservedNanoUsd,
    })
  }
  return [...states.values()]
}

/** A sentence for each counter that is not what it should be, in the period of now. */
export function differencesBetween(
  budgets: readonly Budget[],
  counted: MemoryCounters,
  expected: MemoryCounters,
  nowMs: number,
): string[] {
  const byId = new Map(budgets.map((budget) => [budget.id, budget]))
  const names = new Set([...counted.entries(), ...expected.entries()].map(([name]) => name))
  const differences: string[] = []
  for (const counter of names) {
    const budget = byId.get(budgetOf(counter))
    if (budget === undefined) continue
    const slot = { ...windowOf(budget, nowMs), counter, atMs: nowMs }
    const [is, should] = [counted.look(slot), expected.look(slot)]
    if (is.spentNanoUsd === should.spentNanoUsd && is.reservedNanoUsd === should.reservedNanoUsd) continue
    differences.push(
      `budget ${counter}: counted ${formatUsd(is.spentNanoUsd)} + ${formatUsd(is.reservedNanoUsd)} reserved, ` +
        `the ledger has ${formatUsd(should.spentNanoUsd)} + ${formatUsd(should.reservedNanoUsd)}`,
    )
  }
  return differences
}

/** See `counterOf`: ids have no bar in them. */
function budgetOf(counter: string): string {
  const bar = counter.indexOf('|')
  return bar < 0 ? counter : counter.slice(0, bar)
}

export function subjectOf({ id, subject }: Budget, counter: string): string {
  return counter === id ? subject! : counter.slice(id.length + 1)
}

function isEmpty({ spentNanoUsd, reservedNanoUsd }: CounterState): boolean {
  return spentNanoUsd === 0 && reservedNanoUsd === 0
}

/** Budgets as lines of a table: one for each of whom a budget has counted something, the nearest to its cap first. Pure. */

import type { Item } from '../api/client.ts'
import { formatUsd } from '../format/number.ts'

export type Budget = Item<'GET /budgets'>

export interface BudgetRow {
  readonly id: string
  readonly budget: Budget
  /** Whose; undefined where it bounds all. */
  readonly subject: string | undefined
  readonly spentUsd: number
  readonly reservedUsd: number
  readonly capUsd: number
  readonly leftUsd: number
}

export function rowsOf(budgets: readonly Budget[]): BudgetRow[] {
  return budgets.flatMap(toRows).toSorted((a, b) => shareOf(b) - shareOf(a))
}

export function shareOf({ spentUsd, reservedUsd, capUsd }: BudgetRow): number {
  return capUsd === 0 ? 1 : (spentUsd + reservedUsd) / capUsd
}

/** Those that somebody of a team may own. */
export interface Owners {
  readonly keys: readonly Owned[]
  readonly users: readonly Owned[]
}

interface Owned {
  readonly id: string
  readonly name: string
  readonly team?: string | undefined
}

/** Whether it bounds the team, or one of its users or keys. What bounds each of them does; what bounds all together does not. */
export function isOfTeam({ budget, subject }: BudgetRow, team: string, { keys, users }: Owners): boolean {
  const { scope } = budget
  if (scope !== 'team' && scope !== 'user' && scope !== 'key') return false
  if (subject === undefined) return true
  if (scope === 'team') return subject === team
  const owned = scope === 'user' ? users : keys
  return owned.some((one) => one.team === team && (one.id === subject || one.name === subject))
}

function toRows(budget: Budget): BudgetRow[] {
  const capUsd = Number(budget.usd)
  if (budget.states.length === 0) {
    const { subject } = budget
    return [{ id: budget.id, budget, subject, spentUsd: 0, reservedUsd: 0, capUsd, leftUsd: capUsd }]
  }
  return budget.states.map((state) => ({
    id: `${budget.id} ${state.subject}`,
    budget,
    subject: budget.scope === 'organisation' ? undefined : state.subject,
    spentUsd: Number(state.spent_usd),
    reservedUsd: Number(state.reserved_usd),
    capUsd,
    leftUsd: Number(state.remaining_usd),
  }))
}

/** `a month`, `in any day`, `in total`. */
export function periodText({ period, window }: Pick<Budget, 'period' | 'window'>): string {
  if (period === 'total') return 'in total'
  return window === 'rolling' ? `in any ${period}` : `${period === 'hour' ? 'an' : 'a'} ${period}`
}

/** `$20 a month`, `$5 in total`. */
export function capText(budget: Budget): string {
  return `${formatUsd(Number(budget.usd))} ${periodText(budget)}`
}

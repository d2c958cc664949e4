/** Which budget the month's spend is held against: that of everything, or of the one thing that it is narrowed to. Pure. */

import type { Item } from '../api/client.ts'
import type { UsageFilter } from '../api/usage.ts'

type Budget = Item<'GET /budgets'>

/** The lowest cap of a calendar month, in USD; undefined where there is none, or several filters hold at once. */
export function monthBudgetOf(budgets: readonly Budget[], where: UsageFilter): number | undefined {
  const given = Object.entries(where).filter(([, value]) => value !== undefined)
  if (given.length > 1) return undefined
  const [scope, value] = given[0] ?? ['organisation', undefined]
  const caps = budgets
    .filter((budget) => budget.scope === scope && budget.period === 'month' && budget.window === 'calendar')
    .filter(
      (budget) =>
        value === undefined ||
        budget.subject === value ||
        budget.states.some(({ subject }) => subject === value),
    )
    .map(({ usd }) => Number(usd))
  return caps.length === 0 ? undefined : Math.min(...caps)
}

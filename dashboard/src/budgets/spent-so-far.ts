/** What a budget that is not made yet would count as spent: by the greatest of whom it bounds. */

import { ask, type Given } from '../api/client.ts'
import { costOf } from '../api/usage.ts'
import { currentStartMs } from './pace.ts'

type BudgetBody = NonNullable<Given<'POST /budgets'>['body']>

const rollingMs = {
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
  month: 30 * 86_400_000,
  quarter: 90 * 86_400_000,
  year: 365 * 86_400_000,
} as const

/** USD. Rejects with ApiError. */
export async function spentSoFar(
  { scope, subject, period, window = 'calendar' }: BudgetBody,
  nowMs: number,
): Promise<number> {
  const isRolling = window === 'rolling' && period !== 'total'
  const fromMs = isRolling ? nowMs - rollingMs[period] : (currentStartMs(period, nowMs) ?? 0)
  const by = scope === 'organisation' ? '' : scope === 'model' ? 'model,provider' : scope
  const { data } = await ask('GET /usage', { query: { by, from: String(fromMs), limit: 1_000 } })
  const named = data.filter((usage) => {
    if (scope === 'organisation' || subject === undefined) return true
    const names: readonly (string | undefined)[] = {
      team: [usage.team, usage.team_name],
      key: [usage.key_id, usage.key_name],
      user: [usage.user, usage.user_name],
      session: [usage.session],
      tag: [usage.tag],
      model: [`${usage.provider}/${usage.model}`],
      provider: [usage.provider],
      route: [usage.route],
    }[scope]
    return names.some((name) => name !== undefined && matches(subject, name))
  })
  const costs = named.map(costOf)
  // What matches a pattern shares one cap.
  return subject?.includes('*') ? costs.reduce((sum, usd) => sum + usd, 0) : Math.max(0, ...costs)
}

function matches(subject: string, name: string): boolean {
  const parts = subject.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(name)
}

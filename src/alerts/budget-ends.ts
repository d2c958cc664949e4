/** Tells which alerts on budgets are over: with their period, or because more may be spent now. */

import { asNumber, asString } from '../core/json.ts'
import type { Alert, Resolution } from './alert.ts'

/** A budget as it stands now. */
export interface BudgetNow {
  readonly capUsd: string
  readonly isRolling: boolean
  /** What of the cap is spent, in the period of now. */
  shareOf(subjectId: string): Promise<number>
}

/** `gone`: there is no such budget any more. `unknown`: there may be. */
export type FindBudget = (org: string, id: string) => BudgetNow | 'gone' | 'unknown'

/** Of the alerts that are open. Without an end, the next period's would not be told. */
export async function endedBudgets(
  open: readonly Alert[],
  nowMs: number,
  find: FindBudget,
): Promise<readonly Resolution[]> {
  const ended: Resolution[] = []
  for (const alert of open) {
    if (alert.kind !== 'budget' || !(await hasEnded(alert, nowMs, find))) continue
    ended.push({ org: alert.org, kind: alert.kind, subject: alert.subject })
  }
  return ended
}

async function hasEnded({ org, detail }: Alert, nowMs: number, find: FindBudget): Promise<boolean> {
  const budget = find(org, asString(detail['budget']) ?? '')
  if (budget === 'gone') return true
  if (budget === 'unknown') return false
  const endsAt = asString(detail['period_ends_at'])
  const isPast = endsAt !== undefined && Date.parse(endsAt) <= nowMs
  if (isPast && !budget.isRolling) return true
  if (!isPast && detail['cap_usd'] === budget.capUsd) return false
  // A refusal comes again if it has to.
  if (detail['is_refusing'] === true) return true
  return (await budget.shareOf(asString(detail['subject_id']) ?? '')) < (asNumber(detail['share']) ?? 0)
}

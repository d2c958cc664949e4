/** Where a budget will stand when its period ends, if it goes on as so far. Pure. */

import type { Budget } from './budget-rows.ts'

const dayMs = 86_400_000
/** Before this share of the period has gone by, one call would decide it. */
const leastGone = 0.05

/** USD at the period's end; undefined where the period has no end, or has only begun. */
export function paceOf(
  { period, period_ends_at: endsAt, window }: Budget,
  spentUsd: number,
  nowMs: number,
): number | undefined {
  if (endsAt === undefined || window === 'rolling') return undefined
  const endMs = Date.parse(endsAt)
  const startMs = periodStartMs(period, endMs)
  if (startMs === undefined) return undefined
  const gone = (nowMs - startMs) / (endMs - startMs)
  return gone < leastGone || gone > 1 ? undefined : spentUsd / gone
}

/** Of the calendar's period that holds this moment, in UTC as the ledger counts; undefined for a total. */
export function currentStartMs(period: Budget['period'], nowMs: number): number | undefined {
  const now = new Date(nowMs)
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()]
  const todayMs = Math.floor(nowMs / dayMs) * dayMs
  switch (period) {
    case 'hour':
      return Math.floor(nowMs / 3_600_000) * 3_600_000
    case 'day':
      return todayMs
    case 'week':
      // Weeks begin on Mondays.
      return todayMs - ((now.getUTCDay() + 6) % 7) * dayMs
    case 'month':
      return Date.UTC(year, month)
    case 'quarter':
      return Date.UTC(year, month - (month % 3))
    case 'year':
      return Date.UTC(year, 0)
    case 'total':
      return undefined
  }
}

function periodStartMs(period: Budget['period'], endMs: number): number | undefined {
  return currentStartMs(period, endMs - 1)
}

/** The periods that budgets go by, in UTC: the one place that knows where one begins and ends. */

import type { periods } from '../config/budget-settings.ts'

export type Period = (typeof periods)[number]

/** Where a moment's money is counted. All times in Unix milliseconds. */
export interface Window {
  /** The part that the moment belongs to. */
  readonly bucketMs: number
  /** The first part that still counts. */
  readonly fromMs: number
  /** From here on, nothing that was spent in the part counts any more. */
  readonly untilMs: number
}

const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs
/** 1970 began on a Thursday; weeks begin on Mondays (ISO 8601). */
const firstMondayMs = 4 * dayMs

/** The end of what a budget without a period counts. */
const never = Number.MAX_SAFE_INTEGER

/** From the period's beginning to its end. */
export function calendarWindow(period: Period, atMs: number): Window {
  const [fromMs, untilMs] = calendarBounds(period, atMs)
  return { bucketMs: fromMs, fromMs, untilMs }
}

function calendarBounds(period: Period, atMs: number): [number, number] {
  const date = new Date(atMs)
  const year = date.getUTCFullYear()
  const month = date.getUTCMonth()
  switch (period) {
    case 'hour':
      return fixed(atMs, hourMs, 0)
    case 'day':
      return fixed(atMs, dayMs, 0)
    case 'week':
      return fixed(atMs, 7 * dayMs, firstMondayMs)
    case 'month':
      return [Date.UTC(year, month), Date.UTC(year, month + 1)]
    case 'quarter':
      return [Date.UTC(year, month - (month % 3)), Date.UTC(year, month - (month % 3) + 3)]
    case 'year':
      return [Date.UTC(year, 0), Date.UTC(year + 1, 0)]
    case 'total':
      return [0, never]
  }
}

function fixed(atMs: number, lengthMs: number, originMs: number): [number, number] {
  const fromMs = Math.floor((atMs - originMs) / lengthMs) * lengthMs + originMs
  return [fromMs, fromMs + lengthMs]
}

/** How long a rolling window is, and the parts that it moves by. */
const rolling: Record<Exclude<Period, 'total'>, { readonly lengthMs: number; readonly stepMs: number }> = {
  hour: { lengthMs: hourMs, stepMs: minuteMs },
  day: { lengthMs: dayMs, stepMs: hourMs },
  week: { lengthMs: 7 * dayMs, stepMs: hourMs },
  month: { lengthMs: 30 * dayMs, stepMs: dayMs },
  quarter: { lengthMs: 90 * dayMs, stepMs: dayMs },
  year: { lengthMs: 365 * dayMs, stepMs: dayMs },
}

/**
 * The last hour, 24 hours, 7, 30, 90 or 365 days. It moves in steps (a minute, an hour, a day), and the step that
 * is leaving counts until it has wholly left: up to a step longer than it says, never shorter.
 */
export function rollingWindow(period: Period, atMs: number): Window {
  if (period === 'total') return calendarWindow('total', atMs)
  const { lengthMs, stepMs } = rolling[period]
  const bucketMs = Math.floor(atMs / stepMs) * stepMs
  return { bucketMs, fromMs: bucketMs - lengthMs, untilMs: bucketMs + lengthMs + stepMs }
}

/** The parts of a window; undefined where it has only one. */
export function stepOf(period: Period, isRolling: boolean): number | undefined {
  return isRolling && period !== 'total' ? rolling[period].stepMs : undefined
}

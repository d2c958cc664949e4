/** Reads what a provider says is left of its limits, in the headers of any answer. */

import { parseRetryAfter, retryAfterMs } from './retry-after.ts'
import type { ResponseHeaders } from './upstream-call.ts'

/** One of a provider's limits on a key. */
export interface ToldBudget {
  readonly unit: 'requests' | 'tokens'
  readonly left: number
  /** Absent where it is not told. */
  readonly limit?: number
  /** Until it is as large as it can be; 300 s at most. */
  readonly fullInMs: number
}

/**
 * `x-ratelimit-remaining-requests` as most write it, the name of the limit in the middle as in
 * `vendor-ratelimit-requests-remaining`, and `x-ratelimit-remaining-req-minute`, whose name says the window.
 */
const patterns = [/^[a-z]+-ratelimit-remaining(?:-(.+))?$/, /^[a-z]+-ratelimit-(.+)-remaining$/] as const

/** A time that is told so is up to a second later. */
const wholeSecond = /:\d\dZ$/
/** What most limits are counted over, where nothing is said. */
const usualWindowMs = 60_000
const maxWindowMs = 300_000

const windowsMs: readonly (readonly [RegExp, number])[] = [
  [/-10-second$/, 10_000],
  [/-second$/, 1000],
  [/-(hour|day|month)$/, maxWindowMs],
]

/**
 * Of a success too. A `retry-after` on one counts only where something is used up: it was seen with answers that have the
 * whole budget left.
 */
export function toldBudgets(headers: ResponseHeaders, nowMs: number): ToldBudget[] {
  const budgets: ToldBudget[] = []
  for (const name of Object.keys(headers)) {
    if (!name.includes('ratelimit') || !name.includes('remaining')) continue
    const budget = readBudget(name, headers, nowMs)
    if (budget) budgets.push(budget)
  }
  return budgets
}

/** Until the last of what is used up is full again, for a refusal that does not say when to come back. */
export function untilRefilled(headers: ResponseHeaders, nowMs: number): number | undefined {
  const waits = Object.keys(headers).flatMap((name) => {
    const told = readTold(name, headers)
    return told?.left === 0 ? (parseRetryAfter(told.reset, nowMs) ?? []) : []
  })
  return waits.length === 0 ? undefined : Math.max(...waits)
}

function readBudget(name: string, headers: ResponseHeaders, nowMs: number): ToldBudget | undefined {
  const told = readTold(name, headers)
  if (!told) return undefined
  const { reset, ...rest } = told
  const resetMs = parseRetryAfter(reset, nowMs - (wholeSecond.test(reset ?? '') ? 1000 : 0))
  const askedMs = told.left === 0 ? retryAfterMs(headers, nowMs) : undefined
  return { ...rest, fullInMs: Math.max(resetMs ?? windowOf(name), askedMs ?? 0) }
}

interface Told extends Omit<ToldBudget, 'fullInMs'> {
  readonly reset: string | undefined
}

/** What the header of this name and those beside it tell; undefined where it is no remainder of a known unit. */
function readTold(name: string, headers: ResponseHeaders): Told | undefined {
  const unit = unitOf(kindOf(name))
  const left = numberOf(headers[name])
  if (unit === undefined || left === undefined) return undefined
  const limit = numberOf(headers[name.replace('remaining', 'limit')])
  const reset = textOf(headers[name.replace('remaining', 'reset')])
  return { unit, left, reset, ...(limit !== undefined && { limit }) }
}

function kindOf(name: string): string {
  const [last, middle] = patterns
  const match = last.exec(name)
  return match ? (match[1] ?? 'requests') : (middle.exec(name)?.[1] ?? '')
}

/** Undefined for images, seconds of sound, and what else may be counted. */
function unitOf(kind: string): ToldBudget['unit'] | undefined {
  if (/^req(uests)?(-|$)/.test(kind)) return 'requests'
  return /^((input|output)-)?tokens(-|$)/.test(kind) ? 'tokens' : undefined
}

function windowOf(name: string): number {
  return windowsMs.find(([pattern]) => pattern.test(name))?.[1] ?? usualWindowMs
}

function numberOf(value: string | string[] | undefined): number | undefined {
  const text = textOf(value)
  return text !== undefined && /^\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : undefined
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

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
 * `x-ratelimit-remaining-requests` as OpenAI and most write it, `anthropic-ratelimit-requests-remaining`, and
 * `x-ratelimit-remaining-req-minute` as Mistral does, whose name says the window.
 */
const patterns = [
  /^x-ratelimit-(remaining)(?:-(.+))?$/,
  /^anthropic-ratelimit-(?:(.+)-)(remaining)$/,
] as const

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
 * Of a success too. A `retry-after` on one counts only where something is used up: Anthropic sends it with answers that
 * have the whole budget left.
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

function readBudget(name: string, headers: ResponseHeaders, nowMs: number): ToldBudget | undefined {
  const unit = unitOf(kindOf(name))
  const left = numberOf(headers[name])
  if (unit === undefined || left === undefined) return undefined
  const limit = numberOf(headers[name.replace('remaining', 'limit')])
  const reset = textOf(headers[name.replace('remaining', 'reset')])
  const resetMs = parseRetryAfter(reset, nowMs - (wholeSecond.test(reset ?? '') ? 1000 : 0))
  const askedMs = left === 0 ? retryAfterMs(headers, nowMs) : undefined
  return {
    unit,
    left,
    fullInMs: Math.max(resetMs ?? windowOf(name), askedMs ?? 0),
    ...(limit !== undefined && { limit }),
  }
}

function kindOf(name: string): string {
  const [openai, anthropic] = patterns
  const other = openai.exec(name)
  return other ? (other[2] ?? 'requests') : (anthropic.exec(name)?.[1] ?? '')
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

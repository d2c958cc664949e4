/** Reads when a provider says to come back, in every form that providers write it. */

import type { ResponseHeaders } from './upstream-call.ts'

const maxRetryAfterMs = 300_000

/**
 * Milliseconds to wait, clamped to 0..300 s; undefined where the headers say nothing that can be read. Only for
 * error answers: some providers send `retry-after` with successes. The larger of two contradicting headers wins.
 */
export function retryAfterMs(headers: ResponseHeaders, nowMs: number): number | undefined {
  const waits = [
    milliseconds(first(headers['retry-after-ms'])),
    milliseconds(first(headers['x-ms-retry-after-ms'])),
    parseRetryAfter(first(headers['retry-after']), nowMs),
  ].filter((wait) => wait !== undefined)
  return waits.length === 0 ? undefined : Math.max(...waits)
}

/** Seconds (whole or not), a Go duration, an HTTP date or an RFC 3339 time, as milliseconds from now. */
export function parseRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  const value = text?.trim()
  if (value === undefined || value === '' || value.length > 64) return undefined
  if (/^\d+(\.\d+)?$/.test(value)) return clamp(Number(value) * 1000)
  const duration = parseGoDuration(value)
  if (duration !== undefined) return clamp(duration)
  if (!/[A-Za-z:]/.test(value)) return undefined
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : clamp(at - nowMs)
}

const unitMs: Record<string, number> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 0.001,
  µs: 0.001,
  ns: 1e-6,
}

/** `6m0s`, `2m59.56s`, `130ms`; undefined for anything else. */
function parseGoDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(h|ms|m|s|us|µs|ns))+$/.test(text)) return undefined
  let total = 0
  for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(h|ms|m|s|us|µs|ns)/g)) {
    total += Number(amount) * unitMs[unit ?? 's']!
  }
  return total
}

function milliseconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text.trim()) ? clamp(Number(text)) : undefined
}

function clamp(ms: number): number | undefined {
  if (!Number.isFinite(ms)) return undefined
  return Math.min(maxRetryAfterMs, Math.max(0, Math.round(ms)))
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

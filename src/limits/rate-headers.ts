/** The `x-ratelimit-*` headers: of all limits that hold, the one with the least left. */

import type { RateState } from './gcra.ts'
import type { RateCharge } from './port.ts'

/** In the form that OpenAI's API has and its SDKs' users read: https://platform.openai.com/docs/guides/rate-limits. */
export function rateHeaders(
  rates: readonly RateCharge[],
  states: readonly RateState[],
): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const kind of ['requests', 'tokens'] as const) {
    let tightest: RateState | undefined
    for (let at = 0; at < rates.length; at++) {
      const state = states[at]
      if (state === undefined || !rates[at]!.bucket.endsWith(kind)) continue
      if (!tightest || state.remaining / state.limit < tightest.remaining / tightest.limit) tightest = state
    }
    if (!tightest) continue
    headers[`x-ratelimit-limit-${kind}`] = String(tightest.limit)
    headers[`x-ratelimit-remaining-${kind}`] = String(tightest.remaining)
    headers[`x-ratelimit-reset-${kind}`] = formatDuration(tightest.resetMs)
  }
  return headers
}

/** `12ms`, `1.5s`, `6m0s`: as Go writes durations. */
export function formatDuration(ms: number): string {
  // Times are sums of fractions: 30,000.0000001 ms are 30 s.
  const whole = Math.ceil(ms - 1e-3)
  if (whole < 1000) return `${whole}ms`
  const minutes = Math.floor(whole / 60_000)
  const seconds = (whole % 60_000) / 1000
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds}s`
}

/** Slows down whoever tries keys: an address that sends wrong ones is told to wait. A right one always passes. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'

const perMinute = 20
const windowMs = 60_000
/** An attacker with more addresses than this is not slowed down by counting them. */
const maxAddresses = 10_000

export interface GuessLimiter {
  /** Counts a wrong key; the error to answer where there were too many. */
  note(address: string | undefined): GatewayError | undefined
}

export function createGuessLimiter(clock: Clock): GuessLimiter {
  const windows = new Map<string, { readonly endsMs: number; count: number }>()
  return {
    note(address) {
      if (address === undefined) return undefined
      const nowMs = clock.monotonicMs()
      let window = windows.get(address)
      if (window === undefined || window.endsMs <= nowMs) {
        windows.delete(address)
        if (windows.size >= maxAddresses) windows.delete(windows.keys().next().value!)
        windows.set(address, (window = { endsMs: nowMs + windowMs, count: 0 }))
      }
      if (++window.count <= perMinute) return undefined
      return new GatewayError('rate_limited', 'Too many wrong API keys came from this address.', {
        retryAfterMs: window.endsMs - nowMs,
      })
    },
  }
}

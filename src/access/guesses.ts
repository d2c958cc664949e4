/** Slows down whoever tries keys: an address that sends wrong ones is told to wait. A right one always passes. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { addressGroup } from './address-group.ts'
import { TryCounter } from './tries.ts'

const perMinute = 20
const windowMs = 60_000
const maxNames = 10_000

export interface GuessLimiter {
  /** Counts a wrong key; the error to answer where there were too many. */
  note(address: string | undefined): GatewayError | undefined
}

export function createGuessLimiter(clock: Clock): GuessLimiter {
  const tries = new TryCounter({ clock, windowMs, maxNames })
  return {
    note(address) {
      if (address === undefined) return undefined
      const { count, endsMs } = tries.count(addressGroup(address))
      if (count <= perMinute) return undefined
      return new GatewayError('rate_limited', 'Too many wrong API keys came from this address.', {
        retryAfterMs: endsMs - clock.monotonicMs(),
      })
    },
  }
}

/** Slows down whoever tries passwords: each account name and each address has so many tries, right ones included, in a while. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'

const windowMs = 15 * 60_000
const perAccount = 5
const perAddress = 30
const beginningsPerAddress = 60
/** More than this are not slowed down by counting them; the oldest is forgotten. */
const maxWindows = 20_000

export interface LockOut {
  /**
   * Counts a try before it is judged, so that many at once are no way around. Throws `rate_limited`: for names that
   * nobody has, too, so that it does not tell which exist.
   */
  enter(account: string, address: string | undefined): void
  /** Somebody sets out to sign in at another service, which is kept for them. Throws `rate_limited`. */
  begin(address: string | undefined): void
  /** The try was right: the account's count begins anew. */
  pass(account: string): void
}

/** In memory: with n instances, whoever reaches all of them has n times the tries. */
export function createLockOut(clock: Clock): LockOut {
  const windows = new Map<string, { readonly endsMs: number; count: number }>()
  const count = (name: string, limit: number): void => {
    const nowMs = clock.monotonicMs()
    let window = windows.get(name)
    if (window === undefined || window.endsMs <= nowMs) {
      windows.delete(name)
      if (windows.size >= maxWindows) windows.delete(windows.keys().next().value!)
      windows.set(name, (window = { endsMs: nowMs + windowMs, count: 0 }))
    }
    if (++window.count <= limit) return
    throw new GatewayError(
      'rate_limited',
      'Too many tries to sign in. Wait, or ask an owner for a new invitation.',
      {
        retryAfterMs: window.endsMs - nowMs,
      },
    )
  }
  return {
    enter(account, address) {
      if (address !== undefined) count(`from ${address}`, perAddress)
      count(`as ${account}`, perAccount)
    },
    begin(address) {
      if (address !== undefined) count(`begun from ${address}`, beginningsPerAddress)
    },
    pass: (account) => void windows.delete(`as ${account}`),
  }
}

/** Slows down whoever tries passwords: each account name and each address has so many tries, right ones included, in a while. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { addressGroup } from './address-group.ts'
import { TryCounter } from './tries.ts'

const windowMs = 15 * 60_000
const perAccount = 5
const perAddress = 30
const beginningsPerAddress = 60
const maxNames = 20_000

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
  // Each of its own, so that many addresses leave the counts of accounts alone, and the other way about.
  const options = { clock, windowMs, maxNames }
  const accounts = new TryCounter(options)
  const addresses = new TryCounter(options)
  const beginnings = new TryCounter(options)
  const count = (tries: TryCounter, name: string, limit: number): void => {
    const window = tries.count(name)
    if (window.count <= limit) return
    throw new GatewayError(
      'rate_limited',
      'Too many tries to sign in. Wait, or ask an owner for a new invitation.',
      { retryAfterMs: window.endsMs - clock.monotonicMs() },
    )
  }
  return {
    enter(account, address) {
      if (address !== undefined) count(addresses, addressGroup(address), perAddress)
      count(accounts, account, perAccount)
    },
    begin(address) {
      if (address !== undefined) count(beginnings, addressGroup(address), beginningsPerAddress)
    },
    pass: (account) => accounts.forget(account),
  }
}

/** A provider's keys and limits, as its targets tell of them. Pure. */

import type { Provider } from '../api/provider-standing.ts'

/** `2 ok`, `1 of 2 refused`: a key that some target is refused for is of no use. */
export function credentialsText({ credentials, targets }: Pick<Provider, 'credentials' | 'targets'>): string {
  const refused = new Set(
    targets.filter(({ withheld }) => withheld === 'parked').map(({ credential }) => credential),
  )
  const known = credentials.filter(({ alias }) => refused.has(alias)).length
  if (credentials.length === 0) return 'none'
  return known === 0 ? `${credentials.length} ok` : `${known} of ${credentials.length} refused`
}

/** How often a limit was reached, since the start. */
export function rateLimitsOf({ targets }: Pick<Provider, 'targets'>): number {
  return targets.reduce((sum, { rate_limits: count }) => sum + count, 0)
}

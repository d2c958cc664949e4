/** What a route's targets came to, from sums of its attempts by provider and model. Pure. */

import { exactly } from '../api/filter-text.ts'
import type { Usage } from '../api/usage.ts'

export type { Target } from './settings.ts'

export interface TargetAttempts {
  /** Of all attempts of the route, 0 to 1. */
  readonly share: number
  /** Of its own attempts, 0 to 1. */
  readonly failed: number
}

/** By `provider/model`; none of those that were not tried. */
export function attemptsOf(sums: readonly Usage[]): ReadonlyMap<string, TargetAttempts> {
  const all = sums.reduce((count, { attempts }) => count + attempts, 0)
  return new Map(
    sums
      .filter(({ attempts }) => attempts > 0)
      .map(({ provider, model, attempts, errors }) => [
        `${provider}/${model}`,
        { share: attempts / all, failed: errors / attempts },
      ]),
  )
}

/** The filters that find the requests which a target answered, or was the last to be tried for. */
export function targetFilter(target: string): { provider: string; model: string } {
  const slash = target.indexOf('/')
  return { provider: exactly(target.slice(0, slash)), model: exactly(target.slice(slash + 1)) }
}

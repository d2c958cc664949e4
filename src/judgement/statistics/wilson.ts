/** The interval of a rate over independent trials. */

import type { Interval } from './interval.ts'
import { normalQuantile } from './distributions.ts'

/** Wilson's score interval (1927) of `successes` out of `trials`, at two-sided level 1 - alpha. */
export function wilson(successes: number, trials: number, alpha = 0.05): Interval {
  const z2 = normalQuantile(1 - alpha / 2) ** 2
  const rate = successes / trials
  const centre = (rate + z2 / (2 * trials)) / (1 + z2 / trials)
  const half =
    Math.sqrt((rate * (1 - rate)) / trials + z2 / (4 * trials ** 2)) * (Math.sqrt(z2) / (1 + z2 / trials))
  return { lower: Math.max(0, centre - half), upper: Math.min(1, centre + half) }
}

/** How many cases a non-inferiority gate needs. */

import { normalQuantile } from './distributions.ts'

export interface SizeAssumptions {
  readonly margin: number
  /** One-sided error; half of it for a two-sided test. */
  readonly alpha: number
  readonly power: number
  /** Variance between cases of the true difference. */
  readonly betweenVariance: number
  /** Variance of one answer to the same case, in each arm, and the repeats over which it is averaged. */
  readonly samplingVariance: number
  readonly repeats: number
}

/** Cases for the power asked at no true difference: (z_(1-a) + z_power)^2 (w^2 + 2 s^2/K) / margin^2, rounded up. */
export function casesNeeded(given: SizeAssumptions): number {
  const z = normalQuantile(1 - given.alpha) + normalQuantile(given.power)
  const perCase = given.betweenVariance + (2 * given.samplingVariance) / given.repeats
  return Math.ceil((z ** 2 * perCase) / given.margin ** 2 - 1e-9)
}

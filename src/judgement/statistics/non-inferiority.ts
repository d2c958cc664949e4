/** One-sided bounds on a mean difference between paired arms, safe near the ceiling where a t bound is not. */

import { normalQuantile, tQuantile } from './distributions.ts'
import type { Interval } from './interval.ts'
import { mean, skewness, standardDeviation } from './moments.ts'
import { bisect } from './special.ts'

/** Influence values of equal cases differ by this much at most, from the arithmetic alone. */
const rounding = 1e-12

export type Verdict = 'pass' | 'fail' | 'inconclusive'

export interface DifferenceBounds extends Interval {
  readonly estimate: number
  readonly method: 'hall' | 'tango' | 'constant'
}

/**
 * Lower and upper bound of a mean difference, each with error `alpha`.
 * `influences`: one value for each cluster. `isBinary`: one repeat and one case in each cluster, so that every
 * difference is -1, 0 or 1. With fewer than two clusters nothing is known.
 */
export function differenceBounds(
  influences: readonly number[],
  { alpha, isBinary }: { readonly alpha: number; readonly isBinary: boolean },
): DifferenceBounds {
  const estimate = mean(influences)
  if (influences.every((value) => Math.abs(value - influences[0]!) < rounding)) {
    // No spread to estimate: what a change that struck a share x of the clusters would have shown with
    // probability 1 - alpha. With an x above this, all of them staying equal has a probability below alpha.
    const unseen = 1 - alpha ** (1 / influences.length)
    return { estimate, lower: estimate - unseen, upper: estimate + unseen, method: 'constant' }
  }
  const lower = isBinary ? tangoLower : skewedLower
  return {
    estimate,
    lower: lower(influences, alpha),
    upper: -lower(
      influences.map((value) => -value),
      alpha,
    ),
    method: isBinary ? 'tango' : 'hall',
  }
}

/** Whether a difference bounded so is no worse than `-margin`. */
export function nonInferiorityVerdict({ lower, upper }: Interval, margin: number): Verdict {
  if (lower > -margin) return 'pass'
  return upper < -margin ? 'fail' : 'inconclusive'
}

/** The smaller of the t bound and Hall's skew-corrected one (P. Hall, 1992, "On the removal of skewness"). */
export function skewedLower(influences: readonly number[], alpha: number): number {
  const clusters = influences.length
  const centre = mean(influences)
  const standardError = standardDeviation(influences) / Math.sqrt(clusters)
  const x = tQuantile(1 - alpha, clusters - 1)
  const plain = centre - x * standardError
  const a = skewness(influences) / Math.sqrt(clusters)
  if (Math.abs(a) < 1e-9) return plain
  const hall = centre - standardError * (3 / a) * (Math.cbrt(1 + a * (x - a / 6)) - 1)
  return Math.min(plain, hall)
}

/** Tango's score bound (1998) of a difference of paired proportions: differences are -1, 0 or 1. */
export function tangoLower(differences: readonly number[], alpha: number): number {
  const n = differences.length
  const losses = differences.filter((value) => value < 0).length
  const gains = differences.filter((value) => value > 0).length
  const statistic = (l: number): number => {
    const b = (2 * n - gains + losses) * l - losses - gains
    const c = -losses * l * (1 - l)
    const q = (Math.sqrt(Math.max(0, b * b - 8 * n * c)) - b) / (4 * n)
    return (gains - losses - n * l) / Math.sqrt(n * (2 * q + l * (1 - l)))
  }
  return bisect(statistic, normalQuantile(1 - alpha), -1 + 1e-12, (gains - losses) / n)
}

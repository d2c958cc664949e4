/** Means whose unit of inference is a cluster of cases, so that repeats and siblings count once. */

import { tQuantile } from './distributions.ts'
import type { Interval } from './interval.ts'
import { mean, standardDeviation } from './moments.ts'

export interface ClusteredMean {
  /** The mean of all case values. */
  readonly mean: number
  /** One influence value for each cluster: its share of the mean, so scaled that their mean is the mean. */
  readonly influences: readonly number[]
  /** The standard error with the cluster as the unit; NaN with one cluster. */
  readonly standardError: number
}

/**
 * The mean of case values grouped by cluster: u_g = m + (G/n) sum over g of (s_i - m), SE = sd(u)/sqrt(G).
 * With one case in each cluster this is the plain mean and its standard error.
 */
export function clusteredMean(clusters: readonly (readonly number[])[]): ClusteredMean {
  const values = clusters.flat()
  const centre = mean(values)
  const scale = clusters.length / values.length
  const influences = clusters.map((cluster) => {
    let total = 0
    for (const value of cluster) total += value - centre
    return centre + scale * total
  })
  return {
    mean: centre,
    influences,
    standardError: standardDeviation(influences) / Math.sqrt(clusters.length),
  }
}

/** The t interval of a clustered mean with G - 1 degrees of freedom, at two-sided level 1 - alpha. */
export function clusteredInterval(
  { mean: centre, influences, standardError }: ClusteredMean,
  alpha = 0.05,
): Interval {
  if (influences.length < 2) return { lower: -Infinity, upper: Infinity }
  const half = standardError * tQuantile(1 - alpha / 2, influences.length - 1)
  return { lower: centre - half, upper: centre + half }
}

/** Resampling intervals: bias-corrected and accelerated, and by plain percentiles. */

import { normalCdf, normalQuantile } from './distributions.ts'
import { mean } from './moments.ts'
import { quantile } from './quantiles.ts'
import type { Random } from './random.ts'

/** A statistic of the units (cases) whose indices are given; an index may stand there many times. */
export type Statistic = (units: Int32Array) => number

export interface BcaParts {
  /** Bias: how far the resamples' median is from the estimate, in standard deviations. */
  readonly z0: number
  /** Acceleration, from leaving out one unit at a time. */
  readonly a: number
}

/** Replicates of a statistic over `n` units drawn with replacement, ascending. */
export function resample(n: number, statistic: Statistic, replicates: number, random: Random): number[] {
  const units = new Int32Array(n)
  const values = Array.from({ length: replicates }, () => {
    for (let at = 0; at < n; at++) units[at] = random.below(n)
    return statistic(units)
  })
  return values.toSorted((x, y) => x - y)
}

/** Bias and acceleration (Efron 1987) of a statistic, from its sorted replicates and its jackknife. */
export function bcaParts(n: number, statistic: Statistic, sorted: readonly number[]): BcaParts {
  const all = Int32Array.from({ length: n }, (_, index) => index)
  const estimate = statistic(all)
  let below = 0
  let equal = 0
  for (const value of sorted) {
    if (value < estimate) below++
    else if (value === estimate) equal++
  }
  const leftOut = Array.from({ length: n }, (_, out) => statistic(all.filter((index) => index !== out)))
  const centre = mean(leftOut)
  let squares = 0
  let cubes = 0
  for (const value of leftOut) {
    squares += (centre - value) ** 2
    cubes += (centre - value) ** 3
  }
  return {
    z0: normalQuantile((below + equal / 2) / sorted.length),
    a: squares === 0 ? 0 : cubes / (6 * squares ** 1.5),
  }
}

/** The percentile of the replicates at which the bound of nominal level `p` is read. */
export function bcaLevel({ z0, a }: BcaParts, p: number): number {
  // All replicates equal, or all on one side of the estimate: nothing to correct by.
  if (!Number.isFinite(z0)) return p
  const shifted = z0 + normalQuantile(p)
  return normalCdf(z0 + shifted / (1 - a * shifted))
}

/** The one-sided BCa bounds of a statistic at the nominal levels given, by seeded resampling of the units. */
export function bcaBounds(
  { n, statistic, random }: { readonly n: number; readonly statistic: Statistic; readonly random: Random },
  levels: readonly number[],
  replicates = 10_000,
): number[] {
  const sorted = resample(n, statistic, replicates, random)
  const parts = bcaParts(n, statistic, sorted)
  return levels.map((level) => quantile(sorted, bcaLevel(parts, level)))
}

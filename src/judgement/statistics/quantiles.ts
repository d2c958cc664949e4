/** Quantiles of a sample with intervals by order statistics, which assume nothing of the distribution. */

import { binomialCdf } from './distributions.ts'

/** Ranks, from 1, of the order statistics that bound a quantile. */
export interface Ranks {
  readonly lower: number
  readonly upper: number
}

/**
 * The ranks that bound quantile `q` of `n` values at two-sided level 1 - alpha: the largest l with
 * P(Bin(n,q) < l) <= alpha/2 and the smallest u with P(Bin(n,q) >= u) <= alpha/2. A side that n values cannot
 * bound is undefined.
 */
export function quantileRanks(n: number, q: number, alpha = 0.05): Partial<Ranks> {
  return { ...lowerRank(n, q, alpha / 2), ...upperRank(n, q, alpha / 2) }
}

/** The rank whose value is at least quantile `q` with error at most `alpha`; undefined with too few values. */
export function upperRank(n: number, q: number, alpha: number): { upper?: number } {
  const upper = firstAbove(n, (rank) => 1 - binomialCdf(rank - 1, n, q) <= alpha)
  return upper > n ? {} : { upper }
}

/** The rank whose value is at most quantile `q` with error at most `alpha`; undefined with too few values. */
export function lowerRank(n: number, q: number, alpha: number): { lower?: number } {
  const lower = firstAbove(n, (rank) => binomialCdf(rank - 1, n, q) > alpha) - 1
  return lower < 1 ? {} : { lower }
}

/** The probability that the order statistics of these ranks hold the quantile between them. */
export function rankCoverage({ lower, upper }: Ranks, n: number, q: number): number {
  return binomialCdf(upper - 1, n, q) - binomialCdf(lower - 1, n, q)
}

/** The sample quantile: the smallest value with at least a share `q` of the values at or below it. */
export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length, Math.max(1, Math.ceil(q * sorted.length - 1e-9))) - 1]!
}

/** The first rank in 1..n for which the condition holds, n + 1 if none; it must hold from some rank on. */
function firstAbove(n: number, holds: (rank: number) => boolean): number {
  let [low, high] = [1, n + 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (middle <= n && !holds(middle)) low = middle + 1
    else high = middle
  }
  return low
}

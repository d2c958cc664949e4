/** How a judge compares with people: Cohen's kappa, and means of many judged answers corrected by a few labelled ones. */

import { sum } from './moments.ts'

/** Cohen's kappa (1960) of a square table of counts: rows by one rater, columns by the other. 1 where both use one class. */
export function cohenKappa(table: readonly (readonly number[])[]): number {
  const total = sum(table.flat())
  let observed = 0
  let expected = 0
  for (const [index, row] of table.entries()) {
    observed += row[index]! / total
    expected += (sum(row) / total) * (sum(table.map((other) => other[index]!)) / total)
  }
  return expected === 1 ? 1 : (observed - expected) / (1 - expected)
}

export interface JudgedMean {
  readonly mean: number
  readonly variance: number
  readonly n: number
}

/**
 * The prediction-powered mean (Angelopoulos et al., 2023): the judge's mean over all answers plus the mean of
 * (human - judge) over the labelled ones, with its standard error.
 */
export function predictionPoweredMean(
  judged: JudgedMean,
  shift: JudgedMean,
): { mean: number; standardError: number } {
  return {
    mean: judged.mean + shift.mean,
    standardError: Math.sqrt(judged.variance / judged.n + shift.variance / shift.n),
  }
}

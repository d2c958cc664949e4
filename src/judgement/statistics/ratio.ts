/** A ratio of two totals over the same cases, such as cost per success. */

import { mean, sum, variance } from './moments.ts'

/** R = sum c / sum y with its standard error by the delta method; undefined where the denominators add up to 0. */
export function ratioOfTotals(
  numerators: readonly number[],
  denominators: readonly number[],
): { ratio: number; standardError: number } | undefined {
  const total = sum(denominators)
  if (total === 0) return undefined
  const ratio = sum(numerators) / total
  const residuals = numerators.map((value, index) => value - ratio * denominators[index]!)
  const standardError = Math.sqrt(variance(residuals) / (residuals.length * mean(denominators) ** 2))
  return { ratio, standardError }
}

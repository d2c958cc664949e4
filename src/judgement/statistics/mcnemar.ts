/** The exact test of paired right and wrong answers. */

import { binomialCdf, binomialProbability } from './distributions.ts'

/** McNemar's exact p-value (two-sided) and its mid-p form, from the pairs that only one arm got right. */
export function mcnemar(onlyFirst: number, onlySecond: number): { p: number; midP: number } {
  const n = onlyFirst + onlySecond
  if (n === 0) return { p: 1, midP: 1 }
  const least = Math.min(onlyFirst, onlySecond)
  const tail = binomialCdf(least, n, 0.5)
  return { p: Math.min(1, 2 * tail), midP: Math.min(1, 2 * tail - binomialProbability(least, n, 0.5)) }
}

/** Whether a split of live traffic has the sizes it was meant to have. */

import { chiSquaredUpperTail } from './distributions.ts'
import { sum } from './moments.ts'
import { logGamma } from './special.ts'

/** A p-value below this hides the results and stops the ramp. */
export const ratioMismatchBelow = 0.0005
/** A Bayes factor of the continuous form at which the ramp stops. */
export const ratioMismatchFrom = 2_000

/** The chi-squared test of counts against their intended shares (which add up to 1). */
export function sampleRatioTest(
  counts: readonly number[],
  shares: readonly number[],
): { chiSquared: number; p: number } {
  const total = sum(counts)
  let chiSquared = 0
  for (const [arm, count] of counts.entries()) {
    const expected = total * shares[arm]!
    chiSquared += (count - expected) ** 2 / expected
  }
  return { chiSquared, p: chiSquaredUpperTail(chiSquared, counts.length - 1) }
}

/**
 * The Bayes factor against the intended shares, which may be looked at after every unit (Lindon and Malek, 2022):
 * a Dirichlet prior around the shares with concentration `c`.
 */
export function sampleRatioBayesFactor(
  counts: readonly number[],
  shares: readonly number[],
  c = 1_000,
): number {
  let log = logGamma(c) - logGamma(c + sum(counts))
  for (const [arm, count] of counts.entries()) {
    const share = shares[arm]!
    log += logGamma(c * share + count) - logGamma(c * share) - count * Math.log(share)
  }
  return Math.exp(log)
}

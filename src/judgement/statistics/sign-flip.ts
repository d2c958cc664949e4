/** A permutation test of paired differences that assumes only that their signs are exchangeable. */

import type { Random } from './random.ts'

/** Up to this many differences, every pattern of signs is tried. */
const exactUpTo = 16
/** Sums that differ by rounding alone count as equal. */
const tolerance = 1e-12

/** The two-sided p-value of the sum of `differences` under random signs; `flips` random ones beyond 16 differences. */
export function signFlipTest(
  differences: readonly number[],
  random: Random,
  flips = 9_999,
): { p: number; isExact: boolean } {
  const observed = Math.abs(differences.reduce((total, value) => total + value, 0)) - tolerance
  if (differences.length <= exactUpTo) {
    const patterns = 2 ** differences.length
    let asFar = 0
    for (let pattern = 0; pattern < patterns; pattern++) {
      let total = 0
      for (const [bit, value] of differences.entries()) total += (pattern >> bit) & 1 ? -value : value
      if (Math.abs(total) >= observed) asFar++
    }
    return { p: asFar / patterns, isExact: true }
  }
  let asFar = 0
  for (let flip = 0; flip < flips; flip++) {
    let total = 0
    for (const value of differences) total += random.next() < 0.5 ? -value : value
    if (Math.abs(total) >= observed) asFar++
  }
  return { p: (1 + asFar) / (flips + 1), isExact: false }
}

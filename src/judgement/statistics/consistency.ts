/** How alike the answers to the same case are, over its repeats. */

import { logChoose } from './special.ts'

/** Sizes of the groups of equal answers. */
function groupSizes(answers: readonly string[]): number[] {
  const groups = new Map<string, number>()
  for (const answer of answers) groups.set(answer, (groups.get(answer) ?? 0) + 1)
  return [...groups.values()]
}

/** The share of pairs of repeats that agree; undefined of fewer than two answers. */
export function agreement(answers: readonly string[]): number | undefined {
  const repeats = answers.length
  if (repeats < 2) return undefined
  let pairs = 0
  for (const size of groupSizes(answers)) pairs += size * (size - 1)
  return pairs / (repeats * (repeats - 1))
}

/** Entropy of the answers with the bias correction of Miller and Madow, as a share of ln K; capped at 1. */
export function normalisedEntropy(answers: readonly string[]): number | undefined {
  const repeats = answers.length
  if (repeats < 2) return undefined
  const sizes = groupSizes(answers)
  let entropy = (sizes.length - 1) / (2 * repeats)
  for (const size of sizes) entropy -= (size / repeats) * Math.log(size / repeats)
  return Math.min(1, entropy / Math.log(repeats))
}

/** pass^k: the chance that k repeats drawn from K, of which `passes` passed, all passed. */
export function passAll(passes: number, repeats: number, k: number): number {
  return passes < k ? 0 : Math.exp(logChoose(passes, k) - logChoose(repeats, k))
}

/** pass@k: the chance that at least one of k repeats drawn from K passed. */
export function passAny(passes: number, repeats: number, k: number): number {
  return 1 - passAll(repeats - passes, repeats, k)
}

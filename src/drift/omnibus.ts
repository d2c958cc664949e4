/** Tells whether texts changed in any way at all, also in ways that no named metric sees: a kernel test (MMD). */

import { mean, standardDeviation } from '../judgement/statistics/moments.ts'
import { tQuantile, tUpperTail } from '../judgement/statistics/distributions.ts'
import type { Random } from '../judgement/statistics/random.ts'
import { dot, kernelSize } from './kernel.ts'

/** Vectors of one run's valid answers, by prompt. */
export type RunVectors = readonly (readonly Float32Array[])[]

export interface OmnibusTest {
  /** The squared length of the summed difference of the prompts' mean vectors. */
  readonly distance: number
  /** Labels permuted within each prompt: sees any change, also the ordinary one between runs. */
  readonly pPermutation: number
  /** Against the distance of each baseline run from all others: knows how much runs differ anyway. */
  readonly pRun: number
  readonly p: number
  /** Of a run without drift: the geometric mean, and the limits at level .99. Absent in what an older version kept. */
  readonly usual?: { readonly distance: number; readonly lower: number; readonly upper: number }
}

/** Rounding apart, texts without any difference: their logarithm must stay finite. */
const leastDistance = 1e-12

/**
 * The larger of both p-values, that of the runs taken threefold: permutation alone alarms on every second run
 * without drift. The cost is 2,000 permutations of the new run's vectors, fewer where they soon show that nothing alarms.
 */
export function omnibusTest(
  baseline: readonly RunVectors[],
  run: RunVectors,
  random: Random,
  permutations = 2_000,
): OmnibusTest | undefined {
  const pools = run
    .map((samples, prompt) => ({ chosen: samples, rest: baseline.flatMap((other) => other[prompt] ?? []) }))
    .filter(({ chosen, rest }) => chosen.length > 0 && rest.length > 0)
  if (pools.length === 0 || baseline.length < 3) return undefined
  const distance = distanceOf(pools)
  const pPermutation = permutationP(pools, distance, random, permutations)
  const among = amongRuns(baseline)
  const pRun = runP(among, distance)
  const reach = tQuantile(0.995, among.runs - 1) * among.spread
  const at = (offset: number) => Math.exp(among.mean + offset)
  return {
    distance,
    pPermutation,
    pRun,
    p: Math.max(pPermutation, Math.min(1, 3 * pRun)),
    usual: { distance: at(0), lower: at(-reach), upper: at(reach) },
  }
}

interface Pool {
  readonly chosen: readonly Float32Array[]
  readonly rest: readonly Float32Array[]
}

function addScaled(total: Float64Array, vector: Float32Array, factor: number): void {
  for (let bin = 0; bin < kernelSize; bin++) total[bin]! += factor * vector[bin]!
}

function distanceOf(pools: readonly Pool[]): number {
  const difference = new Float64Array(kernelSize)
  for (const { chosen, rest } of pools) {
    for (const vector of chosen) addScaled(difference, vector, 1 / chosen.length)
    for (const vector of rest) addScaled(difference, vector, -1 / rest.length)
  }
  return dot(difference, difference)
}

/** The first `take` of the vectors are the chosen ones. */
interface Relabelled {
  readonly vectors: Float32Array[]
  readonly take: number
  readonly factor: number
}

const zeros = new Float32Array(kernelSize)

/** Adds the chosen ones, times their factor, to a row; five at once, as it is the hot loop and sets ask five times. */
function addChosen(row: Float64Array, { vectors, take, factor }: Relabelled): void {
  const chosen = (at: number): Float32Array => (at < take ? vectors[at]! : zeros)
  for (let at = 0; at < take; at += 5) {
    const a = chosen(at)
    const b = chosen(at + 1)
    const c = chosen(at + 2)
    const d = chosen(at + 3)
    const e = chosen(at + 4)
    for (let bin = 0; bin < kernelSize; bin++) {
      row[bin]! += factor * (a[bin]! + b[bin]! + (c[bin]! + d[bin]!) + e[bin]!)
    }
  }
}

/** So many permutations go through one prompt's vectors before the next prompt's: both then stay in the cache. */
const roundsAtOnce = 50
/** A share of relabellings beyond this is far from any alarm: the rest need not be drawn. */
const plainlyQuiet = 0.05

/**
 * The share of relabellings within prompts that lie as far apart. Only the chosen vectors are summed anew: the mean
 * of the rest follows from the prompt's total.
 */
function permutationP(
  pools: readonly Pool[],
  distance: number,
  random: Random,
  permutations: number,
): number {
  const fixed = new Float64Array(kernelSize)
  const prompts = pools.map(({ chosen, rest }): Relabelled => {
    const vectors = [...chosen, ...rest]
    for (const vector of vectors) addScaled(fixed, vector, -1 / rest.length)
    return { vectors, take: chosen.length, factor: 1 / chosen.length + 1 / rest.length }
  })
  const rows = Array.from({ length: roundsAtOnce }, () => new Float64Array(kernelSize))
  const from = distance * (1 - 1e-9)
  let asFar = 0
  let done = 0
  while (done < permutations && asFar < plainlyQuiet * permutations) {
    const rounds = rows.slice(0, permutations - done)
    for (const row of rounds) row.set(fixed)
    for (const prompt of prompts) {
      for (const row of rounds) {
        choose(prompt, random)
        addChosen(row, prompt)
      }
    }
    for (const row of rounds) if (dot(row, row) >= from) asFar++
    done += rounds.length
  }
  return (1 + asFar) / (done + 1)
}

/** Brings `take` vectors to the front, each as likely as any other. */
function choose({ vectors, take }: Relabelled, random: Random): void {
  for (let at = 0; at < take; at++) {
    const other = at + random.below(vectors.length - at)
    const vector = vectors[other]!
    vectors[other] = vectors[at]!
    vectors[at] = vector
  }
}

/** Logarithms of each baseline run's distance from the other ones. */
interface Distances {
  readonly runs: number
  readonly mean: number
  /** Of one more run. */
  readonly spread: number
}

function amongRuns(baseline: readonly RunVectors[]): Distances {
  const totals: Float64Array[] = []
  const counts: number[] = []
  for (const run of baseline) {
    for (const [prompt, samples] of run.entries()) {
      const total = (totals[prompt] ??= new Float64Array(kernelSize))
      for (const vector of samples) addScaled(total, vector, 1)
      counts[prompt] = (counts[prompt] ?? 0) + samples.length
    }
  }
  const logs = baseline.map((run) => {
    const difference = new Float64Array(kernelSize)
    for (const [prompt, samples] of run.entries()) {
      const others = counts[prompt]! - samples.length
      if (samples.length === 0 || others === 0) continue
      // The mean of the others is (total - own) / others.
      for (const vector of samples) addScaled(difference, vector, 1 / samples.length + 1 / others)
      const total = totals[prompt]!
      for (let bin = 0; bin < kernelSize; bin++) difference[bin]! -= total[bin]! / others
    }
    return Math.log(Math.max(dot(difference, difference), leastDistance))
  })
  const runs = logs.length
  return { runs, mean: mean(logs), spread: standardDeviation(logs) * Math.sqrt(1 + 1 / runs) }
}

/** The upper tail of the new run's log distance among them. */
function runP({ runs, mean: usual, spread }: Distances, distance: number): number {
  const beyond = Math.log(Math.max(distance, leastDistance)) - usual
  // Runs that always answer alike have no spread: then any distance is beyond all, and none is not.
  if (spread < 1e-9) return beyond > 1e-9 ? 0 : 1
  return tUpperTail(beyond / spread, runs - 1)
}

/** One sample per prompt before and after: the signs of the differences are flipped. */
export function pairedOmnibus(
  before: readonly Float32Array[],
  after: readonly Float32Array[],
  random: Random,
  flips = 1_999,
): { distance: number; p: number } {
  const differences = before.map((vector, at) => after[at]!.map((value, bin) => value - vector[bin]!))
  const n = differences.length
  const products = differences.map((a) => Float64Array.from(differences, (b) => dot(a, b)))
  const signs = new Int8Array(n).fill(1)
  const distanceNow = (): number => {
    let total = 0
    for (let a = 0; a < n; a++) {
      const row = products[a]!
      let inner = 0
      for (let b = 0; b < n; b++) inner += signs[b]! * row[b]!
      total += signs[a]! * inner
    }
    return total
  }
  const distance = distanceNow()
  const from = distance * (1 - 1e-9)
  const exact = n <= 16
  const rounds = exact ? 2 ** n : flips
  let asFar = 0
  for (let round = 0; round < rounds; round++) {
    for (let at = 0; at < n; at++) signs[at] = (exact ? (round >> at) & 1 : random.next() < 0.5) ? -1 : 1
    if (distanceNow() >= from) asFar++
  }
  return { distance, p: exact ? asFar / rounds : (1 + asFar) / (flips + 1) }
}

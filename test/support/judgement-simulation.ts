/** Known worlds for the statistics of evaluation: how often intervals hold, gates stop and sequences alarm. */

import { betaDraw, drawDifference, type Population } from '../../src/evals/power.ts'
import { clusteredInterval, clusteredMean } from '../../src/judgement/statistics/clusters.ts'
import { confidenceSequence, sequenceTuning } from '../../src/judgement/statistics/confidence-sequence.ts'
import { binomialProbability } from '../../src/judgement/statistics/distributions.ts'
import { alphaAtEnd, createEarlyStop, firstCheck, stopAt } from '../../src/judgement/statistics/e-process.ts'
import { differenceBounds, nonInferiorityVerdict } from '../../src/judgement/statistics/non-inferiority.ts'
import { quantileRanks, rankCoverage } from '../../src/judgement/statistics/quantiles.ts'
import type { Random } from '../../src/judgement/statistics/random.ts'
import { wilson } from '../../src/judgement/statistics/wilson.ts'

export interface Runs {
  readonly runs: number
  readonly random: Random
}

// -- coverage

export interface Suites {
  readonly clusters: number
  readonly casesInCluster: number
  readonly repeats: number
  /** Share of a case's chance to pass that its cluster decides. */
  readonly shared: number
}

/** How often the t interval at a nominal 95 % holds the true pass rate of a suite drawn from a Beta(4, 1) world. */
export function tCoverage(
  { clusters, casesInCluster, repeats, shared }: Suites,
  { runs, random }: Runs,
): number {
  const truth = 0.8
  const chance = betaDraw(4, 1, random)
  let held = 0
  for (let run = 0; run < runs; run++) {
    const values = Array.from({ length: clusters }, () => {
      const common = chance()
      return Array.from({ length: casesInCluster }, () => {
        const own = shared * common + (1 - shared) * chance()
        let passes = 0
        for (let repeat = 0; repeat < repeats; repeat++) if (random.next() < own) passes += 1
        return passes / repeats
      })
    })
    const { lower, upper } = clusteredInterval(clusteredMean(values))
    if (lower <= truth && truth <= upper) held += 1
  }
  return held / runs
}

/** The same for Wilson's interval, with the share of all outcomes that hold the rate, worked out. */
export function wilsonCoverage(
  trials: number,
  rate: number,
  { runs, random }: Runs,
): { measured: number; exact: number } {
  const holds = Array.from({ length: trials + 1 }, (_, successes) => {
    const { lower, upper } = wilson(successes, trials)
    return lower <= rate && rate <= upper
  })
  let exact = 0
  for (const [successes, isHeld] of holds.entries())
    if (isHeld) exact += binomialProbability(successes, trials, rate)
  let held = 0
  for (let run = 0; run < runs; run++) {
    let successes = 0
    for (let trial = 0; trial < trials; trial++) if (random.next() < rate) successes += 1
    if (holds[successes]) held += 1
  }
  return { measured: held / runs, exact }
}

/** The same for the interval of a quantile, on values of an exponential law. */
export function quantileCoverage(
  n: number,
  q: number,
  { runs, random }: Runs,
): { measured: number; exact: number } {
  const { lower, upper } = quantileRanks(n, q)
  if (lower === undefined || upper === undefined) return { measured: NaN, exact: NaN }
  const truth = -Math.log(1 - q)
  const values = new Float64Array(n)
  let held = 0
  for (let run = 0; run < runs; run++) {
    for (let at = 0; at < n; at++) values[at] = -Math.log(1 - random.next())
    values.sort()
    if (values[lower - 1]! <= truth && truth <= values[upper - 1]!) held += 1
  }
  return { measured: held / runs, exact: rankCoverage({ lower, upper }, n, q) }
}

// -- early stopping

export interface EarlyOdds {
  readonly pass: number
  readonly fail: number
  readonly cases: number
}

const gate = { cases: 500, repeats: 5, margin: 0.03, alpha: 0.05 }

/** A gate over 500 cases x 5 repeats that may stop early, of a candidate that is truly `loss` worse. */
export function earlyOdds(population: Population, loss: number, { runs, random }: Runs): EarlyOdds {
  const draw = drawDifference(population, loss, gate.repeats, random)
  let [pass, fail, cases] = [0, 0, 0]
  for (let run = 0; run < runs; run++) {
    const process = createEarlyStop(gate.margin)
    const differences: number[] = []
    let verdict: string | undefined
    while (verdict === undefined && differences.length < gate.cases) {
      const difference = draw()
      differences.push(difference)
      const { evidenceFor, evidenceAgainst } = process.push(difference)
      if (differences.length < firstCheck) continue
      if (evidenceFor >= stopAt) verdict = 'pass'
      else if (evidenceAgainst >= stopAt) verdict = 'fail'
    }
    verdict ??= nonInferiorityVerdict(
      differenceBounds(differences, { alpha: alphaAtEnd(gate.alpha), isBinary: false }),
      gate.margin,
    )
    if (verdict === 'pass') pass += 1
    else if (verdict === 'fail') fail += 1
    cases += differences.length
  }
  return { pass: pass / runs, fail: fail / runs, cases: cases / runs }
}

// -- confidence sequences

export interface SequenceOdds {
  /** How often some look excluded that the arms are equal. */
  readonly found: number
  /** The same for a plain z interval at 95 % of each look. */
  readonly foundByPeeking: number
  /** Units per arm at the median stop; Infinity where most runs did not stop. */
  readonly medianUnits: number
}

const live = { unitsPerArm: 20_000, step: 100, firstLook: 200, alpha: 0.05, planned: 4_000, variance: 0.36 }

/** Two live arms with these success rates, looked at every 100 units of an arm. */
export function sequenceOdds([a, b]: readonly [number, number], { runs, random }: Runs): SequenceOdds {
  const { unitsPerArm, step, firstLook, alpha, planned, variance } = live
  const tuning = sequenceTuning(alpha, planned, variance)
  const [drawA, drawB] = [binomialDraw(step, a, random), binomialDraw(step, b, random)]
  const stops: number[] = []
  let peeked = 0
  for (let run = 0; run < runs; run++) {
    let [successesA, successesB] = [0, 0]
    let stop = Infinity
    let isPeeked = false
    for (let units = step; units <= unitsPerArm; units += step) {
      successesA += drawA()
      successesB += drawB()
      if (units < firstLook) continue
      const [armA, armB] = [moments(successesA, units), moments(successesB, units)]
      const { difference, halfWidth } = confidenceSequence(armA, armB, { alpha, tuning })
      if (Math.abs(difference) > halfWidth && stop === Infinity) stop = units
      isPeeked ||= Math.abs(difference) > 1.959964 * Math.sqrt((armA.variance + armB.variance) / units)
      if (isPeeked && stop < Infinity) break
    }
    stops.push(stop)
    if (isPeeked) peeked += 1
  }
  stops.sort((one, other) => one - other)
  return {
    found: stops.filter(Number.isFinite).length / runs,
    foundByPeeking: peeked / runs,
    medianUnits: stops[Math.floor(runs / 2)]!,
  }
}

function moments(successes: number, units: number): { units: number; mean: number; variance: number } {
  const rate = successes / units
  return { units, mean: rate, variance: (rate * (1 - rate) * units) / (units - 1) }
}

/** Draws of a binomial by its inverse: one random number in place of `n`. */
function binomialDraw(n: number, p: number, random: Random): () => number {
  const cumulative: number[] = []
  let total = 0
  for (let k = 0; k <= n; k++) cumulative.push((total += binomialProbability(k, n, p)))
  const start = Math.floor(n * p)
  return () => {
    const u = random.next()
    let k = start
    while (k > 0 && u < cumulative[k - 1]!) k -= 1
    while (k < n && u >= cumulative[k]!) k += 1
    return k
  }
}

/** The worked numbers of every formula, each from its source or worked out by hand with an exact method. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { cohenKappa, predictionPoweredMean } from './agreement-of-raters.ts'
import { bcaBounds, bcaLevel, bcaParts } from './bootstrap.ts'
import { clusteredInterval, clusteredMean } from './clusters.ts'
import { confidenceSequence, sequenceTuning } from './confidence-sequence.ts'
import { agreement, normalisedEntropy, passAll, passAny } from './consistency.ts'
import {
  binomialCdf,
  binomialProbability,
  chiSquaredQuantile,
  chiSquaredUpperTail,
  normalCdf,
  normalQuantile,
  tQuantile,
  tTwoSided,
  tUpperTail,
} from './distributions.ts'
import { alphaAtEnd, createEarlyStop, firstCheck, stopAt } from './e-process.ts'
import { mcnemar } from './mcnemar.ts'
import { mean, skewness, standardDeviation, variance } from './moments.ts'
import { benjaminiHochberg, holm } from './multiplicity.ts'
import { differenceBounds, nonInferiorityVerdict, skewedLower } from './non-inferiority.ts'
import { lowerRank, quantile, quantileRanks, rankCoverage, upperRank } from './quantiles.ts'
import { createRandom } from './random.ts'
import { ratioOfTotals } from './ratio.ts'
import { casesNeeded } from './sample-size.ts'
import {
  ratioMismatchBelow,
  ratioMismatchFrom,
  sampleRatioBayesFactor,
  sampleRatioTest,
} from './sample-ratio.ts'
import { signFlipTest } from './sign-flip.ts'
import { incompleteBeta, logGamma, upperGamma } from './special.ts'
import { wilson } from './wilson.ts'

function near(actual: number, expected: number, digits = 6): void {
  assert.ok(
    Math.abs(actual - expected) <= 0.51 * 10 ** -digits,
    `${actual} is not ${expected} to ${digits} digits`,
  )
}

const times = (value: number, count: number): number[] => Array.from({ length: count }, () => value)

test('special functions', () => {
  near(logGamma(10.5), 13.940625)
  near(logGamma(5), Math.log(24), 12)
  near(logGamma(0.5), Math.log(Math.sqrt(Math.PI)), 12)
  near(upperGamma(1, 2), Math.exp(-2), 12)
  near(upperGamma(3, 0.5), Math.exp(-0.5) * (1 + 0.5 + 0.125), 12)
  near(incompleteBeta(0.3, 2, 3), 0.3483, 12)
  near(incompleteBeta(0.9, 1, 4), 1 - 0.1 ** 4, 12)
})

test('quantiles and tails of the distributions', () => {
  near(normalQuantile(0.95), 1.644854)
  near(normalQuantile(0.975), 1.959964)
  near(normalQuantile(0.025), -1.959964)
  near(normalCdf(1.959964), 0.975)
  near(tQuantile(0.95, 99), 1.660391)
  near(tQuantile(0.95, 199), 1.652547)
  near(tQuantile(0.95, 19), 1.729133)
  near(tQuantile(0.05, 19), -1.729133)
  near(tUpperTail(2.5, 19), 0.0108702, 7)
  near(tTwoSided(-3.960655, 19), 0.00083824, 8)
  near(chiSquaredQuantile(0.25, 19), 14.561997)
  near(chiSquaredUpperTail(9, 1), 0.0027, 4)
  near(binomialProbability(2, 4, 0.5), 0.375, 12)
  near(binomialCdf(2, 4, 0.5), 0.6875, 12)
  near(binomialCdf(0, 10, 0.1), 0.9 ** 10, 12)
})

test('the same seed gives the same numbers, spread as they should be', () => {
  const draws = (seed: string): number[] => {
    const random = createRandom(seed)
    return Array.from({ length: 20_000 }, () => random.next())
  }
  assert.deepEqual(draws('a'), draws('a'))
  assert.notDeepEqual(draws('a').slice(0, 3), draws('b').slice(0, 3))
  near(mean(draws('a')), 0.5, 2)
  near(variance(draws('a')), 1 / 12, 2)
  const random = createRandom('normal')
  const normals = Array.from({ length: 20_000 }, () => random.normal())
  assert.ok(Math.abs(mean(normals)) < 0.03)
  assert.ok(Math.abs(standardDeviation(normals) - 1) < 0.02)
  assert.deepEqual(
    random.shuffle([1, 2, 3, 4, 5]).toSorted((a, b) => a - b),
    [1, 2, 3, 4, 5],
  )
})

test('Wilson', () => {
  const most = wilson(45, 50)
  near(most.lower, 0.786398)
  near(most.upper, 0.956524)
  const all = wilson(50, 50)
  near(all.lower, 0.928652)
  assert.equal(all.upper, 1)
})

test('clusters: influence values and standard error', () => {
  const result = clusteredMean([[1, 1, 0.8], [0.6, 0.4], [1], [0, 0.2, 0.4, 0.2], [1, 1]])
  near(result.mean, 0.633333)
  for (const [index, expected] of [1.008333, 0.522222, 0.786111, -0.088889, 0.938889].entries()) {
    near(result.influences[index]!, expected)
  }
  near(result.standardError, 0.198907)
  const naive = clusteredMean([1, 1, 0.8, 0.6, 0.4, 1, 0, 0.2, 0.4, 0.2, 1, 1].map((value) => [value]))
  near(naive.standardError, 0.109637)
  const interval = clusteredInterval(naive, 0.05)
  near(interval.upper - naive.mean, naive.standardError * 2.200985)
  assert.equal(clusteredInterval(clusteredMean([[1, 0]])).lower, -Infinity)
})

interface Gate {
  readonly name: string
  readonly influences: readonly number[]
  readonly isBinary: boolean
  readonly t?: number
  readonly lower: number
  readonly upper?: number
  readonly verdict: string
}

const gates: readonly Gate[] = [
  {
    name: 'five repeats, a few losses',
    influences: [...times(0.2, 14), ...times(-0.2, 18), ...times(-0.4, 3), ...times(0, 165)],
    isBinary: false,
    t: -0.020927,
    lower: -0.0215,
    upper: 0.000927,
    verdict: 'pass',
  },
  {
    name: 'five repeats, many losses',
    influences: [...times(0.2, 20), ...times(-0.2, 60), ...times(-0.6, 20), ...times(0, 200)],
    isBinary: false,
    t: -0.083255,
    lower: -0.084454,
    upper: -0.050078,
    verdict: 'fail',
  },
  {
    name: 'one loss in a hundred',
    influences: [-1, ...times(0, 99)],
    isBinary: true,
    lower: -0.043582,
    upper: 0.016606,
    verdict: 'inconclusive',
  },
  {
    name: 'churn',
    influences: [...times(-1, 6), ...times(1, 5), ...times(0, 289)],
    isBinary: true,
    lower: -0.023725,
    upper: 0.016489,
    verdict: 'pass',
  },
  { name: '98 equal', influences: times(0, 98), isBinary: true, lower: -0.030106, verdict: 'inconclusive' },
  { name: '99 equal', influences: times(0, 99), isBinary: false, lower: -0.029807, verdict: 'pass' },
]

for (const gate of gates) {
  test(`non-inferiority: ${gate.name}`, () => {
    const bounds = differenceBounds(gate.influences, { alpha: 0.05, isBinary: gate.isBinary })
    near(bounds.lower, gate.lower)
    if (gate.upper !== undefined) near(bounds.upper, gate.upper)
    if (gate.t !== undefined) {
      const centre = mean(gate.influences)
      const error = standardDeviation(gate.influences) / Math.sqrt(gate.influences.length)
      near(centre - tQuantile(0.95, gate.influences.length - 1) * error, gate.t)
    }
    assert.equal(nonInferiorityVerdict(bounds, 0.03), gate.verdict)
  })
}

test('the skew correction leaves symmetric differences alone and never raises the bound', () => {
  const even = [...times(0.2, 10), ...times(-0.2, 10), ...times(0, 80)]
  near(skewness(even), 0, 12)
  const plain = mean(even) - (tQuantile(0.95, 99) * standardDeviation(even)) / 10
  near(skewedLower(even, 0.05), plain, 12)
  const good = [...times(1, 3), ...times(0, 97)]
  assert.ok(skewness(good) > 1)
  assert.ok(skewedLower(good, 0.05) <= mean(good) - (tQuantile(0.95, 99) * standardDeviation(good)) / 10)
})

test('McNemar', () => {
  near(mcnemar(9, 2).p, 0.06543)
  near(mcnemar(9, 2).midP, 0.038574)
  assert.equal(mcnemar(5, 5).p, 1)
  near(mcnemar(40, 35).p, 0.644464)
  assert.equal(mcnemar(0, 0).p, 1)
})

test('sign flips', () => {
  const random = createRandom('flips')
  const differences = [0.4, 0.2, 0.2, 0, -0.2, 0.6, 0.2, 0.4]
  assert.deepEqual(signFlipTest(differences, random), { p: 20 / 256, isExact: true })
  const exact = signFlipTest([...differences, ...differences], random)
  const sampled = signFlipTest([...differences, ...differences, 0], random)
  assert.ok(exact.isExact && !sampled.isExact)
  near(sampled.p, exact.p, 2)
})

test('quantiles by order statistics', () => {
  assert.deepEqual(quantileRanks(100, 0.5), { lower: 40, upper: 61 })
  near(rankCoverage({ lower: 40, upper: 61 }, 100, 0.5), 0.9648, 4)
  assert.deepEqual(quantileRanks(100, 0.95), { lower: 90, upper: 100 })
  assert.deepEqual(quantileRanks(200, 0.95), { lower: 184, upper: 197 })
  assert.deepEqual(quantileRanks(1000, 0.99), { lower: 983, upper: 997 })
  assert.equal(upperRank(200, 0.95, 0.05).upper, 196)
  assert.equal(upperRank(58, 0.95, 0.05).upper, undefined)
  assert.equal(upperRank(59, 0.95, 0.05).upper, 59)
  assert.equal(upperRank(298, 0.99, 0.05).upper, undefined)
  assert.equal(upperRank(299, 0.99, 0.05).upper, 299)
  assert.equal(lowerRank(4, 0.5, 0.05).lower, undefined)
  assert.equal(quantile([1, 2, 3, 4], 0.5), 2)
  assert.equal(quantile([1, 2, 3, 4], 1), 4)
})

test('BCa over all resamples of six values', () => {
  const values = [1, 2, 2, 3, 4, 12]
  const statistic = (units: Int32Array): number => {
    let total = 0
    for (const unit of units) total += values[unit]!
    return total / units.length
  }
  const all: number[] = []
  const units = new Int32Array(6)
  for (let pattern = 0; pattern < 6 ** 6; pattern++) {
    for (let at = 0, rest = pattern; at < 6; at++, rest = Math.floor(rest / 6)) units[at] = rest % 6
    all.push(statistic(units))
  }
  const sorted = all.toSorted((a, b) => a - b)
  const parts = bcaParts(6, statistic, sorted)
  near(parts.z0, 0.09818)
  near(parts.a, 0.105045)
  near(bcaLevel(parts, 0.025), 0.072275)
  near(bcaLevel(parts, 0.975), 0.996775)
  near(bcaLevel(parts, 0.95), 0.987189)
  assert.equal(quantile(sorted, bcaLevel(parts, 0.025)), 2)
  assert.equal(quantile(sorted, bcaLevel(parts, 0.975)), 9)
  near(quantile(sorted, bcaLevel(parts, 0.95)), 7.6667, 4)
  const [low, high] = bcaBounds({ n: 6, statistic, random: createRandom('bca') }, [0.025, 0.975])
  assert.ok(Math.abs(low! - 2) < 0.2 && Math.abs(high! - 9) < 0.4, `${low} to ${high}`)
  near(quantile(sorted, 0.025), 1.8333, 4)
  near(quantile(sorted, 0.975), 7.3333, 4)
})

test('cost per success', () => {
  const result = ratioOfTotals([0.01, 0.012, 0.008, 0.02, 0.015], [1, 1, 0, 1, 1])
  near(result!.ratio, 0.01625)
  near(result!.standardError, 0.003269)
  assert.equal(ratioOfTotals([1, 2], [0, 0]), undefined)
})

test('consistency', () => {
  near(agreement(['A', 'A', 'A', 'B', 'C'])!, 0.3, 12)
  near(normalisedEntropy(['A', 'A', 'A', 'B', 'C'])!, 0.714703)
  assert.equal(normalisedEntropy(['A', 'B', 'C', 'D', 'E']), 1)
  assert.equal(agreement(['A']), undefined)
  near(passAll(3, 5, 2), 0.3, 10)
  near(passAny(3, 5, 2), 0.9, 10)
  assert.equal(passAll(1, 5, 2), 0)
})

test('sample size', () => {
  const given = { margin: 0.03, power: 0.8, samplingVariance: 0, repeats: 1 }
  assert.equal(casesNeeded({ ...given, alpha: 0.025, betweenVariance: 1 / 9 }), 969)
  assert.equal(casesNeeded({ ...given, alpha: 0.05, betweenVariance: 1 / 9 }), 764)
  const noisy = { ...given, alpha: 0.05, betweenVariance: 0.0125, samplingVariance: 0.08 }
  assert.equal(casesNeeded({ ...noisy, repeats: 5 }), 306)
  assert.equal(casesNeeded({ ...noisy, repeats: 1 }), 1185)
})

test('early stopping', () => {
  const stop = createEarlyStop(0.03)
  near(stop.stakes.onPass, 0.589391)
  const evidence = [0, 0, 0.2, 0, -0.2, 0, 0, 0.4].map((difference) => {
    const state = stop.push(difference)
    assert.equal(state.evidenceAgainst, 1)
    return state.evidenceFor
  })
  const expected = [1.017682, 1.041288, 1.226465, 1.254914, 1.089964, 1.115247, 1.141116, 1.520508]
  for (const [index, value] of expected.entries()) near(evidence[index]!, value)

  const second = createEarlyStop(0.03)
  second.push(0)
  near(second.stakes.onPass, 0.773196)

  const stopsAt = (differences: (index: number) => number): string => {
    const process = createEarlyStop(0.03)
    for (let index = 0; index < 2_000; index++) {
      const state = process.push(differences(index))
      if (state.cases < firstCheck) continue
      if (state.evidenceFor >= stopAt) return `pass ${state.cases}`
      if (state.evidenceAgainst >= stopAt) return `fail ${state.cases}`
    }
    return 'never'
  }
  assert.equal(
    stopsAt(() => 0),
    'pass 202',
  )
  assert.equal(
    stopsAt(() => -0.2),
    'fail 41',
  )
  assert.equal(
    stopsAt((index) => (index % 2 === 0 ? 0.2 : -0.2)),
    'pass 447',
  )
  near(alphaAtEnd(0.05), 0.04, 12)
})

test('sample ratio', () => {
  const small = sampleRatioTest([5_150, 4_850], [0.5, 0.5])
  near(small.chiSquared, 9, 9)
  near(small.p, 0.0027, 4)
  assert.ok(small.p > ratioMismatchBelow)
  const large = sampleRatioTest([10_300, 9_700], [0.5, 0.5])
  near(large.chiSquared, 18, 9)
  near(large.p, 2.209e-5, 8)
  assert.ok(large.p < ratioMismatchBelow)
  near(sampleRatioBayesFactor([5_150, 4_850], [0.5, 0.5]), 18.0404, 4)
  near(sampleRatioBayesFactor([10_300, 9_700], [0.5, 0.5]), 1153.44, 2)
  assert.ok(sampleRatioBayesFactor([10_400, 9_600], [0.5, 0.5]) > ratioMismatchFrom)
})

test('confidence sequence of live arms', () => {
  const tuning = sequenceTuning(0.05, 4_000, 0.36)
  near(tuning, 0.00551122, 8)
  const arm = (successes: number, units: number) => {
    const rate = successes / units
    return { units, mean: rate, variance: (rate * (1 - rate) * units) / (units - 1) }
  }
  const early = confidenceSequence(arm(900, 1_000), arm(868, 1_000), { alpha: 0.05, tuning })
  near(early.difference, -0.032, 9)
  near(early.halfWidth, 0.043884)
  const late = confidenceSequence(arm(1_800, 2_000), arm(1_736, 2_000), { alpha: 0.05, tuning })
  near(late.halfWidth, 0.030711)
})

test('many tests at once', () => {
  const pValues = [0.001, 0.011, 0.02, 0.04, 0.3]
  const expected = { holm: [0.005, 0.044, 0.06, 0.08, 0.3], bh: [0.005, 0.0275, 0.0333, 0.05, 0.3] }
  for (const [index, value] of holm(pValues).entries()) near(value, expected.holm[index]!, 9)
  for (const [index, value] of benjaminiHochberg(pValues).entries()) near(value, expected.bh[index]!, 4)
  assert.deepEqual(holm([0.3, 0.001]), [0.3, 0.002])
})

test('judges against people', () => {
  near(
    cohenKappa([
      [40, 5],
      [10, 45],
    ]),
    0.7,
    12,
  )
  const result = predictionPoweredMean(
    { mean: 0.82, variance: 0.82 * 0.18, n: 1_000 },
    { mean: -0.04, variance: 0.0784, n: 100 },
  )
  near(result.mean, 0.78, 12)
  near(result.standardError, 0.030522)
})

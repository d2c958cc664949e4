/** The reference simulation of golden runs: known answers' laws, run effects, and shifts of known size. */

import { adjustDecisions } from '../../src/drift/verdict.ts'
import { type DecisionMetric, decisionMetrics, decisionRules } from '../../src/drift/metric.ts'
import { baselineOf, lag1Of, type MetricBaseline, testRun } from '../../src/drift/run-test.ts'
import { emptySummary, type MetricSummary } from '../../src/drift/summary.ts'
import { createRandom, type Random } from '../../src/judgement/statistics/random.ts'

export interface World {
  readonly prompts: number
  readonly samples: number
  readonly baselineRuns: number
  /** The sd of run effects, in units of the sd between samples (or on the logit). */
  readonly runEffect: number
  /** Correlation of a run's effect with that of the run before. */
  readonly phi: number
}

export const usualWorld: World = { prompts: 50, samples: 5, baselineRuns: 20, runEffect: 0, phi: 0 }

export type Shift = Partial<Record<DecisionMetric, number>>

const lengthSd = 0.25
const sentimentSd = 0.2
const formatRate = 0.98

const clip = (p: number): number => Math.min(0.999, Math.max(0.001, p))

/** The chance of each prompt for the metrics that are rates. */
function ratesOf(metric: DecisionMetric, prompts: number): number[] | undefined {
  const each = (rate: (at: number) => number) => Array.from({ length: prompts }, (_, at) => rate(at))
  switch (metric) {
    case 'refusal':
      return each((at) => (at < prompts / 5 ? 0.3 : 0.005))
    case 'accuracy':
      return each((at) => ((at + 0.5) / prompts) ** (1 / 6))
    case 'format':
      return each(() => formatRate)
    case 'length':
    case 'sentiment':
      return undefined
  }
}

/** One metric of one run. */
function simulateMetric(
  metric: DecisionMetric,
  world: World,
  { effect, shift }: { readonly effect: number; readonly shift: number },
  random: Random,
): MetricSummary {
  const { prompts, samples } = world
  const summary = emptySummary(prompts)
  const rates = ratesOf(metric, prompts)
  const sd = metric === 'length' ? lengthSd : sentimentSd
  for (let prompt = 0; prompt < prompts; prompt++) {
    let sum = 0
    let squares = 0
    if (rates) {
      const rate = clip(rates[prompt]! + shift)
      const chance = effect === 0 ? rate : 1 / (1 + ((1 - rate) / rate) * Math.exp(-effect))
      for (let sample = 0; sample < samples; sample++) if (random.next() < chance) sum++
      squares = sum
    } else {
      for (let sample = 0; sample < samples; sample++) {
        const value = sd * (random.normal() + effect) + shift
        sum += value
        squares += value * value
      }
    }
    summary.counts[prompt] = samples
    summary.sums[prompt] = sum
    summary.squares[prompt] = squares
  }
  return summary
}

/** Effects of the runs in their order, each metric its own: AR(1), of standard deviation `runEffect`. */
function createEffects(world: World, random: Random): () => number {
  const { runEffect, phi } = world
  let last = random.normal()
  let isFirst = true
  return () => {
    if (!isFirst) last = phi * last + Math.sqrt(1 - phi * phi) * random.normal()
    isFirst = false
    return runEffect * last
  }
}

const mayMove = (at: number, sign: number): boolean => {
  const { harmful, mayRollBack } = decisionRules[decisionMetrics[at]!]
  return mayRollBack && (harmful === 'either' || harmful === (sign > 0 ? 'up' : 'down'))
}

/** By decision metric: -1 down, 1 up, 0 no alarm. */
function alarmOf(baselines: readonly MetricBaseline[], run: readonly MetricSummary[]): Int8Array {
  const tests = decisionMetrics.map((metric, at) => ({ metric, test: testRun(baselines[at]!, run[at]!)! }))
  const { metrics } = adjustDecisions(tests, 1)
  return Int8Array.from(metrics, (p, at) => (p < 0.01 ? Math.sign(tests[at]!.test.effect) : 0))
}

/** Whether two of the three runs alarm on one metric in one harmful direction; `needed` is 3 for dependent runs. */
function isConfirmed(runs: readonly Int8Array[], needed: number): boolean {
  return decisionMetrics.some((_, at) =>
    [-1, 1].some((sign) => mayMove(at, sign) && runs.filter((signs) => signs[at] === sign).length >= needed),
  )
}

export interface Rates {
  /** Of single runs. */
  readonly alarm: number
  /** Of the rule over three runs. */
  readonly rollback: number
  /** The same with three of three where the baseline shows that runs depend on each other. */
  readonly rollbackGuarded: number
  /** With three of three always. */
  readonly threeOfThree: number
}

/**
 * Simulates `rounds` baselines, each followed by three runs per shift, and counts alarms of the first run and
 * rollbacks over the three. All shifts share the baseline. The omnibus test is counted but never alarms.
 */
export function simulateDrift(world: World, shifts: readonly Shift[], rounds: number, seed: string): Rates[] {
  const random = createRandom(seed)
  const tally = shifts.map(() => ({ alarm: 0, rollback: 0, guarded: 0, three: 0 }))
  for (let round = 0; round < rounds; round++) {
    const effects = decisionMetrics.map(() => createEffects(world, random))
    const baselines = decisionMetrics.map((metric, at) => {
      const runs = Array.from({ length: world.baselineRuns }, () =>
        simulateMetric(metric, world, { effect: effects[at]!(), shift: 0 }, random),
      )
      return baselineOf(runs)!
    })
    const needed = lag1Of(baselines) > 0.5 ? 3 : 2
    // Every shift sees the same three runs' effects, each with draws of its own.
    const later = decisionMetrics.map((_, at) => [effects[at]!(), effects[at]!(), effects[at]!()])
    for (const [which, shift] of shifts.entries()) {
      const runs = [0, 1, 2].map((turn) =>
        alarmOf(
          baselines,
          decisionMetrics.map((metric, at) =>
            simulateMetric(metric, world, { effect: later[at]![turn]!, shift: shift[metric] ?? 0 }, random),
          ),
        ),
      )
      const counts = tally[which]!
      if (runs[0]!.some((sign) => sign !== 0)) counts.alarm++
      if (isConfirmed(runs, 2)) counts.rollback++
      if (isConfirmed(runs, needed)) counts.guarded++
      if (isConfirmed(runs, 3)) counts.three++
    }
  }
  return tally.map(({ alarm, rollback, guarded, three }) => ({
    alarm: alarm / rounds,
    rollback: rollback / rounds,
    rollbackGuarded: guarded / rounds,
    threeOfThree: three / rounds,
  }))
}

/** Passive watch: how live answers of a route change from hour to hour. A hint that a golden run should look, no more. */

import { holm } from '../judgement/statistics/multiplicity.ts'
import { baselineOf, type MetricTest, testRun } from './run-test.ts'
import { emptySummary, type MetricSummary } from './summary.ts'

export interface TrafficRule {
  readonly label: string
  /** Larger than for golden prompts: what people ask changes by itself. */
  readonly minEffect: number
  readonly show: (value: number) => string
}

const percent = (value: number): string => `${(value * 100).toFixed(1)} %`

export const trafficRules = {
  length: {
    label: 'output tokens',
    minEffect: Math.log(1.25),
    show: (value) => Math.expm1(value).toFixed(0),
  },
  refusal: { label: 'refusals that the provider tells', minEffect: 0.03, show: percent },
  cut: { label: 'answers cut at their limit', minEffect: 0.05, show: percent },
  failure: { label: 'answers that broke their contract', minEffect: 0.05, show: percent },
  latency: {
    label: 'time to the first token',
    minEffect: Math.log(1.5),
    show: (value) => `${Math.exp(value).toFixed(0)} ms`,
  },
} as const satisfies Record<string, TrafficRule>

export type TrafficMetric = keyof typeof trafficRules

export const trafficMetrics = Object.keys(trafficRules) as TrafficMetric[]

/** Count, sum and sum of squares of each metric, in the order of `trafficMetrics`, one after the other. */
export type Sums = number[]

/** One hour of one route and model, by what callers it had: so that another mix of callers is no change. */
export interface TrafficHour {
  readonly hourMs: number
  /** By key. Keys beyond the largest are together under the empty name. */
  readonly strata: Readonly<Record<string, Sums>>
}

/** Hours with fewer answers are left out on either side. */
const minAnswers = 100
const minAnswersOfStratum = 20
/** A day, so that every hour of it is among the hours before. */
const minHours = 24
const familyError = 0.01

export const emptySums = (): Sums => Array.from<number>({ length: 3 * trafficMetrics.length }).fill(0)

export function addToSums(sums: Sums, metric: TrafficMetric, value: number): void {
  const at = 3 * trafficMetrics.indexOf(metric)
  sums[at]!++
  sums[at + 1]! += value
  sums[at + 2]! += value * value
}

export function mergeSums(into: Sums, from: Sums): void {
  for (let at = 0; at < into.length; at++) into[at]! += from[at] ?? 0
}

/** Every answer counts for `refusal`. */
const answersOf = (sums: Sums): number => sums[3 * trafficMetrics.indexOf('refusal')]!

/** Whether it has so many answers that it can be judged, or held against. */
export function isTelling({ strata }: TrafficHour): boolean {
  return Object.values(strata).reduce((sum, sums) => sum + answersOf(sums), 0) >= minAnswers
}

export interface TrafficFinding extends MetricTest {
  readonly metric: TrafficMetric
  readonly adjustedP: number
}

/**
 * What changed in `hour` against the hours before it: run-level t over hours, stratified by key, Holm at 1 %. Empty
 * where nothing did, and where there are too few answers or hours to tell.
 */
export function trafficFindings(before: readonly TrafficHour[], hour: TrafficHour): TrafficFinding[] {
  const known = before.filter(isTelling)
  if (known.length < minHours || !isTelling(hour)) return []
  const keys = Object.keys(hour.strata).filter((key) => answersOf(hour.strata[key]!) >= minAnswersOfStratum)
  const tests = trafficMetrics.flatMap((metric) => {
    const baseline = baselineOf(known.map((one) => summaryOf(one, keys, metric)))
    const test = baseline && testRun(baseline, summaryOf(hour, keys, metric))
    return test ? [{ metric, test }] : []
  })
  const adjusted = holm(
    tests.map(({ metric, test }) => (Math.abs(test.effect) < trafficRules[metric].minEffect ? 1 : test.p)),
  )
  return tests.flatMap(({ metric, test }, at) =>
    adjusted[at]! < familyError ? [{ ...test, metric, adjustedP: adjusted[at]! }] : [],
  )
}

function summaryOf({ strata }: TrafficHour, keys: readonly string[], metric: TrafficMetric): MetricSummary {
  const summary = emptySummary(keys.length)
  const at = 3 * trafficMetrics.indexOf(metric)
  for (const [index, key] of keys.entries()) {
    const sums = strata[key]
    if (sums === undefined || sums[at]! < minAnswersOfStratum) continue
    summary.counts[index] = sums[at]!
    summary.sums[index] = sums[at + 1]!
    summary.squares[index] = sums[at + 2]!
  }
  return summary
}

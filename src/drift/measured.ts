/** What is measured of a run and never alarms by itself: told with false discovery rate .05, or watched for slow change. */

import { benjaminiHochberg } from '../judgement/statistics/multiplicity.ts'
import { exploratoryMetrics, measuredRules, type MeasuredMetric, trendMetrics } from './metric.ts'
import type { RunTable } from './run-table.ts'
import { type MetricBaseline, type MetricTest, testRun } from './run-test.ts'

export interface MeasuredResult extends MetricTest {
  readonly metric: MeasuredMetric
  /** By Benjamini and Hochberg, over the exploratory metrics; absent of those watched for slow change alone. */
  readonly adjustedP?: number
  readonly isChanged: boolean
}

const falseDiscoveryRate = 0.05

/** Metrics that the run or its baseline lacks are left out. An effect below its minimum counts as p = 1. */
export function measure(
  run: RunTable,
  baselines: Readonly<Partial<Record<MeasuredMetric, MetricBaseline>>>,
): MeasuredResult[] {
  const testsOf = <Metric extends MeasuredMetric>(metrics: readonly Metric[]) =>
    metrics.flatMap((metric) => {
      const known = baselines[metric]
      const values = run.metrics[metric]
      const test = known && values && testRun(known, values)
      return test ? [{ ...test, metric }] : []
    })
  const explored = testsOf(exploratoryMetrics)
  const adjusted = benjaminiHochberg(
    explored.map(({ metric, effect, p }) => (Math.abs(effect) < measuredRules[metric].minEffect ? 1 : p)),
  )
  return [
    ...explored.map((test, at) => ({
      ...test,
      adjustedP: adjusted[at]!,
      isChanged: adjusted[at]! < falseDiscoveryRate,
    })),
    ...testsOf(trendMetrics).map((test) => ({ ...test, isChanged: false })),
  ]
}

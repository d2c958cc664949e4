/** The metrics of a golden set, in words and units. Pure. */

import { formatShare } from '../format/number.ts'
import type { Run } from './drift-queries.ts'

const names: Readonly<Record<string, string>> = {
  length: 'Length',
  refusal: 'Refusals',
  accuracy: 'Assertions passed',
  format: 'Expected format',
  sentiment: 'Sentiment',
}

export function metricName(metric: string): string {
  return names[metric] ?? metric
}

/** Lengths are held as ln(1 + tokens), for what matters there is a factor. */
export function metricValue(metric: string, value: number): string {
  if (metric === 'length') return `${Math.round(Math.expm1(value))} tokens`
  if (metric === 'sentiment') return value.toFixed(2)
  return formatShare(Math.max(0, value))
}

export function metricEffect(metric: string, effect: number): string {
  const sign = effect > 0 ? '+' : ''
  if (metric === 'length') return `${sign}${Math.round(Math.expm1(effect) * 100)} %`
  if (metric === 'sentiment') return `${sign}${effect.toFixed(2)}`
  return `${sign}${(effect * 100).toFixed(1)} pp`
}

export interface MetricPoint {
  readonly runId: string
  readonly at: string
  readonly value: number
  readonly baseline: number
  /** Half the width of the interval that a run without drift lies in. */
  readonly halfWidth: number
  readonly isAlarm: boolean
}

/** Per metric, its course over the runs, the oldest first; undefined of a run that has no value of it. */
export function coursesOf(runs: readonly Run[]): Map<string, (MetricPoint | undefined)[]> {
  const judged = runs.filter(({ kind }) => kind !== 'baseline').toReversed()
  const metrics = new Set(judged.flatMap((run) => run.metrics.map(({ metric }) => metric)))
  return new Map(
    [...metrics].map((metric) => [
      metric,
      judged.map((run) => {
        const found = run.metrics.find((one) => one.metric === metric)
        return (
          found && {
            runId: run.id,
            at: run.started_at,
            value: found.value,
            baseline: found.baseline,
            halfWidth: (found.upper - found.lower) / 2,
            isAlarm: found.alarm,
          }
        )
      }),
    ]),
  )
}

/** Experiments as the pages show them: metrics in words and units, and the state of one. Pure. */

import type { Item, Reply } from '../api/client.ts'
import { formatMs, formatUsd } from '../format/number.ts'
import type { Tone } from '../ui/status.tsx'

export type Experiment = Item<'GET /experiments'>
export type ExperimentDetail = Reply<'GET /experiments/{route}'>
export type Arm = Experiment['arms'][number]
export type Difference = Arm['differences'][number]
export type Metric = Experiment['metric']

export const metricNames: Readonly<Record<Metric, string>> = {
  feedback: 'Feedback',
  judge: "Judge's grade",
  errors: 'Errors',
  contract_failures: 'Broken contracts',
  cost: 'Cost',
  latency: 'Latency',
  first_token: 'First token',
}

export function unitsOf({ arms }: Pick<Experiment, 'arms'>): number {
  return arms.reduce((sum, { units }) => sum + units, 0)
}

export function stateOf(experiment: Experiment): { readonly tone: Tone; readonly word: string } {
  const { state, fault, winner, in_force: isInForce } = experiment
  if (fault !== undefined && state === 'running') return { tone: 'bad', word: 'must stop' }
  if (winner !== undefined) return { tone: 'ok', word: `${winner} wins` }
  if (state === 'ended') return { tone: fault === undefined ? 'none' : 'bad', word: 'ended' }
  return isInForce ? { tone: 'info', word: 'running' } : { tone: 'none', word: 'not in force' }
}

/** Arms that were not dealt out as meant say nothing about each other. */
export function imbalanceOf({
  sample_ratio: ratios,
}: Experiment): Experiment['sample_ratio'][number] | undefined {
  return ratios.find(({ mismatch }) => mismatch)
}

/** What an arm comes to by the metric that decides; undefined before anything is looked at, or where it must not be. */
export function outcomeOf(experiment: Experiment, { name }: Pick<Arm, 'name'>): number | undefined {
  if (imbalanceOf(experiment)) return undefined
  const [control, ...others] = experiment.arms
  const decides = ({ differences }: Arm) => differences.find(({ role }) => role === 'decides')
  const found =
    name === control?.name
      ? others.map(decides).find((difference) => difference !== undefined)?.control
      : others.filter((arm) => arm.name === name).map(decides)[0]?.arm
  return found === undefined ? undefined : Number(found)
}

/** A difference of this metric, with its sign and unit. */
export function formatDifference(metric: Metric, value: number): string {
  const sign = value > 0 ? '+' : value < 0 ? '-' : ''
  const size = Math.abs(value)
  if (metric === 'cost') return sign + formatUsd(size)
  if (metric === 'latency' || metric === 'first_token') return sign + formatMs(size)
  return `${sign}${(size * 100).toFixed(size < 0.01 ? 2 : 1)} pp`
}

/** A value of this metric itself. */
export function formatMetric(metric: Metric, value: number): string {
  if (metric === 'cost') return formatUsd(value)
  if (metric === 'latency' || metric === 'first_token') return formatMs(value)
  return `${(value * 100).toFixed(1)} %`
}

export interface SequencePoint {
  readonly units: number
  readonly difference: number
  readonly lower: number
  readonly upper: number
}

/** What a metric of an arm looked like over the units; the last point is that of now. */
export function sequenceOf(
  { looks, arms }: ExperimentDetail,
  arm: string,
  metric: Metric,
): readonly SequencePoint[] {
  const kept = looks.flatMap(({ units, differences }) =>
    differences
      .filter((one) => one.arm === arm && one.metric === metric)
      .map((one) => ({ units, ...boundsOf(one) })),
  )
  const now = arms.find(({ name }) => name === arm)?.differences.find((one) => one.metric === metric)
  const units = unitsOf({ arms })
  return now && units > (kept.at(-1)?.units ?? 0) ? [...kept, { units, ...boundsOf(now) }] : kept
}

/** Money comes as text. */
function boundsOf({ difference, lower, upper }: Pick<Difference, 'difference' | 'lower' | 'upper'>) {
  return { difference: Number(difference), lower: Number(lower), upper: Number(upper) }
}

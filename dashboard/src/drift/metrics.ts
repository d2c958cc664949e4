/** The metrics of a golden set, in words and units. Pure. */

import { formatCount, formatMs, formatShare, formatUsd } from '../format/number.ts'
import type { Run } from './drift-queries.ts'

interface MetricWords {
  readonly name: string
  /** A value as people read it. */
  readonly show: (value: number) => string
  /** A difference of two values. */
  readonly effect: (value: number) => string
  /** Drawn from zero. */
  readonly isRate?: true
  /** Nothing is beyond. */
  readonly most?: number
}

const signed = (value: number, digits: number, unit = ''): string =>
  `${value > 0 ? '+' : ''}${value.toFixed(digits)}${unit}`
const asFactor = (effect: number): string => signed(Math.expm1(effect) * 100, 0, ' %')

const rate = (name: string): MetricWords => ({
  name,
  show: (value) => formatShare(Math.max(0, value)),
  effect: (value) => signed(value * 100, 1, ' pp'),
  isRate: true,
})
const plain = (name: string, digits: number, unit = ''): MetricWords => ({
  name,
  show: (value) => `${value.toFixed(digits)}${unit}`,
  effect: (value) => signed(value, digits, unit),
})
/** Held as a logarithm: for what matters there is a factor. */
const logarithm = (name: string, show: (value: number) => string): MetricWords => ({
  name,
  show,
  effect: asFactor,
})

/** In the order in which they are shown. What alarms comes first. */
const words: Readonly<Record<string, MetricWords>> = {
  length: logarithm('Length', (value) => `${Math.round(Math.expm1(value))} tokens`),
  refusal: rate('Refusals'),
  accuracy: rate('Assertions passed'),
  format: rate('Expected format'),
  sentiment: plain('Sentiment', 2),
  texts: logarithm('Distance of the texts', (value) => Math.exp(value).toPrecision(2)),
  characters: logarithm('Characters', (value) => `${Math.round(Math.expm1(value))}`),
  json: rate('JSON'),
  schema: rate('Valid by its schema'),
  fence: rate('Code fences'),
  markdown: rate('Markdown'),
  language: rate('Usual language'),
  tools: rate('Usual tool calls'),
  finish: rate('Usual finish reason'),
  similarity: { ...plain('Likeness in letters', 3), most: 1 },
  meaning: { ...plain('Likeness in meaning', 3), most: 1 },
  agreement: rate('Agreement with itself'),
  exact: rate('Same at temperature 0'),
  logprob: plain('Log-probability', 3, ' nats'),
  cost: logarithm('Cost of an answer', (value) => formatUsd(Math.expm1(value) / 1e9)),
  latency: logarithm('Latency', (value) => formatMs(Math.exp(value))),
  firstToken: logarithm('Time to the first token', (value) => formatMs(Math.exp(value))),
  tokensPerSecond: logarithm('Tokens per second', (value) => formatCount(Math.exp(value))),
}

const deciding: ReadonlySet<string> = new Set([
  'length',
  'refusal',
  'accuracy',
  'format',
  'sentiment',
  'texts',
])

/** Whether a change of it alarms, and is not only told. */
export const isDeciding = (metric: string): boolean => deciding.has(metric)

const wordsOf = (metric: string): MetricWords => words[metric] ?? plain(metric, 3)

export const metricName = (metric: string): string => wordsOf(metric).name
export const metricValue = (metric: string, value: number): string => wordsOf(metric).show(value)
export const metricEffect = (metric: string, effect: number): string => wordsOf(metric).effect(effect)

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
  const points = judged.map(pointsOf)
  const known = new Set(points.flatMap((ofRun) => [...ofRun.keys()]))
  const inOrder = [...Object.keys(words), ...known].filter((metric) => known.has(metric))
  return new Map([...new Set(inOrder)].map((metric) => [metric, points.map((ofRun) => ofRun.get(metric))]))
}

function pointsOf({ id: runId, started_at: at, metrics, measured, omnibus }: Run): Map<string, MetricPoint> {
  const points = new Map<string, MetricPoint>()
  for (const { metric, value, baseline, lower, upper, alarm } of metrics) {
    points.set(metric, { runId, at, value, baseline, halfWidth: (upper - lower) / 2, isAlarm: alarm })
  }
  for (const { metric, value, baseline, lower, upper } of measured) {
    points.set(metric, { runId, at, value, baseline, halfWidth: (upper - lower) / 2, isAlarm: false })
  }
  if (omnibus?.usual) {
    const { distance, alarm, usual } = omnibus
    points.set('texts', {
      runId,
      at,
      value: Math.log(distance),
      baseline: Math.log(usual.distance),
      halfWidth: Math.log(usual.upper / usual.distance),
      isAlarm: alarm,
    })
  }
  return points
}

/** What a chart shows: all runs and bands that are not far beyond them; rates from zero. */
export function chartRange(
  metric: string,
  points: readonly (MetricPoint | undefined)[],
  before: readonly (number | null)[],
): { low: number; high: number } {
  const known = points.filter((point) => point !== undefined)
  const values = [...known.map(({ value }) => value), ...before.filter((value) => value !== null)]
  const limits = known.flatMap(({ baseline, halfWidth }) => [baseline - halfWidth, baseline + halfWidth])
  if (wordsOf(metric).isRate) return { low: 0, high: Math.min(1, Math.max(0.05, ...values, ...limits)) }
  const [least, most] = [Math.min(...values), Math.max(...values)]
  // A band may be wide where the baseline is small: it must not press the runs together.
  const room = most - least || Math.abs(most) * 0.1 || 1
  return {
    low: Math.max(least - room, Math.min(least, ...limits)),
    high: Math.min(most + room, Math.max(most, ...limits), wordsOf(metric).most ?? Infinity),
  }
}

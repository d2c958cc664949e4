/** The metrics that are watched for drift: what each decides, and how large an effect must be to matter. */

import { formatUsd } from '../core/money.ts'

export interface MetricRule {
  readonly label: string
  /** Smaller effects never alarm, in the metric's own unit. */
  readonly minEffect: number
  /** In which direction a change harms. */
  readonly harmful: 'up' | 'down' | 'either'
  /** Whether a confirmed alarm may move a route. */
  readonly mayRollBack: boolean
}

/** What may alarm. Together with the omnibus test of the texts these are corrected for one another. */
export const decisionRules = {
  /** ln(1 + output tokens). */
  length: { label: 'length', minEffect: Math.log(1.08), harmful: 'either', mayRollBack: true },
  refusal: { label: 'refusal rate', minEffect: 0.03, harmful: 'up', mayRollBack: true },
  accuracy: { label: 'assertions passed', minEffect: 0.03, harmful: 'down', mayRollBack: true },
  format: { label: 'expected format', minEffect: 0.03, harmful: 'down', mayRollBack: true },
  sentiment: { label: 'sentiment', minEffect: 0.05, harmful: 'either', mayRollBack: false },
} as const satisfies Record<string, MetricRule>

export type DecisionMetric = keyof typeof decisionRules

export const decisionMetrics = Object.keys(decisionRules) as DecisionMetric[]

/** The decision metrics and the omnibus test: so many p-values are corrected together, also where one is missing. */
export const decisionCount = decisionMetrics.length + 1

/** Told with false discovery rate .05, never more than a note. */
export const exploratoryMetrics = [
  'characters',
  'json',
  'schema',
  'fence',
  'markdown',
  'language',
  'tools',
  'finish',
  'similarity',
  'meaning',
  'agreement',
  'exact',
  'cost',
  'logprob',
] as const

/** Watched for slow change alone. On a log scale. */
export const trendMetrics = ['latency', 'firstToken', 'tokensPerSecond'] as const

export type MetricName = DecisionMetric | (typeof exploratoryMetrics)[number] | (typeof trendMetrics)[number]

export type MeasuredMetric = (typeof exploratoryMetrics)[number] | (typeof trendMetrics)[number]

export interface MeasuredRule {
  readonly label: string
  /** Smaller effects are not told. */
  readonly minEffect: number
  /** A run's mean as people read it. */
  readonly show: (value: number) => string
}

const percent = (value: number): string => `${(value * 100).toFixed(1)} %`
const asRate = (label: string): MeasuredRule => ({ label, minEffect: 0.03, show: percent })
const likeness = (label: string): MeasuredRule => ({
  label,
  minEffect: 0.03,
  show: (value) => value.toFixed(3),
})
const milliseconds = (value: number): string => `${Math.exp(value).toFixed(0)} ms`

export const measuredRules: Readonly<Record<MeasuredMetric, MeasuredRule>> = {
  characters: {
    label: 'characters',
    minEffect: Math.log(1.08),
    show: (value) => Math.expm1(value).toFixed(0),
  },
  json: asRate('JSON'),
  schema: asRate('valid by its schema'),
  fence: asRate('code fences'),
  markdown: asRate('Markdown'),
  language: asRate('usual language'),
  tools: asRate('usual tool calls'),
  finish: asRate('usual finish reason'),
  similarity: likeness('likeness in letters'),
  meaning: likeness('likeness in meaning'),
  agreement: asRate('agreement with itself'),
  exact: asRate('as in the baseline, word for word, at temperature 0'),
  cost: {
    label: 'cost of an answer',
    minEffect: Math.log(1.08),
    show: (value) => `$${formatUsd(Math.round(Math.expm1(value)))}`,
  },
  logprob: { label: 'log-probability', minEffect: 0.05, show: (value) => `${value.toFixed(3)} nats` },
  latency: { label: 'latency', minEffect: 0, show: milliseconds },
  firstToken: { label: 'time to the first token', minEffect: 0, show: milliseconds },
  tokensPerSecond: { label: 'tokens per second', minEffect: 0, show: (value) => Math.exp(value).toFixed(1) },
}

/** A run's mean of the metric as people read it. */
export function showValue(metric: DecisionMetric, value: number): string {
  if (metric === 'length') return `${Math.expm1(value).toFixed(0)} tokens`
  if (metric === 'sentiment') return value.toFixed(2)
  return percent(value)
}

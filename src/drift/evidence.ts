/** What a person needs to see of an alarm: the prompts that moved most, with answers before and after. */

import type { GoldenSet } from './golden.ts'
import {
  type DecisionMetric,
  decisionMetrics,
  exploratoryMetrics,
  type MetricName,
  trendMetrics,
} from './metric.ts'
import type { RunTable } from './run-table.ts'
import type { Sample } from './sample.ts'
import { type ReadRun, tabulate } from './tabulate.ts'
import type { MetricSummary } from './summary.ts'

export interface PromptChange {
  readonly prompt: string
  readonly question: string
  /** The prompt's mean over the baseline, and in the run. */
  readonly before: number
  readonly after: number
  readonly answerBefore: string
  readonly answerAfter: string
}

export interface Evidence {
  readonly metric: DecisionMetric
  /** Run means: those of the baseline, oldest first, then the run's own. */
  readonly baseline: readonly number[]
  readonly value: number
  readonly prompts: readonly PromptChange[]
}

const maxPrompts = 5
/** A refusal alarm shows more texts, as the detector may be wrong on another model's phrases. */
const maxRefusals = 20
const maxCharacters = 600

/** All that a run's page shows of the answers behind it. */
export interface Found {
  readonly evidence: readonly Evidence[]
  /** Of every metric, the means of the baseline runs, oldest first; null where a run has no value. */
  readonly baselineMeans: Readonly<Partial<Record<MetricName, readonly (number | null)[]>>>
}

export interface EvidenceInput {
  readonly set: GoldenSet
  readonly baseline: readonly ReadRun[]
  readonly run: ReadRun
}

export function evidenceOf({ set, baseline, run }: EvidenceInput): Found {
  const tables = tabulate(baseline, run)
  const measured = [...decisionMetrics, ...exploratoryMetrics, ...trendMetrics].filter(
    (metric) => tables.run.metrics[metric] !== undefined,
  )
  const meansOf = (metric: MetricName) =>
    tables.baseline.map(({ metrics }) => {
      const known = metrics[metric]
      return known ? meanOf(known) : null
    })
  const evidence = decisionMetrics.flatMap((metric) => {
    const now = tables.run.metrics[metric]
    if (now === undefined) return []
    const known = tables.baseline.flatMap((table) => table.metrics[metric] ?? [])
    return [
      {
        metric,
        baseline: known.map(meanOf),
        value: meanOf(now),
        prompts: changesOf({ metric, set, baseline, run, known, now }),
      },
    ]
  })
  return { evidence, baselineMeans: Object.fromEntries(measured.map((metric) => [metric, meansOf(metric)])) }
}

interface Change extends EvidenceInput {
  readonly metric: DecisionMetric
  readonly known: readonly MetricSummary[]
  readonly now: NonNullable<RunTable['metrics'][DecisionMetric]>
}

function changesOf({ metric, set, baseline, run, known, now }: Change): PromptChange[] {
  const changes = set.cases.flatMap((golden, prompt) => {
    const count = known.reduce((total, { counts }) => total + (counts[prompt] ?? 0), 0)
    if (count === 0 || now.counts[prompt]! === 0) return []
    const before = known.reduce((total, { sums }) => total + (sums[prompt] ?? 0), 0) / count
    const after = now.sums[prompt]! / now.counts[prompt]!
    return [{ golden, prompt, before, after }]
  })
  const most = metric === 'refusal' ? maxRefusals : maxPrompts
  return changes
    .filter(({ before, after }) => before !== after)
    .toSorted((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before))
    .slice(0, most)
    .map(({ golden, prompt, before, after }) => ({
      prompt: golden.id,
      question: excerpt(golden.steps.flatMap((step) => (step.role === 'user' ? [step.text] : [])).join('\n')),
      before,
      after,
      answerBefore: excerpt(pick(baseline.at(-1)?.samples[prompt], metric, before, after)),
      answerAfter: excerpt(pick(run.samples[prompt], metric, after, before)),
    }))
}

/** An answer that shows the prompt's mean, away from the other one: the shortest where answers became shorter. */
function pick(samples: readonly Sample[] = [], metric: DecisionMetric, own: number, other: number): string {
  const valid = samples.filter(({ error }) => error === undefined)
  const valueOf = ({ reading, isRight, outputTokens = 0 }: Sample): number => {
    if (metric === 'refusal') return reading.isRefusal ? 1 : 0
    if (metric === 'accuracy') return isRight ? 1 : 0
    return metric === 'sentiment' ? (reading.sentiment ?? 0) : Math.log1p(outputTokens)
  }
  const sign = Math.sign(own - other)
  const [found] = metric === 'format' ? valid : valid.toSorted((a, b) => sign * (valueOf(b) - valueOf(a)))
  return found?.refusalText ?? found?.text ?? ''
}

function meanOf({ counts, sums }: MetricSummary): number {
  let total = 0
  let prompts = 0
  for (let prompt = 0; prompt < counts.length; prompt++) {
    if (counts[prompt]! === 0) continue
    total += sums[prompt]! / counts[prompt]!
    prompts++
  }
  return prompts === 0 ? NaN : total / prompts
}

const excerpt = (text: string): string =>
  text.length > maxCharacters ? `${text.slice(0, maxCharacters)} …` : text

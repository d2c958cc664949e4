/** Turns the kept answers of runs into the tables that are tested. */

import { asObject, parseJson } from '../core/json.ts'
import { agreement } from '../judgement/statistics/consistency.ts'
import { dot, kernelSize, kernelVector } from './kernel.ts'
import { meaningLikeness } from './meaning.ts'
import type { MetricName } from './metric.ts'
import type { RunTable } from './run-table.ts'
import { isBlank, type Sample, type Unread } from './sample.ts'
import { addValue, emptySummary, type MetricSummary } from './summary.ts'

/** A run's answers as they are kept: by prompt, in the order of the golden set. */
export interface RunSamples {
  readonly runId: string
  readonly startedAtMs: number
  readonly samples: readonly (readonly Unread[])[]
  /** Prompts times samples. */
  readonly expectedRows: number
}

/** All texts have been read by this version. */
export interface ReadRun extends RunSamples {
  readonly samples: readonly (readonly Sample[])[]
}

/** How a prompt is usually answered, by the baseline: what deviates from it is a change of format. */
interface Habit {
  readonly isJson: boolean
  readonly hasFence: boolean
  readonly fitsSchema: boolean
  readonly language: string
  readonly finish: string
  readonly tools: string
}

/** Tables of the baseline runs and of a new one, which share the habits of the baseline. */
export function tabulate(
  baseline: readonly ReadRun[],
  run: ReadRun,
): { baseline: RunTable[]; run: RunTable } {
  const prompts = run.samples.length
  const usual = baseline.length === 0 ? [run] : baseline
  const habits = Array.from({ length: prompts }, (_, prompt) =>
    habitOf(usual.flatMap(({ samples }) => validOf(samples[prompt] ?? []))),
  )
  const vectors = usual.map(vectorsOf)
  const likenesses = likenessTo(vectors, prompts)
  const meanings = meaningLikeness(usual, embedderOf(run))
  const known = knownAmong(usual)
  return {
    baseline: baseline.map((other, at) =>
      tableOf(other, habits, vectors[at]!, {
        likeness: (prompt) => likenesses(prompt, at),
        meaning: (prompt) => meanings(prompt, at),
        known: (prompt) => known(prompt, at),
      }),
    ),
    run: tableOf(run, habits, baseline.length === 0 ? vectors[0]! : vectorsOf(run), {
      likeness: (prompt) => likenesses(prompt),
      meaning: (prompt) => meanings(prompt),
      known: (prompt) => known(prompt),
    }),
  }
}

const embedderOf = ({ samples }: ReadRun): string | undefined =>
  samples.flat().find(({ meaning }) => meaning !== undefined)?.meaning?.model

/** How near an answer is to those of the baseline to its prompt. */
interface Nearness {
  /** By its letters. */
  likeness(prompt: number): (vector: Float32Array) => number
  /** By its meaning, where that is known. */
  meaning(prompt: number): (sample: Sample) => number | undefined
  /** 1 for a text that is among them word for word, 0 for another; undefined where there are none. */
  known(prompt: number): (text: string) => number | undefined
}

const validOf = (samples: readonly Sample[]): Sample[] => samples.filter(({ error }) => error === undefined)

const vectorsOf = ({ samples }: ReadRun): Float32Array[][] =>
  samples.map((ofPrompt) => validOf(ofPrompt).map(({ text }) => kernelVector(text)))

/** The shape of the calls: their names, and which arguments they have. */
const toolsOf = ({ toolCalls }: Sample): string =>
  toolCalls
    .map(({ name, arguments: given }) => {
      const values = asObject(parseJson(given))
      return `${name}(${values === undefined ? '?' : Object.keys(values).toSorted().join()})`
    })
    .toSorted()
    .join()

function habitOf(samples: readonly Sample[]): Habit {
  const most = (holds: (sample: Sample) => boolean) => samples.filter(holds).length * 2 > samples.length
  return {
    isJson: most(({ reading }) => reading.isJson),
    hasFence: most(({ reading }) => reading.hasFence),
    fitsSchema: most(({ fitsSchema }) => fitsSchema === true),
    language: commonest(samples.map(({ reading }) => reading.language ?? '')),
    finish: commonest(samples.map(({ finish = '' }) => finish)),
    tools: commonest(samples.map(toolsOf)),
  }
}

function commonest(values: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].reduce(
    ([best, most], [value, count]) => (count > most ? [value, count] : [best, most]),
    ['', 0],
  )[0]
}

/** How often a text stands among the greedy answers of the runs, those of one of them left out. */
function knownAmong(
  runs: readonly ReadRun[],
): (prompt: number, without?: number) => (text: string) => number | undefined {
  const texts = runs.map(({ samples }) =>
    samples.map(
      (ofPrompt) =>
        new Set(validOf(ofPrompt).flatMap(({ isGreedy, text }) => (isGreedy ? normalised(text) : []))),
    ),
  )
  return (prompt, without) => {
    const others = texts.flatMap((run, at) => {
      const own = at === without && runs.length > 1 ? undefined : run[prompt]
      return own !== undefined && own.size > 0 ? [own] : []
    })
    return (text) => (others.length === 0 ? undefined : rate(others.some((own) => own.has(text))))
  }
}

/** The cosine to the prompt's mean vector over the baseline, the run's own answers left out where it is of it. */
function likenessTo(
  runs: readonly (readonly (readonly Float32Array[])[])[],
  prompts: number,
): (prompt: number, without?: number) => (vector: Float32Array) => number {
  const sumOf = (vectors: readonly Float32Array[]) => {
    const total = new Float64Array(kernelSize)
    for (const vector of vectors) for (let bin = 0; bin < kernelSize; bin++) total[bin]! += vector[bin]!
    return total
  }
  const own = runs.map((run) => Array.from({ length: prompts }, (_, prompt) => sumOf(run[prompt] ?? [])))
  const all = Array.from({ length: prompts }, (_, prompt) => {
    const total = new Float64Array(kernelSize)
    for (const run of own) for (let bin = 0; bin < kernelSize; bin++) total[bin]! += run[prompt]![bin]!
    return total
  })
  return (prompt, without) => {
    const total = all[prompt]!
    const others =
      without === undefined || runs.length < 2
        ? total
        : total.map((value, bin) => value - own[without]![prompt]![bin]!)
    const norm = Math.sqrt(dot(others, others))
    return (vector) => (norm === 0 ? 0 : dot(others, vector) / norm)
  }
}

function tableOf(
  run: ReadRun,
  habits: readonly Habit[],
  vectors: readonly (readonly Float32Array[])[],
  { likeness, meaning, known }: Nearness,
): RunTable {
  const prompts = run.samples.length
  const metrics: Partial<Record<MetricName, MetricSummary>> = {}
  const add = (metric: MetricName, prompt: number, value: number | undefined): void => {
    if (value === undefined || !Number.isFinite(value)) return
    addValue((metrics[metric] ??= emptySummary(prompts)), prompt, value)
  }
  const failures: Record<string, number> = {}
  let validRows = 0
  let blankRows = 0
  for (const [prompt, samples] of run.samples.entries()) {
    const valid = validOf(samples)
    for (const { error } of samples) if (error !== undefined) failures[error] = (failures[error] ?? 0) + 1
    validRows += valid.length
    const likenessOf = likeness(prompt)
    const meaningOf = meaning(prompt)
    const isKnown = known(prompt)
    for (const [at, sample] of valid.entries()) {
      if (isBlank(sample)) blankRows++
      addSample(sample, habits[prompt]!, (metric, value) => add(metric, prompt, value))
      add('similarity', prompt, likenessOf(vectors[prompt]![at]!))
      add('meaning', prompt, meaningOf(sample))
      if (sample.isGreedy) add('exact', prompt, isKnown(normalised(sample.text)))
    }
    add('agreement', prompt, agreement(valid.map(({ text }) => normalised(text))))
  }
  const all = run.samples.flat().filter(({ error }) => error === undefined)
  const seen = (name: (sample: Sample) => string | undefined) => [
    ...new Set(all.map(name).filter((value) => value !== undefined)),
  ]
  return {
    runId: run.runId,
    startedAtMs: run.startedAtMs,
    expectedRows: run.expectedRows,
    validRows,
    failures,
    blankRows,
    metrics,
    vectors,
    models: seen(({ model }) => model).toSorted(),
    fingerprints: seen(({ fingerprint }) => fingerprint).toSorted(),
  }
}

const rate = (holds: boolean): number => (holds ? 1 : 0)

function addSample(
  sample: Sample,
  habit: Habit,
  add: (metric: MetricName, value: number | undefined) => void,
): void {
  const { reading, text, finish = '', outputTokens, durationMs, firstTokenMs, isRight, fitsSchema } = sample
  const isValid =
    (!habit.isJson || reading.isJson) &&
    (!habit.fitsSchema || fitsSchema !== false) &&
    reading.hasFence === habit.hasFence
  // The worst of the checks, sample by sample: so format is one rate, and no p-value has to be chosen.
  const keepsFormat = isValid && finish !== 'length'
  add('length', outputTokens === undefined ? undefined : Math.log1p(outputTokens))
  add('refusal', rate(reading.isRefusal))
  add('accuracy', isRight === undefined ? undefined : rate(isRight))
  add('format', rate(keepsFormat))
  add('sentiment', reading.sentiment)
  add('characters', Math.log1p(text.length))
  add('json', rate(reading.isJson))
  add('schema', fitsSchema === undefined ? undefined : rate(fitsSchema))
  add('fence', rate(reading.hasFence))
  add('markdown', rate(reading.hasMarkdown))
  add('language', rate((reading.language ?? '') === habit.language))
  add('tools', rate(toolsOf(sample) === habit.tools))
  add('finish', rate(finish === habit.finish))
  add('cost', sample.costNanoUsd === undefined ? undefined : Math.log1p(sample.costNanoUsd))
  add('logprob', sample.meanLogprob)
  add('latency', Math.log(Math.max(1, durationMs)))
  add('firstToken', firstTokenMs === undefined ? undefined : Math.log(Math.max(1, firstTokenMs)))
  const writingMs = firstTokenMs === undefined ? durationMs : durationMs - firstTokenMs
  if (outputTokens !== undefined && outputTokens > 1 && writingMs >= 1) {
    add('tokensPerSecond', Math.log((outputTokens * 1000) / writingMs))
  }
}

/** White space and case apart, two answers are the same. A single space, the usual one, is left as it is. */
const normalised = (text: string): string =>
  text
    .trim()
    .replaceAll(/\s{2,}|[^\S ]/g, ' ')
    .toLowerCase()

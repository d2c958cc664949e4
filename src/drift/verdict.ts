/** Judges a run against its baseline: which metrics alarm, what is only worth a look, and what cannot be said. */

import { holm } from '../judgement/statistics/multiplicity.ts'
import type { Random } from '../judgement/statistics/random.ts'
import { type CusumState, cusumAlarm, cusumSd, cusumStart, cusumStep } from './cusum.ts'
import {
  type DecisionMetric,
  decisionCount,
  decisionMetrics,
  decisionRules,
  exploratoryMetrics,
  measuredRules,
  type MetricName,
  type MetricRule,
  showValue,
  trendMetrics,
} from './metric.ts'
import { measure, type MeasuredResult } from './measured.ts'
import { type OmnibusTest, omnibusTest } from './omnibus.ts'
import { firstLook } from './paired.ts'
import { hasData, type RunTable } from './run-table.ts'
import { baselineOf, lag1Of, type MetricBaseline, type MetricTest, testRun } from './run-test.ts'

export type Verdict = 'ok' | 'drift' | 'warning' | 'no-data'
export type Direction = 'up' | 'down'

/** Why the verdict is what it is; a note changes nothing. */
export interface Reason {
  readonly code:
    | 'no_baseline'
    | 'few_baseline_runs'
    | 'first_look'
    | 'too_few_answers'
    | 'target_gone'
    | 'missed'
    | 'blank_answers'
    | 'metric_changed'
    | 'text_changed'
    | 'slow_change'
    | 'model_changed'
    | 'build_changed'
    | 'noisy_runs'
    | 'runs_depend'
    | 'exploratory'
  readonly isNote: boolean
  readonly text: string
}

export interface MetricResult extends MetricTest {
  readonly metric: DecisionMetric
  readonly adjustedP: number
  readonly isAlarm: boolean
  readonly direction: Direction
  readonly isHarmful: boolean
  /** Of the baseline runs: see `MetricBaseline`. */
  readonly runEffect: number
}

export interface TrendResult {
  readonly metric: MetricName
  /** The step of this run, in units of the inflated sd. */
  readonly z: number
  readonly state: CusumState
  readonly alarm: Direction | undefined
}

/** What providers call what has answered, each name once. */
export interface Reported {
  readonly models: readonly string[]
  /** Such as `system_fingerprint`. */
  readonly builds: readonly string[]
}

export interface Judgement {
  readonly verdict: Verdict
  readonly reasons: readonly Reason[]
  /** In this run, and in its baseline. Absent in what an older version kept. */
  readonly reported?: Reported & { readonly before: Reported }
  readonly metrics: readonly MetricResult[]
  /** What never alarms by itself. Absent in what an older version kept. */
  readonly measured?: readonly MeasuredResult[]
  readonly omnibus: (OmnibusTest & { readonly adjustedP: number; readonly isAlarm: boolean }) | undefined
  readonly trends: readonly TrendResult[]
  readonly baselineRuns: number
  /** How much baseline runs resemble the one before; above .5 it takes three alarms in a row to act. */
  readonly lag1: number
  /** The metric that alarms in the same harmful direction often enough to move a route. */
  readonly confirmed: { readonly metric: DecisionMetric; readonly direction: Direction } | undefined
}

/** What of an earlier run against the same baseline still counts. */
export interface EarlierRun {
  readonly verdict: Verdict
  readonly alarms: readonly { readonly metric: DecisionMetric; readonly direction: Direction }[]
  readonly trends: readonly { readonly metric: MetricName; readonly state: CusumState }[]
}

/** Of all alarms of one run together. */
const familyError = 0.01
/** With fewer, limits are wide and the verdict is at best a warning. */
const minBaselineRuns = 12
/** With fewer, runs cannot be told from samples. */
const minRunsForTest = 3
const noisyFrom = 0.25
const dependentFrom = 0.5

export interface JudgeInput {
  /** Oldest first. */
  readonly baseline: readonly RunTable[]
  readonly run: RunTable
  /** Against the same baseline, oldest first. */
  readonly earlier: readonly EarlierRun[]
  readonly random: Random
  /** Of the omnibus test; 2,000 where absent. */
  readonly permutations?: number
}

const nothing = {
  metrics: [],
  measured: [],
  omnibus: undefined,
  trends: [],
  lag1: 0,
  confirmed: undefined,
} as const

/** Pure: the same tables and the same seed give the same judgement. */
export function judgeRun(input: JudgeInput): Judgement {
  const { run } = input
  const baseline = input.baseline.filter(hasData)
  const baselineRuns = baseline.length
  const reported = { ...reportedBy([run]), before: reportedBy(baseline) }
  const reasons: Reason[] = []
  const warn = (code: Reason['code'], text: string) => reasons.push({ code, isNote: false, text })
  const note = (code: Reason['code'], text: string) => reasons.push({ code, isNote: true, text })

  if (!hasData(run)) {
    reasons.push(noDataReason(run))
    return { verdict: 'no-data', reasons, reported, baselineRuns, ...nothing }
  }
  if (baselineRuns === 0) {
    warn('no_baseline', 'there is no baseline run with enough answers yet: record some with --baseline')
    return { verdict: 'no-data', reasons, reported, baselineRuns, ...nothing }
  }
  noteBlank(run, note)
  warnModels(reported, warn, note)
  if (baselineRuns < minRunsForTest) {
    const change = firstLook(baseline, run, input.random)
    warn(
      'first_look',
      `${baselineRuns} baseline run${baselineRuns === 1 ? '' : 's'}: too few to tell drift from chance` +
        (change === undefined ? '; nothing stands out' : `; ${change} stands out`),
    )
    return { verdict: 'warning', reasons, reported, baselineRuns, ...nothing }
  }
  if (baselineRuns < minBaselineRuns) {
    warn('few_baseline_runs', `${baselineRuns} of at least ${minBaselineRuns} baseline runs: limits are wide`)
  }
  const compared = compare(input, baseline, { warn, note })
  const isWarning = reasons.some(({ isNote }) => !isNote)
  return {
    verdict: compared.isDrift ? 'drift' : isWarning ? 'warning' : 'ok',
    reasons,
    reported,
    baselineRuns,
    ...compared.findings,
  }
}

interface Telling {
  warn(code: Reason['code'], text: string): void
  note(code: Reason['code'], text: string): void
}

/** Holds the run against a baseline that is long enough. */
function compare(
  input: JudgeInput,
  baseline: readonly RunTable[],
  { warn, note }: Telling,
): { isDrift: boolean; findings: Omit<Judgement, 'verdict' | 'reasons' | 'reported' | 'baselineRuns'> } {
  const baselines = metricBaselines(baseline)
  const lag1 = lag1Of(decisionMetrics.flatMap((metric) => baselines[metric] ?? []))
  if (lag1 > dependentFrom) {
    note('runs_depend', 'a run resembles the one before it: three alarms in a row are needed to act')
  }
  const { metrics, omnibus } = testDecisions(input, baseline, baselines)
  for (const result of metrics) tellMetric(result, warn, note)
  if (omnibus?.isAlarm) warn('text_changed', `the texts read differently (p ${shown(omnibus.adjustedP)})`)
  const trends = stepTrends(input, baselines)
  warnSlow(trends, metrics, warn)
  const measured = measure(input.run, baselines)
  tellMeasured(measured, note)
  const confirmed = confirmedAlarm(metrics, input.earlier, lag1 > dependentFrom ? 3 : 2)
  return {
    isDrift: metrics.some(({ isAlarm }) => isAlarm) || omnibus?.isAlarm === true,
    findings: { metrics, measured, omnibus, trends, lag1, confirmed },
  }
}

const labelOf = (metric: MetricName): string => ({ ...decisionRules, ...measuredRules })[metric].label

const shown = (p: number): string => (p < 0.0001 ? '< .0001' : p.toFixed(4).replace(/^0/, ''))

/** Codes of errors which say that the target itself is no longer there. */
const goneCodes = ['model_not_found']

function noDataReason({ validRows, expectedRows, failures }: RunTable): Reason {
  const gone = goneCodes.reduce((total, code) => total + (failures[code] ?? 0), 0)
  const failed = expectedRows - validRows
  const codes = Object.entries(failures)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([code, count]) => `${code} ${count}`)
    .join(', ')
  const isGone = failed > 0 && gone > failed / 2
  const text =
    `${validRows} of ${expectedRows} answers came${codes === '' ? '' : ` (${codes})`}; ` +
    (isGone ? 'the target no longer serves this model' : 'an outage is no drift')
  return { code: isGone ? 'target_gone' : 'too_few_answers', isNote: false, text }
}

type Tell = (code: Reason['code'], text: string) => void

function noteBlank({ blankRows, validRows }: RunTable, note: Tell): void {
  if (blankRows > 0) {
    note('blank_answers', `${blankRows} of ${validRows} answers were blank; they count as refusals`)
  }
}

/** What has just been told as sudden is not slow. */
function warnSlow(trends: readonly TrendResult[], metrics: readonly MetricResult[], warn: Tell): void {
  for (const { metric, alarm } of trends) {
    const isSudden = metrics.some((result) => result.metric === metric && result.isAlarm)
    if (alarm && !isSudden)
      warn('slow_change', `${labelOf(metric)} has been moving ${alarm} for several runs`)
  }
}

/** A new name is told at once: a run is due. A new build is a note, as some providers change it daily. */
function warnModels(
  { models, builds, before }: NonNullable<Judgement['reported']>,
  warn: Tell,
  note: Tell,
): void {
  const newAmong = (names: readonly string[], known: readonly string[]): string[] =>
    known.length === 0 ? [] : names.filter((name) => !known.includes(name))
  const newModels = newAmong(models, before.models)
  if (newModels.length > 0)
    warn('model_changed', `the provider now reports the model ${newModels.join(', ')}`)
  const newBuilds = newAmong(builds, before.builds)
  if (newBuilds.length > 0)
    note('build_changed', `the provider now reports the build ${newBuilds.join(', ')}`)
}

function reportedBy(tables: readonly RunTable[]): Reported {
  const each = (names: readonly string[]) => [...new Set(names)].toSorted()
  return {
    models: each(tables.flatMap(({ models }) => models)),
    builds: each(tables.flatMap(({ fingerprints }) => fingerprints)),
  }
}

type MetricBaselines = Partial<Record<MetricName, MetricBaseline>>

function metricBaselines(baseline: readonly RunTable[]): MetricBaselines {
  const found: MetricBaselines = {}
  for (const metric of [...decisionMetrics, ...exploratoryMetrics, ...trendMetrics]) {
    const runs = baseline.flatMap((table) => table.metrics[metric] ?? [])
    const known = baselineOf(runs)
    if (known && known.runs >= minRunsForTest) found[metric] = known
  }
  return found
}

function testDecisions(
  { run, random, permutations }: JudgeInput,
  baseline: readonly RunTable[],
  baselines: MetricBaselines,
): Pick<Judgement, 'metrics' | 'omnibus'> {
  const tested = decisionMetrics.flatMap((metric) => {
    const known = baselines[metric]
    const values = run.metrics[metric]
    const result = known && values && testRun(known, values)
    return result ? [{ metric, known, result }] : []
  })
  const omnibus = omnibusTest(
    baseline.map(({ vectors }) => vectors),
    run.vectors,
    random,
    permutations,
  )
  const adjusted = adjustDecisions(
    tested.map(({ metric, result }) => ({ metric, test: result })),
    omnibus?.p ?? 1,
  )
  const metrics = tested.map(({ metric, known, result }, at): MetricResult => {
    const direction = result.effect > 0 ? 'up' : 'down'
    const rule: MetricRule = decisionRules[metric]
    return {
      ...result,
      metric,
      adjustedP: adjusted.metrics[at]!,
      isAlarm: adjusted.metrics[at]! < familyError,
      direction,
      isHarmful: rule.harmful === 'either' || rule.harmful === direction,
      runEffect: known.runEffect,
    }
  })
  return {
    metrics,
    omnibus: omnibus && {
      ...omnibus,
      adjustedP: adjusted.omnibus,
      isAlarm: adjusted.omnibus < familyError,
    },
  }
}

/**
 * Holm over the decision metrics and the omnibus test. An effect below its minimum counts as p = 1, and so does a
 * metric that could not be tested: the correction is the same for every golden set.
 */
export function adjustDecisions(
  tests: readonly { readonly metric: DecisionMetric; readonly test: MetricTest }[],
  omnibusP: number,
): { metrics: number[]; omnibus: number } {
  const pValues = Array.from<number>({ length: decisionCount }).fill(1)
  for (const [at, { metric, test }] of tests.entries()) {
    if (Math.abs(test.effect) >= decisionRules[metric].minEffect) pValues[at] = test.p
  }
  pValues[decisionCount - 1] = omnibusP
  const adjusted = holm(pValues)
  return { metrics: adjusted.slice(0, tests.length), omnibus: adjusted[decisionCount - 1]! }
}

function tellMetric(result: MetricResult, warn: Tell, note: Tell): void {
  const { label } = decisionRules[result.metric]
  if (result.isAlarm) {
    warn(
      'metric_changed',
      `${label} went ${result.direction} from ${showValue(result.metric, result.baseline)} to ${showValue(result.metric, result.value)} (p ${shown(result.adjustedP)})`,
    )
  }
  if (result.runEffect > noisyFrom) {
    note(
      'noisy_runs',
      `${label}: runs differ by ${result.runEffect.toFixed(2)} sd without drift; small changes go unseen`,
    )
  }
}

function tellMeasured(measured: readonly MeasuredResult[], note: Tell): void {
  const found = measured.filter(({ isChanged }) => isChanged).map(({ metric }) => measuredRules[metric].label)
  if (found.length > 0)
    note('exploratory', `also changed, at a false discovery rate of .05: ${found.join(', ')}`)
}

function stepTrends({ run, earlier }: JudgeInput, baselines: MetricBaselines): TrendResult[] {
  const last = earlier.findLast(({ verdict }) => verdict !== 'no-data')
  return [...decisionMetrics, ...trendMetrics].flatMap((metric) => {
    const baseline = baselines[metric]
    const values = run.metrics[metric]
    const test = baseline && values && testRun(baseline, values)
    if (!test) return []
    // A metric that never moved has no sd of its own; one sample in all is the least step worth counting.
    const sd = Math.max(cusumSd(baseline.runSd, baseline.runs), 1 / run.expectedRows)
    const known = last?.trends.find((trend) => trend.metric === metric)?.state ?? cusumStart
    // A chart that has alarmed begins anew: it alarms again only if the change goes on.
    const before = cusumAlarm(known) ? cusumStart : known
    const z = test.effect / sd
    const state = cusumStep(before, z)
    return [{ metric, z, state, alarm: cusumAlarm(state) }]
  })
}

/**
 * Two of the last three runs alarm on the same metric in the same harmful direction; three of three where runs
 * depend on each other. Runs without data are neither clean nor alarms.
 */
function confirmedAlarm(
  metrics: readonly MetricResult[],
  earlier: readonly EarlierRun[],
  needed: number,
): Judgement['confirmed'] {
  const recent = earlier.filter(({ verdict }) => verdict !== 'no-data').slice(-2)
  for (const { metric, direction, isAlarm, isHarmful } of metrics) {
    const rule: MetricRule = decisionRules[metric]
    if (!isAlarm || !isHarmful || !rule.mayRollBack) continue
    const before = recent.filter(({ alarms }) =>
      alarms.some((alarm) => alarm.metric === metric && alarm.direction === direction),
    ).length
    if (before + 1 >= needed) return { metric, direction }
  }
  return undefined
}

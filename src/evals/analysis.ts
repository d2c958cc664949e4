/** Makes the report of a run from its rows: the same rows and facts always give the same figures. */

import { clusteredMean } from '../judgement/statistics/clusters.ts'
import { agreement } from '../judgement/statistics/consistency.ts'
import { tTwoSided } from '../judgement/statistics/distributions.ts'
import { mcnemar } from '../judgement/statistics/mcnemar.ts'
import { mean } from '../judgement/statistics/moments.ts'
import { holm } from '../judgement/statistics/multiplicity.ts'
import type { Verdict } from '../judgement/statistics/non-inferiority.ts'
import { parseExpression } from '../judgement/suite/template-expression.ts'
import { armFigures, groupBy, meanFigure, normalisedAnswer, rateFigure } from './figures.ts'
import { decideGate, defaultGate, worst } from './gate.ts'
import { pairRows, passValue } from './pairs.ts'
import type {
  ArmFigures,
  Comparison,
  Contrast,
  Figure,
  FlipTable,
  GroupFigures,
  Report,
  RunFacts,
} from './report.ts'
import type { CaseRow } from './row.ts'

export function analyse(facts: RunFacts, given: readonly CaseRow[]): Report {
  const rows = withSelfConsistency(given)
  const byArm = groupBy(rows, ({ arm }) => arm)
  const rowsOf = (label: string): readonly CaseRow[] => byArm.get(label) ?? []
  const baseline = facts.arms.find(({ isBaseline }) => isBaseline)
  const candidates = facts.arms.filter(({ isBaseline }) => !isBaseline)
  const comparisons = candidates.map(({ label }) =>
    compare(facts, rowsOf(label), baseline && rowsOf(baseline.label), label),
  )
  const plain = plainVerdict(
    candidates.flatMap(({ label }) => rowsOf(label)),
    facts,
  )
  const gates = comparisons.flatMap(({ gate }) => gate ?? [])
  const verdict = gates.length > 0 ? worst(gates.map((gate) => gate.verdict)) : plain.verdict
  const reason = gates.length > 0 ? gates.find((gate) => gate.verdict === verdict)?.reason : plain.reason
  const groups = { arms: facts.arms, rows }
  return {
    ...facts,
    version: 1,
    arms: facts.arms.map((arm) => {
      const own = rowsOf(arm.label)
      const models = new Set(
        own.flatMap(({ provider, model }) => (model ? [`${provider ?? '?'}/${model}`] : [])),
      )
      const figures = armFigures(own, facts.seed)
      return { ...arm, models: [...models], figures: { ...figures, ...derived(facts, figures) } }
    }),
    tags: groupFigures(groups, ({ tags }) => tags),
    clusters: groupFigures(groups, ({ cluster, caseId }) => (cluster === caseId ? [] : [cluster])),
    comparisons,
    drops: facts.contrasts.flatMap((contrast) => drops(contrast, facts.arms, rowsOf)),
    verdict,
    ...(reason !== undefined && { reason }),
    rows,
  }
}

/**
 * Repeats that agree too little with each other fail together: `self-consistency` is asserted of the case. Twice is as
 * once: a report's own rows have it already.
 */
export function withSelfConsistency(rows: readonly CaseRow[]): readonly CaseRow[] {
  if (rows.every(({ minAgreement }) => minAgreement === undefined)) return rows
  const inconsistent = new Map<CaseRow, number>()
  for (const repeats of groupBy(rows, ({ arm, caseId }) => `${caseId}\n${arm}`).values()) {
    const graded = repeats.filter(({ status }) => status === 'graded')
    const share = agreement(graded.map(normalisedAnswer))
    const least = graded[0]?.minAgreement
    if (share === undefined || least === undefined || share >= least) continue
    for (const row of graded) inconsistent.set(row, share)
  }
  return rows.map((row) => {
    const share = inconsistent.get(row)
    if (share === undefined || row.asserts.some(({ type }) => type === 'self-consistency')) return row
    const reason = `agreement ${share.toFixed(3)} over the repeats, ${row.minAgreement} needed`
    const result = { type: 'self-consistency', weight: 1, pass: false, score: share, reason }
    return { ...row, pass: false, asserts: [...row.asserts, result] }
  })
}

function compare(
  facts: RunFacts,
  candidate: readonly CaseRow[],
  baseline: readonly CaseRow[] | undefined,
  label: string,
): Comparison {
  const settings = facts.gate ?? (baseline && defaultGate)
  const flips = baseline && flipTable(candidate, baseline)
  const gate = settings && decideGate({ facts, settings, candidate, ...(baseline && { baseline }) })
  return { candidate: label, ...(gate && { gate }), ...(flips && { flips }) }
}

/** Without a gate and a baseline: every test must pass. */
function plainVerdict(
  rows: readonly CaseRow[],
  { plannedRows, arms }: RunFacts,
): { verdict: Verdict; reason?: string } {
  const failed = rows.filter(({ status, pass }) => status === 'graded' && !pass).length
  const broken = rows.filter(({ status }) => status === 'error').length
  if (failed > 0) return { verdict: 'fail', reason: `${failed} of ${rows.length} answers failed` }
  const missing = arms.some(({ isBaseline }) => isBaseline) ? 0 : plannedRows - rows.length
  if (broken > 0) return { verdict: 'inconclusive', reason: `${broken} answers were lost to faults` }
  return missing > 0
    ? { verdict: 'inconclusive', reason: `${missing} answers are missing` }
    : { verdict: 'pass' }
}

/** Only where each case was asked once: then a case is right or wrong. */
function flipTable(candidate: readonly CaseRow[], baseline: readonly CaseRow[]): FlipTable | undefined {
  const { cases } = pairRows(candidate, baseline)
  if (cases.length === 0 || cases.some((pair) => pair.candidate.length > 1)) return undefined
  const count = (own: boolean, other: boolean): number =>
    cases.filter((pair) => pair.candidate[0]!.pass === own && pair.baseline[0]!.pass === other).length
  const onlyBaseline = count(false, true)
  const onlyCandidate = count(true, false)
  return {
    bothRight: count(true, true),
    onlyBaseline,
    onlyCandidate,
    bothWrong: count(false, false),
    ...mcnemar(onlyBaseline, onlyCandidate),
  }
}

/** Paired by cluster: each has the same task under both tags. */
function drops(
  { name, from, to }: RunFacts['contrasts'][number],
  arms: RunFacts['arms'],
  rowsOf: (label: string) => readonly CaseRow[],
): Contrast[] {
  return arms.flatMap(({ label }) => {
    const graded = rowsOf(label).filter(({ status }) => status === 'graded')
    const pairs = [...groupBy(graded, ({ cluster }) => cluster).values()].flatMap((rows) => {
      const [before, after] = [from, to].map((tag) => rows.filter(({ tags }) => tags.includes(tag)))
      if (before!.length === 0 || after!.length === 0) return []
      return [{ from: mean(before!.map(passValue)), to: mean(after!.map(passValue)) }]
    })
    const drop = meanFigure(pairs.map((pair) => [pair.from - pair.to]))
    if (drop === undefined) return []
    const average = (key: 'from' | 'to'): number => mean(pairs.map((pair) => pair[key]))
    return [{ name, arm: label, clusters: pairs.length, from: average('from'), to: average('to'), drop }]
  })
}

/** Arithmetic of the suite over the means of metrics. One that cannot be worked out is left out. */
function derived({ derivedMetrics }: RunFacts, { metrics }: ArmFigures): { metrics: ArmFigures['metrics'] } {
  const values: Record<string, Figure> = { ...metrics }
  for (const { name, value } of derivedMetrics) {
    const scope = new Map<string, unknown>(Object.entries(values).map(([key, figure]) => [key, figure.value]))
    const result = Number(parseExpression(value.replaceAll(/\{\{|\}\}/g, ' '))(scope))
    if (Number.isFinite(result)) values[name] = { value: result }
  }
  return { metrics: values }
}

interface Groups {
  readonly arms: RunFacts['arms']
  readonly rows: readonly CaseRow[]
}

/** Figures by tag or cluster, the difference with a p-value that knows how many groups were looked at. */
function groupFigures(
  { arms, rows }: Groups,
  namesOf: (row: CaseRow) => readonly string[],
): Record<string, GroupFigures> {
  const groups = new Map<string, CaseRow[]>()
  for (const row of rows) {
    for (const name of namesOf(row)) {
      const group = groups.get(name)
      if (group) group.push(row)
      else groups.set(name, [row])
    }
  }
  const inOrder = [...groups].toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
  const entries = inOrder.map(([name, members]) => ({ name, ...groupOf(arms, members) }))
  const tested = entries.filter(({ p }) => p !== undefined)
  const adjusted = new Map(holm(tested.map(({ p }) => p!)).map((p, index) => [tested[index]!.name, p]))
  return Object.fromEntries(
    entries.map(({ name, figures }) => {
      const pHolm = adjusted.get(name)
      const { difference } = figures
      return [
        name,
        difference && pHolm !== undefined ? { ...figures, difference: { ...difference, pHolm } } : figures,
      ]
    }),
  )
}

function groupOf(arms: RunFacts['arms'], rows: readonly CaseRow[]): { figures: GroupFigures; p?: number } {
  const of = (label: string): CaseRow[] => rows.filter(({ arm }) => arm === label)
  const rates = arms.flatMap(({ label }) => {
    const figure = rateFigure(of(label))
    return figure ? [[label, figure] as const] : []
  })
  const figures: GroupFigures = {
    cases: new Set(rows.map(({ caseId }) => caseId)).size,
    passRate: Object.fromEntries(rates),
  }
  const baseline = arms.find(({ isBaseline }) => isBaseline)
  const candidate = arms.find(({ isBaseline }) => !isBaseline)
  if (!baseline || !candidate) return { figures }
  const { cases } = pairRows(of(candidate.label), of(baseline.label))
  if (cases.length < 2) return { figures }
  const average = (list: readonly CaseRow[]): number =>
    list.reduce((total, row) => total + passValue(row), 0) / list.length
  const differences = cases.map((pair) => average(pair.candidate) - average(pair.baseline))
  const difference = meanFigure(differences.map((value) => [value]))
  if (difference === undefined) return { figures }
  const { mean: centre, standardError } = clusteredMean(differences.map((value) => [value]))
  const p = standardError > 0 ? tTwoSided(centre / standardError, cases.length - 1) : centre === 0 ? 1 : 0
  return { figures: { ...figures, difference }, p }
}

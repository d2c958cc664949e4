/** The figures of one arm: rates, times, cost and consistency, each with an interval where there is one. */

import { parseJson } from '../core/json.ts'
import { bcaBounds } from '../judgement/statistics/bootstrap.ts'
import { clusteredInterval, clusteredMean } from '../judgement/statistics/clusters.ts'
import { agreement, normalisedEntropy, passAll } from '../judgement/statistics/consistency.ts'
import { mean, sum } from '../judgement/statistics/moments.ts'
import { quantile, quantileRanks } from '../judgement/statistics/quantiles.ts'
import { createRandom } from '../judgement/statistics/random.ts'
import { ratioOfTotals } from '../judgement/statistics/ratio.ts'
import { wilson } from '../judgement/statistics/wilson.ts'
import { canonicalJson } from '../judgement/suite/case-id.ts'
import type { ArmFigures, Figure, LatencyFigures } from './report.ts'
import type { CaseRow } from './row.ts'

/** The rows of one case, by case, in the order of their first appearance. */
export function byCase(rows: readonly CaseRow[]): Map<string, CaseRow[]> {
  return groupBy(rows, ({ caseId }) => caseId)
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}

/** Case values (a mean over repeats each), grouped by the cluster of the case. */
export function clusterValues(rows: readonly CaseRow[], valueOf: (row: CaseRow) => number): number[][] {
  const clusters = new Map<string, number[]>()
  for (const repeats of byCase(rows).values()) {
    const { cluster } = repeats[0]!
    const value = mean(repeats.map(valueOf))
    const group = clusters.get(cluster)
    if (group) group.push(value)
    else clusters.set(cluster, [value])
  }
  return [...clusters.values()]
}

/** A mean over cases with its interval by clusters. */
export function meanFigure(clusters: readonly (readonly number[])[]): Figure | undefined {
  if (clusters.length === 0) return undefined
  const result = clusteredMean(clusters)
  const interval = clusters.length < 2 ? {} : clusteredInterval(result)
  return { value: result.mean, ...interval }
}

/** The share of right answers: Wilson's interval where each case is a cluster and was asked once, else by clusters. */
export function rateFigure(rows: readonly CaseRow[]): Figure | undefined {
  const graded = rows.filter(({ status }) => status === 'graded')
  if (graded.length === 0) return undefined
  const clusters = clusterValues(graded, ({ pass }) => (pass ? 1 : 0))
  if (clusters.length === graded.length) {
    const passes = graded.filter(({ pass }) => pass).length
    return { value: passes / graded.length, ...wilson(passes, graded.length) }
  }
  const figure = meanFigure(clusters)!
  if (figure.lower === undefined || figure.upper === undefined) return figure
  // Without any spread a t interval has no width, and says more than so few clusters can know.
  const unseen = figure.upper - figure.lower < 1e-12 ? 1 - 0.025 ** (1 / clusters.length) : 0
  return {
    ...figure,
    lower: Math.max(0, figure.lower - unseen),
    upper: Math.min(1, figure.upper + unseen),
  }
}

export function latencyFigures(values: readonly number[]): LatencyFigures {
  const sorted = values.toSorted((a, b) => a - b)
  // Below these counts the tail holds no value that could bound it.
  const p50 = quantileFigure(sorted, 0.5, 6)
  const p95 = quantileFigure(sorted, 0.95, 59)
  const p99 = quantileFigure(sorted, 0.99, 299)
  return { ...(p50 && { p50 }), ...(p95 && { p95 }), ...(p99 && { p99 }) }
}

function quantileFigure(sorted: readonly number[], q: number, least: number): Figure | undefined {
  if (sorted.length < least) return undefined
  const { lower, upper } = quantileRanks(sorted.length, q)
  return {
    value: quantile(sorted, q),
    ...(lower !== undefined && { lower: sorted[lower - 1]! }),
    ...(upper !== undefined && { upper: sorted[upper - 1]! }),
  }
}

const usd = (nano: number): number => nano / 1e9

/** All figures of an arm; `seed` repeats the resampling of the cost. */
export function armFigures(rows: readonly CaseRow[], seed: string): ArmFigures {
  const graded = rows.filter(({ status }) => status === 'graded')
  const live = graded.filter(({ isCached }) => !isCached)
  const optional: Record<string, Figure | undefined> = {
    passRate: rateFigure(rows),
    score: meanFigure(clusterValues(graded, ({ score }) => score)),
    costUsd: costFigure(live, seed),
    costPerSuccessUsd: costPerSuccess(live),
    inputTokens: meanFigure(clusterValues(withUsage(graded), ({ usage }) => usage!.inputTokens)),
    outputTokens: meanFigure(clusterValues(withUsage(graded), ({ usage }) => usage!.outputTokens)),
    ...consistencyFigures(graded),
  }
  const present = Object.fromEntries(Object.entries(optional).filter(([, figure]) => figure !== undefined))
  return {
    rows: rows.length,
    errors: rows.length - graded.length,
    passes: graded.filter(({ pass }) => pass).length,
    ...(present as Partial<ArmFigures>),
    totalMs: latencyFigures(live.flatMap(({ totalMs }) => totalMs ?? [])),
    firstTokenMs: latencyFigures(live.flatMap(({ firstTokenMs }) => firstTokenMs ?? [])),
    totalCostUsd: usd(sum(rows.map(({ costNanoUsd, isCached }) => (isCached ? 0 : (costNanoUsd ?? 0))))),
    gradingCostUsd: usd(sum(rows.map(({ gradingNanoUsd }) => gradingNanoUsd))),
    metrics: metricFigures(graded),
  }
}

function withUsage(rows: readonly CaseRow[]): CaseRow[] {
  return rows.filter(({ usage }) => usage !== undefined)
}

/** Mean cost of each case in nano-USD; nothing unless every row has a price. */
export function caseCosts(rows: readonly CaseRow[]): number[] | undefined {
  if (rows.length === 0 || rows.some(({ costNanoUsd }) => costNanoUsd === undefined)) return undefined
  return [...byCase(rows).values()].map((repeats) => mean(repeats.map(({ costNanoUsd }) => costNanoUsd!)))
}

function costFigure(rows: readonly CaseRow[], seed: string): Figure | undefined {
  const costs = caseCosts(rows)
  if (costs === undefined) return undefined
  const value = usd(mean(costs))
  if (costs.length < 10) return { value }
  const statistic = (units: Int32Array): number => {
    let total = 0
    for (const unit of units) total += costs[unit]!
    return total / units.length
  }
  const random = createRandom(`${seed}:cost`)
  const [lower, upper] = bcaBounds({ n: costs.length, statistic, random }, [0.025, 0.975], 2_000)
  return { value, lower: usd(lower!), upper: usd(upper!) }
}

function costPerSuccess(rows: readonly CaseRow[]): Figure | undefined {
  const costs = caseCosts(rows)
  if (costs === undefined || costs.length < 2) return undefined
  const successes = [...byCase(rows).values()].map((repeats) =>
    mean(repeats.map(({ pass }) => (pass ? 1 : 0))),
  )
  const result = ratioOfTotals(costs, successes)
  if (result === undefined) return undefined
  const half = 1.959964 * result.standardError
  return {
    value: usd(result.ratio),
    lower: usd(Math.max(0, result.ratio - half)),
    upper: usd(result.ratio + half),
  }
}

/** Answers as they are compared: JSON by its value, other text without regard to case and outer space. */
export function normalisedAnswer({ replies }: CaseRow): string {
  const text = replies.at(-1)?.output.trim() ?? ''
  const parsed = parseJson(text)
  if (parsed !== undefined) return canonicalJson(parsed)
  return (finalAnswer.exec(text)?.[1] ?? text).toLowerCase().replace(/\s+/g, ' ')
}

/** Reasoning that ends in a line such as `Answer: 42` is told by that line alone. */
const finalAnswer = /(?:^|\n)[*#>\s]*(?:the )?(?:final )?answer(?: is)?\**[:=]\**[ \t]*([^\n]+)$/i

function consistencyFigures(rows: readonly CaseRow[]): Record<string, Figure | undefined> {
  const several = [...byCase(rows).values()].filter((repeats) => repeats.length > 1)
  if (several.length === 0) return {}
  const figure = (valueOf: (repeats: readonly CaseRow[]) => number): Figure | undefined => {
    const clusters = groupBy(several, (repeats) => repeats[0]!.cluster)
    return meanFigure([...clusters.values()].map((cases) => cases.map(valueOf)))
  }
  return {
    agreement: figure((repeats) => agreement(repeats.map(normalisedAnswer))!),
    entropy: figure((repeats) => normalisedEntropy(repeats.map(normalisedAnswer))!),
    passAll: figure((repeats) =>
      passAll(repeats.filter(({ pass }) => pass).length, repeats.length, repeats.length),
    ),
  }
}

/** The mean score of each metric that an assertion names, faults left out. */
function metricFigures(rows: readonly CaseRow[]): Record<string, Figure> {
  const names = new Set(rows.flatMap(({ asserts }) => asserts.flatMap(({ metric }) => metric ?? [])))
  const figures: Record<string, Figure> = {}
  for (const name of names) {
    const figure = meanFigure(metricClusters(rows, name))
    if (figure) figures[name] = figure
  }
  return figures
}

/** Case values of one metric, by cluster. */
export function metricClusters(rows: readonly CaseRow[], name: string): number[][] {
  const scores = new Map<CaseRow, number>()
  for (const row of rows) {
    const own = row.asserts.filter(({ metric, error }) => metric === name && error === undefined)
    if (own.length > 0) scores.set(row, mean(own.map(({ score }) => score)))
  }
  return clusterValues([...scores.keys()], (row) => scores.get(row)!)
}

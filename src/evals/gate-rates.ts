/** The parts of a gate that count right answers and scores. */

import { clusteredMean } from '../judgement/statistics/clusters.ts'
import { agreement } from '../judgement/statistics/consistency.ts'
import { mean } from '../judgement/statistics/moments.ts'
import {
  differenceBounds,
  nonInferiorityVerdict,
  type Verdict,
} from '../judgement/statistics/non-inferiority.ts'
import { wilson } from '../judgement/statistics/wilson.ts'
import { byCase, clusterValues, groupBy, metricClusters, normalisedAnswer } from './figures.ts'
import { limitPart, minClusters, type Scope, undecided, within } from './gate-part.ts'
import { differenceInfluences, type PairedCase, passValue } from './pairs.ts'
import type { GatePart, RunFacts } from './report.ts'
import type { CaseRow } from './row.ts'

export function passRatePart(
  { settings: { margin }, alpha, pairs }: Scope,
  { earlyVerdict }: RunFacts,
): GatePart {
  const name = 'pass rate'
  if (earlyVerdict) {
    const { verdict, cases, evidence } = earlyVerdict
    const estimate = pairs.length === 0 ? undefined : mean(differenceInfluences(pairs, passValue).influences)
    return {
      name,
      estimate,
      lower: undefined,
      upper: undefined,
      bound: -margin,
      verdict,
      method: 'e-process',
      reason: `decided after ${cases} cases with evidence ${evidence.toFixed(0)}`,
    }
  }
  return differencePart(name, pairs, passValue, { margin, alpha })
}

/** Candidate minus baseline, no worse than `-margin`. */
function differencePart(
  name: string,
  pairs: readonly PairedCase[],
  valueOf: (row: CaseRow) => number,
  { margin, alpha }: { readonly margin: number; readonly alpha: number },
): GatePart {
  const bound = -margin
  if (pairs.length === 0) return undecided(name, bound, 'no pair of answers')
  const { influences, isBinary } = differenceInfluences(pairs, valueOf)
  const { estimate, method, ...bounds } = differenceBounds(influences, { alpha, isBinary })
  const { lower, upper } = within(bounds, -1, 1)
  const part = { name, estimate, lower, upper, bound, method }
  if (influences.length < minClusters) {
    return {
      ...part,
      verdict: 'inconclusive',
      reason: `too few clusters: ${influences.length} of ${minClusters}`,
    }
  }
  return { ...part, verdict: nonInferiorityVerdict({ lower, upper }, margin) }
}

export function floorParts({ settings: { minPassRate }, alpha, graded }: Scope): GatePart[] {
  if (minPassRate === undefined) return []
  const name = 'pass rate, floor'
  const clusters = clusterValues(graded, passValue)
  if (clusters.length < minClusters) {
    return [undecided(name, minPassRate, `too few clusters: ${clusters.length} of ${minClusters}`)]
  }
  if (clusters.length === graded.length) {
    const passes = graded.filter(({ pass }) => pass).length
    const interval = wilson(passes, graded.length, 2 * alpha)
    const estimate = passes / graded.length
    return [limitPart({ name, estimate, ...interval, bound: minPassRate, method: 'wilson' }, 'at-least')]
  }
  return [meanLimit(name, clusters, minPassRate, alpha)]
}

/** A mean over clusters that must be at least `bound`. */
function meanLimit(
  name: string,
  clusters: readonly (readonly number[])[],
  bound: number,
  alpha: number,
): GatePart {
  if (clusters.length < minClusters) {
    return undecided(name, bound, `too few clusters: ${clusters.length} of ${minClusters}`)
  }
  const { influences } = clusteredMean(clusters)
  const { estimate, method, ...bounds } = differenceBounds(influences, { alpha, isBinary: false })
  return limitPart({ name, estimate, method, ...within(bounds, 0, 1), bound }, 'at-least')
}

export function criticalParts({ settings: { critical }, candidate }: Scope): GatePart[] {
  if (critical === undefined) return []
  const rows = candidate.filter(({ isCritical }) => isCritical)
  const failed = rows.filter(({ status, pass }) => status === 'graded' && !pass)
  const broken = rows.filter(({ status }) => status === 'error')
  const ids = [...new Set(failed.map(({ caseId }) => caseId))]
  const verdict: Verdict = failed.length > 0 ? 'fail' : broken.length > 0 ? 'inconclusive' : 'pass'
  const reason =
    failed.length > 0
      ? `failed: ${ids.slice(0, 5).join(', ')}`
      : broken.length > 0
        ? `${broken.length} answers were lost to faults`
        : undefined
  const share = rows.length === 0 ? 1 : (rows.length - failed.length) / rows.length
  return [
    {
      name: 'critical cases',
      estimate: share,
      lower: undefined,
      upper: undefined,
      bound: 1,
      verdict,
      method: 'count',
      ...(reason !== undefined && { reason }),
    },
  ]
}

export function consistencyParts({ settings: { consistency }, alpha, graded }: Scope): GatePart[] {
  if (consistency === undefined) return []
  const several = [...byCase(graded).values()].filter((repeats) => repeats.length > 1)
  const clusters = [...groupBy(several, (repeats) => repeats[0]!.cluster).values()].map((cases) =>
    cases.map((repeats) => agreement(repeats.map(normalisedAnswer))!),
  )
  return [meanLimit('agreement', clusters, consistency.minAgreement, alpha)]
}

export function metricParts({ settings: { metrics = {} }, alpha, graded, pairs }: Scope): GatePart[] {
  return Object.entries(metrics).flatMap(([name, { min, margin }]) => {
    const scoreOf = (row: CaseRow): number => {
      const own = row.asserts.filter(({ metric, error }) => metric === name && error === undefined)
      return mean(own.map(({ score }) => score))
    }
    const measured = pairs.filter(({ candidate, baseline }) =>
      [...candidate, ...baseline].every((row) => !Number.isNaN(scoreOf(row))),
    )
    return [
      ...(min === undefined ? [] : [meanLimit(`${name}, floor`, metricClusters(graded, name), min, alpha)]),
      ...(margin === undefined ? [] : [differencePart(name, measured, scoreOf, { margin, alpha })]),
    ]
  })
}

export function faultPart(
  { settings: { maxErrorRate }, candidate, graded }: Scope,
  lostPairs: number | undefined,
): GatePart {
  const share = lostPairs ?? (candidate.length === 0 ? 0 : 1 - graded.length / candidate.length)
  const isTooMany = share > maxErrorRate
  return {
    name: 'lost to faults',
    estimate: share,
    lower: undefined,
    upper: undefined,
    bound: maxErrorRate,
    verdict: isTooMany ? 'inconclusive' : 'pass',
    method: 'count',
    ...(isTooMany && { reason: 'too many answers were lost to faults' }),
  }
}

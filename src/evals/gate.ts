/** The gate: every part must hold with its bound, and the unit of inference is the case or its cluster. */

import { normalQuantile } from '../judgement/statistics/distributions.ts'
import { mean, standardDeviation } from '../judgement/statistics/moments.ts'
import type { Verdict } from '../judgement/statistics/non-inferiority.ts'
import type { GateSettings } from '../judgement/suite/settings.ts'
import { distrust } from './calibration.ts'
import { byCase } from './figures.ts'
import { costParts, latencyParts } from './gate-costs.ts'
import { minClusters, type Scope } from './gate-part.ts'
import {
  consistencyParts,
  criticalParts,
  faultPart,
  floorParts,
  metricParts,
  passRatePart,
} from './gate-rates.ts'
import { differenceInfluences, pairRows, passValue } from './pairs.ts'
import type { Gate, RunFacts } from './report.ts'
import type { CaseRow } from './row.ts'

/** Of a baseline without a `gate` in the suite. */
export const defaultGate: GateSettings = {
  margin: 0.03,
  alpha: 0.05,
  maxErrorRate: 0.02,
  earlyStop: false,
  onInconclusive: 'hold',
}

export interface GateInput {
  readonly facts: RunFacts
  readonly settings: GateSettings
  readonly candidate: readonly CaseRow[]
  /** Absent: only absolute parts can be decided. */
  readonly baseline?: readonly CaseRow[]
}

/** Decides. Parts are joined by "all of them", so that the risk of a false pass is that of one part. */
export function decideGate({ facts, settings, candidate, baseline }: GateInput): Gate {
  const { alpha } = facts
  const graded = candidate.filter(({ status }) => status === 'graded')
  const pairing = baseline && pairRows(candidate, baseline)
  const pairs = pairing?.cases ?? []
  const scope: Scope = { settings, alpha, seed: facts.seed, graded, pairs, candidate }
  const parts = [
    ...(pairing ? [passRatePart(scope, facts)] : []),
    ...floorParts(scope),
    ...criticalParts(scope),
    ...latencyParts(scope, 'latencyP95', ({ totalMs }) => totalMs),
    ...latencyParts(scope, 'ttftP95', ({ firstTokenMs }) => firstTokenMs),
    ...costParts(scope),
    ...consistencyParts(scope),
    ...metricParts(scope),
    faultPart(scope, pairing ? pairing.lost / Math.max(1, pairing.lost + pairing.kept) : undefined),
  ]
  const units = new Set((pairing ? pairs : graded).map(({ cluster }) => cluster)).size
  const cases = pairing ? pairs.length : byCase(graded).size
  const obstacle = obstacleOf(facts, [...candidate, ...(baseline ?? [])])
  const combined = worst(parts.map(({ verdict }) => verdict))
  const verdict = obstacle !== undefined && combined === 'pass' ? 'inconclusive' : combined
  const needed = verdict === 'inconclusive' && pairing ? casesThatDecide(scope) : undefined
  return {
    verdict: verdict === 'inconclusive' && settings.onInconclusive === 'fail' ? 'fail' : verdict,
    parts,
    cases,
    clusters: units,
    ...(obstacle !== undefined && { reason: obstacle }),
    ...(needed !== undefined && { casesNeeded: needed }),
  }
}

export function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('fail')) return 'fail'
  return verdicts.includes('inconclusive') ? 'inconclusive' : 'pass'
}

/** What keeps a run from passing whatever its figures say. */
function obstacleOf(
  { isFiltered, stopped, plannedRows, judgeAgreement }: RunFacts,
  rows: readonly CaseRow[],
): string | undefined {
  if (isFiltered) return 'a filtered run does not gate'
  if (rows.some(({ isCached }) => isCached)) return 'cached_rows: kept answers do not gate'
  if (stopped === 'max-usd') return 'the run reached --max-usd'
  if (stopped === 'time') return 'the run reached its time limit'
  if (stopped === 'cancelled') return 'the run was stopped'
  if (stopped === undefined && rows.length < plannedRows)
    return `${plannedRows - rows.length} rows are missing`
  return judgeAgreement && distrust(judgeAgreement)
}

/** Cases with which a difference and a spread like these would be decided with power .8; undefined at the margin itself. */
function casesThatDecide({ settings: { margin }, alpha, pairs }: Scope): number | undefined {
  if (pairs.length < 2) return undefined
  const { influences } = differenceInfluences(pairs, passValue)
  const distance = Math.abs(mean(influences) + margin)
  const spread = standardDeviation(influences)
  const perCluster = pairs.length / influences.length
  const bySpread = ((normalQuantile(1 - alpha) + normalQuantile(0.8)) * spread) / distance
  const byConstant = Math.log(alpha) / Math.log(1 - margin)
  const clusters = Math.max(bySpread ** 2, byConstant, minClusters)
  return Number.isFinite(clusters) && clusters < 1e7 ? Math.ceil(clusters * perCluster) : undefined
}

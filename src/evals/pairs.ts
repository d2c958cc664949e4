/** Pairs the rows of two arms: the same repeat of the same case, both graded. */

import { clusteredMean } from '../judgement/statistics/clusters.ts'
import { mean } from '../judgement/statistics/moments.ts'
import { groupBy } from './figures.ts'
import type { CaseRow } from './row.ts'

export interface PairedCase {
  readonly caseId: string
  readonly cluster: string
  readonly candidate: readonly CaseRow[]
  readonly baseline: readonly CaseRow[]
}

export interface Pairing {
  readonly cases: readonly PairedCase[]
  /** Pairs that a fault of either side removed from both. */
  readonly lost: number
  readonly kept: number
}

export function pairRows(candidate: readonly CaseRow[], baseline: readonly CaseRow[]): Pairing {
  const others = new Map(baseline.map((row) => [`${row.caseId}\n${row.repeat}`, row]))
  let lost = 0
  const kept = candidate.flatMap((row) => {
    const other = others.get(`${row.caseId}\n${row.repeat}`)
    if (other === undefined || other.inputHash !== row.inputHash) return []
    if (row.status === 'graded' && other.status === 'graded') return [{ row, other }]
    lost += 1
    return []
  })
  const cases = [...groupBy(kept, ({ row }) => row.caseId).values()].map((pairs): PairedCase => ({
    caseId: pairs[0]!.row.caseId,
    cluster: pairs[0]!.row.cluster,
    candidate: pairs.map(({ row }) => row),
    baseline: pairs.map(({ other }) => other),
  }))
  return { cases, lost, kept: kept.length }
}

/** Influence values of the mean difference, one for each cluster. */
export function differenceInfluences(
  cases: readonly PairedCase[],
  valueOf: (row: CaseRow) => number,
): { influences: readonly number[]; isBinary: boolean } {
  const clusters = [...groupBy(cases, ({ cluster }) => cluster).values()]
  const differences = clusters.map((members) =>
    members.map(({ candidate, baseline }) => mean(candidate.map(valueOf)) - mean(baseline.map(valueOf))),
  )
  const isSingle = cases.every(({ candidate }) => candidate.length === 1) && clusters.length === cases.length
  const isBinary = isSingle && differences.flat().every((value) => Math.abs(value) === 1 || value === 0)
  return { influences: clusteredMean(differences).influences, isBinary }
}

export const passValue = ({ pass }: CaseRow): number => (pass ? 1 : 0)

/** What a list of runs says of each that is over: its arms, its size, its cost, and the difference that its gate saw. Pure. */

import type { Report } from './report.ts'

export interface RunDigest {
  readonly arms: readonly { readonly label: string; readonly isBaseline: boolean }[]
  readonly cases: number
  /** Of the calls and of the judges. */
  readonly costUsd: number
  /** Of the pass rate: candidate minus baseline, and how far below zero it may lie. */
  readonly difference?: {
    readonly estimate: number
    readonly lower?: number
    readonly upper?: number
    readonly bound?: number
  }
}

/** `report` is the JSON of a report without its rows. */
export function digestOf(report: string): RunDigest {
  const { arms, plannedCases, comparisons } = JSON.parse(report) as Omit<Report, 'rows'>
  const part = comparisons[0]?.gate?.parts.find(({ name }) => name === 'pass rate')
  const { estimate, lower, upper, bound } = part ?? {}
  return {
    arms: arms.map(({ label, isBaseline }) => ({ label, isBaseline })),
    cases: plannedCases,
    costUsd: arms.reduce((sum, { figures }) => sum + figures.totalCostUsd + figures.gradingCostUsd, 0),
    ...(estimate !== undefined && {
      difference: {
        estimate,
        ...(lower !== undefined && { lower }),
        ...(upper !== undefined && { upper }),
        ...(bound !== undefined && { bound }),
      },
    }),
  }
}

/** What the parts of a gate are made of: what they look at, and the verdict of one bounded value. */

import type { Interval } from '../judgement/statistics/interval.ts'
import type { GateSettings } from '../judgement/suite/settings.ts'
import type { PairedCase } from './pairs.ts'
import type { GatePart } from './report.ts'
import type { CaseRow } from './row.ts'

/** Fewer units than this carry no bound. */
export const minClusters = 20

export interface Scope {
  readonly settings: GateSettings
  readonly alpha: number
  readonly seed: string
  readonly candidate: readonly CaseRow[]
  readonly graded: readonly CaseRow[]
  readonly pairs: readonly PairedCase[]
}

export function undecided(name: string, bound: number | undefined, reason: string): GatePart {
  const nothing = { estimate: undefined, lower: undefined, upper: undefined }
  return { name, bound, ...nothing, verdict: 'inconclusive', method: 'none', reason }
}

/** A value that must be at least, or at most, a bound: decided by the bound of its interval. */
export function limitPart(
  part: Omit<GatePart, 'verdict' | 'estimate' | 'lower' | 'upper' | 'bound'> & {
    readonly estimate: number
    readonly lower: number | undefined
    readonly upper: number | undefined
    readonly bound: number
  },
  side: 'at-least' | 'at-most',
): GatePart {
  const { lower = -Infinity, upper = Infinity, bound } = part
  const holds = side === 'at-least' ? lower >= bound : upper <= bound
  const breaks = side === 'at-least' ? upper < bound : lower > bound
  return { ...part, verdict: holds ? 'pass' : breaks ? 'fail' : 'inconclusive' }
}

/** Scores and rates have ends that no bound passes. */
export function within({ lower, upper }: Interval, least: number, most: number): Interval {
  return { lower: Math.max(least, lower), upper: Math.min(most, upper) }
}

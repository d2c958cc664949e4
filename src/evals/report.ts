/** What a run found: the figures of each arm, the gate's verdict, and the rows they are made from. */

import type { ContrastSettings, GateSettings } from '../judgement/suite/settings.ts'
import type { DerivedMetric } from '../judgement/suite/suite.ts'
import type { Interval } from '../judgement/statistics/interval.ts'
import type { Verdict } from '../judgement/statistics/non-inferiority.ts'
import type { JudgeAgreement } from './calibration.ts'
import type { CaseRow } from './row.ts'

/** A figure with its interval, where there are enough values for one. */
export interface Figure extends Partial<Interval> {
  readonly value: number
}

export interface LatencyFigures {
  readonly p50?: Figure
  readonly p95?: Figure
  readonly p99?: Figure
}

export interface ArmFigures {
  readonly rows: number
  readonly errors: number
  readonly passes: number
  /** Mean over cases of the share of repeats that passed. */
  readonly passRate?: Figure
  readonly score?: Figure
  readonly totalMs: LatencyFigures
  readonly firstTokenMs: LatencyFigures
  /** USD for each case and repeat. */
  readonly costUsd?: Figure
  readonly totalCostUsd: number
  readonly gradingCostUsd: number
  readonly costPerSuccessUsd?: Figure
  readonly inputTokens?: Figure
  readonly outputTokens?: Figure
  /** Means over cases; absent where each case was asked once. */
  readonly agreement?: Figure
  readonly entropy?: Figure
  /** The chance that all repeats of a case pass. */
  readonly passAll?: Figure
  readonly metrics: Readonly<Record<string, Figure>>
}

export interface GroupFigures {
  readonly cases: number
  readonly passRate: Readonly<Record<string, Figure>>
  /** Candidate minus baseline, with the p-value over all groups after Holm; it decides nothing. */
  readonly difference?: Figure & { readonly pHolm?: number }
}

export interface GatePart {
  readonly name: string
  readonly estimate: number | undefined
  readonly lower: number | undefined
  readonly upper: number | undefined
  /** What is asked for, in the unit of the estimate. */
  readonly bound: number | undefined
  readonly verdict: Verdict
  readonly method: string
  /** Why it is inconclusive, and what would decide it. */
  readonly reason?: string
}

export interface Gate {
  readonly verdict: Verdict
  readonly parts: readonly GatePart[]
  /** Paired cases and clusters that the bounds rest on. */
  readonly cases: number
  readonly clusters: number
  /** Cases that would probably decide an inconclusive pass rate, with as many repeats. */
  readonly casesNeeded?: number
  readonly reason?: string
}

/** Right and wrong answers of both arms to the same cases, asked once. */
export interface FlipTable {
  readonly bothRight: number
  readonly onlyBaseline: number
  readonly onlyCandidate: number
  readonly bothWrong: number
  readonly p: number
  readonly midP: number
}

export interface Comparison {
  readonly candidate: string
  readonly gate?: Gate
  readonly flips?: FlipTable
}

export interface ReportArm {
  readonly label: string
  readonly target: string
  readonly isBaseline: boolean
  /** The models that answered. */
  readonly models: readonly string[]
}

/** What the figures are made from, beside the rows: enough to make them again. */
export interface RunFacts {
  readonly runId: string
  readonly name: string
  readonly suiteHash: string
  readonly seed: string
  readonly gatewayVersion: string
  readonly startedAt: string
  readonly endedAt?: string
  readonly arms: readonly { readonly label: string; readonly target: string; readonly isBaseline: boolean }[]
  readonly gate?: GateSettings
  readonly derivedMetrics: readonly DerivedMetric[]
  readonly contrasts: readonly ContrastSettings[]
  /** The alpha of this look: the suite's, or its part where looks are planned. */
  readonly alpha: number
  /** Cases and rows that the run was to have. */
  readonly plannedCases: number
  readonly plannedRows: number
  readonly isFiltered: boolean
  /** Of the suite's judge with people, where the suite has graded answers. */
  readonly judgeAgreement?: JudgeAgreement
  /** Why the run ended before it was complete. */
  readonly stopped?: 'max-usd' | 'time' | 'cancelled' | 'early'
  /** Decided by the evidence before all cases were asked. */
  readonly earlyVerdict?: { readonly verdict: Verdict; readonly cases: number; readonly evidence: number }
}

/** How much the pass rate of an arm falls from one tag to another. */
export interface Contrast {
  readonly name: string
  readonly arm: string
  /** Clusters that have cases of both tags. */
  readonly clusters: number
  readonly from: number
  readonly to: number
  readonly drop: Figure
}

export interface Report extends Omit<RunFacts, 'arms'> {
  readonly version: 1
  readonly arms: readonly (ReportArm & { readonly figures: ArmFigures })[]
  readonly tags: Readonly<Record<string, GroupFigures>>
  readonly clusters: Readonly<Record<string, GroupFigures>>
  readonly comparisons: readonly Comparison[]
  readonly drops: readonly Contrast[]
  /** `pass`, `fail` or `inconclusive` of the whole run: the worst of its comparisons. */
  readonly verdict: Verdict
  readonly reason?: string
  readonly rows: readonly CaseRow[]
}

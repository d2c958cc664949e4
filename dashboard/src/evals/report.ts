/** What the pages read of an evaluation's report, whose shape is the evaluation's own. */

import type { Pairing } from './outcomes.ts'
import type { RunDetail } from './queries.ts'

export type Verdict = 'pass' | 'fail' | 'inconclusive'

export interface Figure {
  readonly value: number
  readonly lower?: number
  readonly upper?: number
}

export interface GatePart {
  readonly name: string
  readonly estimate?: number
  readonly lower?: number
  readonly upper?: number
  readonly bound?: number
  readonly verdict: Verdict
  readonly method: string
  readonly reason?: string
}

export interface Gate {
  readonly verdict: Verdict
  readonly parts: readonly GatePart[]
  readonly cases: number
  readonly casesNeeded?: number
  readonly reason?: string
}

interface Percentiles {
  readonly p50?: Figure
  readonly p95?: Figure
  readonly p99?: Figure
}

export interface ArmFigures {
  readonly rows: number
  readonly errors: number
  readonly passes: number
  readonly passRate?: Figure
  readonly score?: Figure
  readonly agreement?: Figure
  readonly passAll?: Figure
  readonly totalMs: Percentiles
  readonly firstTokenMs: Percentiles
  readonly costUsd?: Figure
  readonly costPerSuccessUsd?: Figure
  readonly totalCostUsd: number
  readonly inputTokens?: Figure
  readonly outputTokens?: Figure
  readonly metrics: Readonly<Record<string, Figure>>
}

export interface Arm {
  readonly label: string
  readonly target: string
  readonly isBaseline: boolean
  readonly figures: ArmFigures
}

export interface Group {
  readonly cases: number
  readonly passRate: Readonly<Record<string, Figure>>
  readonly difference?: Figure & { readonly pHolm?: number }
}

export interface Comparison {
  readonly candidate: string
  readonly gate?: Gate
  /** Where each case was asked once. */
  readonly flips?: { readonly p: number }
}

export interface Report {
  readonly arms: readonly Arm[]
  readonly tags: Readonly<Record<string, Group>>
  readonly comparisons: readonly Comparison[]
  readonly plannedCases: number
  readonly plannedRows: number
}

/** The report of a run that is over. The admin API gives what the evaluation wrote. */
export function reportOf(run: Pick<RunDetail, 'report'>): Report | undefined {
  return run.report as Report | undefined
}

/** Which of the labels is held against which. */
export function pairingOf(labels: readonly string[], report: Report | undefined): Pairing {
  const baseline = labels.indexOf(report?.arms.find(({ isBaseline }) => isBaseline)?.label ?? '')
  return { candidate: baseline === 0 ? 1 : 0, baseline: baseline < 0 ? undefined : baseline }
}

export interface Row {
  readonly caseId: string
  readonly arm: string
  readonly repeat: number
  readonly status: 'graded' | 'error'
  readonly pass: boolean
  readonly error?: { readonly code: string; readonly message: string }
  readonly replies: readonly { readonly output: string }[]
  readonly asserts: readonly {
    readonly type: string
    readonly pass: boolean
    readonly reason?: string
    readonly error?: string
  }[]
  /** Absent where the answer was kept, or the run is of an older version. */
  readonly requestId?: string
  readonly resolvedModel?: string
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number }
  readonly costUsd?: number
  readonly totalMs?: number
}

export const verdictTone = { pass: 'ok', fail: 'bad', inconclusive: 'warn' } as const

/** What the pages read of an evaluation's report, whose shape is the evaluation's own. */

import type { Reply } from '../api/client.ts'

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

export interface Arm {
  readonly label: string
  readonly target: string
  readonly isBaseline: boolean
  readonly figures: {
    readonly rows: number
    readonly errors: number
    readonly passes: number
    readonly passRate?: Figure
    readonly totalMs: { readonly p95?: Figure }
    readonly costUsd?: Figure
    readonly totalCostUsd: number
  }
}

export interface Report {
  readonly arms: readonly Arm[]
  readonly comparisons: readonly { readonly candidate: string; readonly gate?: Gate }[]
}

/** The report of a run that is over. The admin API gives what the evaluation wrote. */
export function reportOf(run: Reply<'GET /evals/{id}'>): Report | undefined {
  return run.report as Report | undefined
}

export interface Row {
  readonly caseId: string
  readonly arm: string
  readonly repeat: number
  readonly status: 'graded' | 'error'
  readonly pass: boolean
  readonly error?: { readonly message: string }
  readonly replies: readonly { readonly output: string }[]
  readonly asserts: readonly { readonly pass: boolean; readonly reason?: string }[]
}

export const verdictTone = { pass: 'ok', fail: 'bad', inconclusive: 'warn' } as const

/** What guardrails need kept: their decisions, beside the records of the requests that they were about. */

import type { GuardrailRecord } from '../records/record.ts'

export interface GuardDecision extends GuardrailRecord {
  readonly requestId: string
  readonly atMs: number
  readonly route?: string
}

/** Every condition given must hold. */
export interface DecisionQuery {
  readonly org: string
  readonly rule?: string
  readonly action?: GuardrailRecord['action']
  readonly limit: number
  readonly cursor?: string
}

export interface DecisionPage {
  /** Newest first. */
  readonly data: readonly GuardDecision[]
  readonly nextCursor?: string
}

/** How often a rule has decided so, each request counted once. */
export interface DecisionCount extends Pick<GuardrailRecord, 'rule' | 'stage' | 'action'> {
  readonly requests: number
}

/** Decisions stay as long as the records do. */
export interface DecisionStore {
  /** Throws `invalid_request` on a cursor that no page named. */
  list(query: DecisionQuery): DecisionPage
  /** Of the newest decisions since then, a bounded number of them; the last one that was counted says how far back. */
  count(org: string, fromMs: number): { readonly counts: readonly DecisionCount[]; readonly fromMs: number }
}

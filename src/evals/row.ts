/** One row of a run: what one arm answered to one repeat of one case, and how that was graded. */

import type { AssertionResult } from '../judgement/assertions/grade.ts'

export interface RowUsage {
  readonly inputTokens: number
  readonly outputTokens: number
}

/** One reply of the model within a row; a conversation has several. */
export interface RowReply {
  readonly output: string
  readonly toolCalls: readonly { readonly name: string; readonly arguments: string }[]
  readonly finishReason?: string
}

export interface CaseRow {
  readonly caseId: string
  readonly inputHash: string
  readonly cluster: string
  readonly tags: readonly string[]
  readonly isCritical: boolean
  /** The label of the arm. */
  readonly arm: string
  /** From 0. */
  readonly repeat: number
  /** `error`: the call or a grader failed. Such a row is never a wrong answer. */
  readonly status: 'graded' | 'error'
  readonly pass: boolean
  /** In [0, 1]; without meaning where the status is `error`. */
  readonly score: number
  readonly asserts: readonly AssertionResult[]
  /** Of a `self-consistency` assertion, which is decided over all repeats. */
  readonly minAgreement?: number
  readonly replies: readonly RowReply[]
  /** Of the call, or of the grader, that failed. */
  readonly error?: { readonly code: string; readonly message: string }
  /** Of its last call, which holds the conversation. Absent where nothing was asked, or the answer was kept. */
  readonly requestId?: string
  readonly provider?: string
  /** The model that answered, as the provider names it. */
  readonly model?: string
  readonly usage?: RowUsage
  /** Absent where the price of the model is not known. */
  readonly costNanoUsd?: number
  /** Of judges and embeddings, which no gate counts. */
  readonly gradingNanoUsd: number
  /** Of all calls of the conversation together. */
  readonly totalMs?: number
  /** Of its first call. */
  readonly firstTokenMs?: number
  /** Kept from an earlier run. */
  readonly isCached: boolean
}

/** A name that two rows of a run share only if they are the same. */
export function rowKey({ arm, caseId, repeat }: Pick<CaseRow, 'arm' | 'caseId' | 'repeat'>): string {
  return `${caseId}\n${repeat}\n${arm}`
}

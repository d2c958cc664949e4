/** What shadow traffic needs: a model to ask, judges, and a store for what came of it. */

import type { Asked } from '../core/ask.ts'
import type { NanoUsd } from '../core/money.ts'
import type { GenRequest } from '../core/request.ts'

export interface Called extends Asked {
  /** Absent where a price is not known. */
  readonly costNanoUsd?: NanoUsd
}

/** Asks a model on the account of shadow traffic, behind all clients. Never rejects. */
export type CallShadow = (request: GenRequest, signal: AbortSignal) => Promise<Called>

/** One side of a comparison: figures, no content. */
export interface Side {
  readonly status: 'answered' | 'failed'
  readonly code?: string
  readonly durationMs: number
  readonly firstTokenMs?: number
  readonly costNanoUsd?: NanoUsd
  readonly outputTokens?: number
  /** UTF-16 units of the text that was compared. */
  readonly length: number
}

/** A request that two targets answered. */
export interface Comparison {
  readonly org: string
  /** Of the shadow's own request. */
  readonly id: string
  readonly requestId: string
  readonly route: string
  readonly target: string
  readonly atMs: number
  readonly primary: Side
  readonly shadow: Side
  /** Share of the words that both have, 0 to 1; absent where one has no answer. */
  readonly likeness?: number
  /** 1: the shadow's answer is better, 0: the client's; absent where nobody judged. */
  readonly preference?: number
  /** The judge preferred a place, not an answer. */
  readonly isSwayed?: boolean
  /** Of the shadow and its judge. */
  readonly spentNanoUsd: NanoUsd
}

export interface ComparisonQuery {
  readonly org: string
  readonly route: string
  readonly target?: string
  readonly limit: number
  readonly cursor?: string
}

export interface ComparisonPage {
  /** Newest first. */
  readonly data: readonly Comparison[]
  readonly nextCursor?: string
}

export interface ShadowStore {
  add(comparison: Comparison): Promise<void>
  /** By all instances. */
  spentSince(org: string, route: string, target: string, atMs: number): Promise<NanoUsd>
  list(query: ComparisonQuery): Promise<ComparisonPage>
  /** Those that comparisons are kept of. */
  routes(org: string): Promise<readonly string[]>
  prune(org: string, route: string, target: string, olderThanMs: number): Promise<void>
}

/** What a batch is: many requests that are answered when there is room for them, and where it stands. */

import type { NanoUsd } from '../core/money.ts'

/** Whose a file or a batch is: one key's of one organisation. */
export interface Owner {
  readonly org: string
  readonly keyId: string
}

/** In the words of OpenAI's API. */
export type BatchStatus =
  | 'validating'
  | 'failed'
  | 'in_progress'
  | 'finalizing'
  | 'completed'
  | 'expired'
  | 'cancelling'
  | 'cancelled'

/** Something is still to be done about it. */
export const openStatuses = [
  'validating',
  'in_progress',
  'finalizing',
  'cancelling',
] as const satisfies readonly BatchStatus[]

export function isOpen(status: BatchStatus): boolean {
  return openStatuses.some((open) => open === status)
}

/**
 * A line that so many processes had when they ended is a suspect: from then on it is claimed as it begins, so that what
 * is counted against it is what it did itself.
 */
export const suspectAfter = 2

/** Why lines are left unanswered. */
export type StopReason = 'expired' | 'cancelled' | 'max_usd'

/**
 * The API that made it, which is told of it in its own shapes. `deferred`, `background`: of a single request that is
 * answered later.
 */
export type BatchDialect = 'openai' | 'anthropic' | 'deferred' | 'background'

/** Made of single requests: lists of batches leave them out. */
export const singleDialects = ['deferred', 'background'] as const satisfies readonly BatchDialect[]

export function isSingle(dialect: BatchDialect): boolean {
  return singleDialects.some((single) => single === dialect)
}

/** What is wrong with an input file. */
export interface LineFault {
  readonly code: string
  /** Counted from 1; absent where it is the file as a whole. */
  readonly line?: number
  readonly message: string
  readonly param?: string
}

/** Summed over the calls that gave the lines their results. */
export interface BatchUsage {
  readonly inputTokens: number
  readonly cacheReadTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
}

export const noUsage: BatchUsage = { inputTokens: 0, cacheReadTokens: 0, outputTokens: 0, reasoningTokens: 0 }

export interface Batch extends Owner {
  readonly id: string
  readonly keyName: string
  readonly dialect: BatchDialect
  readonly endpoint: string
  readonly inputFileId: string
  /** Where its files are: only instances that see this folder work on it. */
  readonly folder: string
  readonly status: BatchStatus
  readonly isPaused: boolean
  /** Its lines go to batches of the providers', where there are such. */
  readonly isNative: boolean
  readonly stop?: StopReason
  readonly completionWindow: string
  readonly metadata: Readonly<Record<string, string>>
  /** Lines. Those that are neither completed nor failed are waiting, under way, or left unanswered. */
  readonly total: number
  readonly completed: number
  readonly failed: number
  readonly costNanoUsd: NanoUsd
  /** What its lines that are under way may cost at most. 0 where nothing bounds what it costs. */
  readonly heldNanoUsd: NanoUsd
  readonly usage: BatchUsage
  /** It stops before it would cost more. */
  readonly maxNanoUsd?: NanoUsd
  readonly faults: readonly LineFault[]
  readonly outputFileId?: string
  readonly errorFileId?: string
  /** How long its results are kept. Absent: as long as any file. */
  readonly outputTtlSeconds?: number
  readonly createdAtMs: number
  /** When it ends, however many lines are left. */
  readonly expiresAtMs: number
  readonly startedAtMs?: number
  readonly finalizingAtMs?: number
  readonly cancellingAtMs?: number
  readonly endedAtMs?: number
}

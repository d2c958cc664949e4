/** What one try of a line is given, and what may become of it. */

import type { NanoUsd } from '../core/money.ts'
import type { Batch } from './batch.ts'
import type { ReadyLine } from './batch-input.ts'
import type { Hold } from './bound.ts'
import type { Turn } from './lanes.ts'

export type TryLine = (batch: Batch, line: ReadyLine, course: LineCourse) => Promise<TryOutcome>

/** A line on its way. */
export interface LineCourse {
  readonly turn: Turn
  readonly signal: AbortSignal
  /** Where its batch may cost only so much. */
  readonly hold?: Hold
}

export type TryOutcome =
  /** It has its result. */
  | { readonly kind: 'done'; readonly batch: Batch }
  /** This process ends before the store could be told of its result: the next start does it. */
  | { readonly kind: 'untold' }
  /** Too much was under way, of the caller's or at the target: nothing is held against the line. */
  | (Unanswered & {
      readonly kind: 'refused'
      readonly by: 'caller' | 'target'
      readonly retryAfterMs: number | undefined
    })
  /** It failed, and may be tried again. */
  | (Unanswered & { readonly kind: 'failed'; readonly waitMs: number })
  /** It was not made, or was ended, for a reason of ours. */
  | (Unanswered & { readonly kind: 'left'; readonly waitMs: number })
  /** The batch may not spend what it could cost, while other lines of it may cost what they can. */
  | { readonly kind: 'short' }
  /** The batch may not spend what it could cost. */
  | { readonly kind: 'unaffordable' }

export interface Unanswered {
  /** What the try has cost all the same. */
  readonly spentNanoUsd?: NanoUsd
}

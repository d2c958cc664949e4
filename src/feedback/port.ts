/** What feedback needs kept. */

import type { Assignment } from '../records/record.ts'

/** What a key says of one of its requests. A second word on the same request takes the place of the first. */
export interface Feedback {
  readonly org: string
  readonly requestId: string
  readonly keyId: string
  readonly atMs: number
  /** 0 to 1. */
  readonly score?: number
  readonly label?: string
  readonly comment?: string
}

/** What is known of the request; absent as long as it has not been found. */
export interface FeedbackSubject {
  readonly route?: string
  readonly revision?: number
  readonly provider?: string
  readonly model?: string
  readonly experiment?: Assignment
}

export interface StoredFeedback extends Feedback {
  readonly subject?: FeedbackSubject
}

export interface FeedbackQuery {
  readonly org: string
  readonly route?: string
  readonly requestId?: string
  readonly limit: number
  readonly cursor?: string
}

export interface FeedbackPage {
  /** Newest first. */
  readonly data: readonly StoredFeedback[]
  readonly nextCursor?: string
}

/** The score that was counted before this one of the same request, if any was. */
export interface Counted {
  readonly before: number | undefined
}

export interface FeedbackStore {
  /** Without a subject it waits for one. */
  put(feedback: Feedback, subject: FeedbackSubject | undefined): Promise<Counted>
  /** Newest first: what waits for its subject, and came after this time. */
  waiting(sinceMs: number, limit: number): Promise<readonly Feedback[]>
  /** Undefined where it waits no more: another instance has been faster, or it was given anew. */
  match(feedback: Feedback, subject: FeedbackSubject): Promise<Counted | undefined>
  /** What waits, and turns out to be of another key's request. */
  discard(feedback: Feedback): Promise<void>
  list(query: FeedbackQuery): Promise<FeedbackPage>
  /** Deletes what was said of these requests and by these keys, and tells how many. What was counted stays counted. */
  forget(
    org: string,
    of: { readonly requestIds: readonly string[]; readonly keyIds: readonly string[] },
  ): Promise<number>
  /** Deletes what is older, and what has waited for longer. */
  prune(limits: { readonly olderThanMs: number; readonly waitingSinceMs: number }): Promise<void>
}

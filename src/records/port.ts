/** What records need stored. A storage implements it; it sees of this folder only this file. */

import type { Whose } from '../core/whose.ts'
import type { CacheOutcome, RequestRecord } from './record.ts'

export type { CacheOutcome, RequestRecord } from './record.ts'

/** Every condition given must hold. */
export interface RecordQuery {
  readonly org: string
  /** Unix milliseconds, inclusive. */
  readonly fromMs?: number
  /** Unix milliseconds, exclusive. */
  readonly toMs?: number
  readonly route?: string
  readonly model?: string
  readonly provider?: string
  /** The key's id or its name. */
  readonly key?: string
  readonly user?: string
  readonly session?: string
  /** Both inclusive. */
  readonly status?: { readonly min: number; readonly max: number }
  readonly code?: string
  readonly tag?: string
  readonly dialect?: string
  readonly limit: number
  readonly cursor?: string
}

export interface RecordPage {
  /** Newest first. */
  readonly data: readonly RequestRecord[]
  /** Where to go on. Without it there is nothing more. */
  readonly nextCursor?: string
}

/** What figures are made of. */
export interface RecordTiming {
  /** Grows in the order in which records are stored. */
  readonly seq: number
  readonly atMs: number
  readonly status: number
  readonly durationMs: number
  readonly firstTokenMs?: number
  readonly cache?: CacheOutcome
  readonly savedNanoUsd?: number
}

/** `afterSeq`: those stored later, in their order. `beforeSeq`: those stored earlier, the last first. */
export type TimingsQuery = { readonly limit: number } & (
  | { readonly afterSeq: number }
  | { readonly beforeSeq: number }
)

export interface PruneLimits {
  /** Unix milliseconds: records of requests that came before go. */
  readonly olderThanMs?: number
  /** While the store is larger, the oldest records go. */
  readonly maxBytes?: number
}

export interface RecordStore {
  /** Writes all of them or none. A record whose id is already stored is left as it was. */
  insert(records: readonly RequestRecord[]): void
  /**
   * One step of a search. It looks at a bounded number of records, so a page may hold fewer than `limit` or none
   * and still name a cursor. Records inserted between two pages neither repeat nor hide others. Throws
   * `invalid_request` on a cursor that no page named.
   */
  search(query: RecordQuery): RecordPage
  get(org: string, id: string): RequestRecord | undefined
  /**
   * One step of taking a person out of records: user, session, address, place in an experiment, and messages, which may
   * quote a prompt. It looks at a bounded number of records after this place, and gives the ids of the requests, their
   * sessions, and the next place.
   */
  forget(
    org: string,
    whose: Whose,
    after: number,
  ): { readonly ids: readonly string[]; readonly sessions: readonly string[]; readonly next?: number }
  timings(org: string, query: TimingsQuery): readonly RecordTiming[]
  /** Deletes a bounded number of the oldest records that a limit excludes and tells how many: 0 when none is left. */
  prune(limits: PruneLimits): number
  /** What the records take on disk, free space within the file not counted. */
  sizeBytes(): number
}

/** What records need stored. A storage implements it; it sees of this folder only this file. */

import type { NanoUsd } from '../core/money.ts'
import type { Whose } from '../core/whose.ts'
import type { StatusFilter, TextFilter } from './filter.ts'
import type { CacheOutcome, RequestRecord } from './record.ts'

export type { StatusFilter, TextFilter, TextPattern } from './filter.ts'
export type { CacheOutcome, RequestRecord } from './record.ts'

/** Every condition given must hold. */
export interface RecordFilters {
  readonly org: string
  /** Unix milliseconds, inclusive. */
  readonly fromMs?: number
  /** Unix milliseconds, exclusive. */
  readonly toMs?: number
  readonly route?: TextFilter
  readonly model?: TextFilter
  readonly provider?: TextFilter
  /** The key's id or its name. */
  readonly key?: TextFilter
  readonly user?: TextFilter
  readonly session?: TextFilter
  readonly status?: StatusFilter
  readonly code?: TextFilter
  /** Of several tags one is enough. */
  readonly tag?: TextFilter
  readonly dialect?: TextFilter
  /** What the cache did. */
  readonly cache?: TextFilter
  readonly contract?: TextFilter
  /** Only what cost more than this. */
  readonly costAboveNanoUsd?: NanoUsd
  /** Only what took longer than this. */
  readonly durationAboveMs?: number
  /** Occurs in an id, a name, a tag or the message of the error; capitals of ASCII are as small letters. */
  readonly text?: string
  /** Only those of these keys. */
  readonly keyIds?: ReadonlySet<string>
}

export interface RecordQuery extends RecordFilters {
  /** The newest first where absent. */
  readonly order?: 'oldest-first'
  readonly limit: number
  readonly cursor?: string
}

export interface RecordPage {
  /** In the order that was asked for. */
  readonly data: readonly RequestRecord[]
  /** Where to go on. Without it there is nothing more. */
  readonly nextCursor?: string
}

export interface RecordRankingQuery extends RecordFilters {
  readonly by: 'cost' | 'duration'
  /** The least first. */
  readonly isUp: boolean
  readonly limit: number
  readonly cursor?: string
}

/** Records by what they cost or how long they took, found beside the requests; those of which it is not known are left out. */
export interface RecordRanking {
  /** Throws `invalid_request` on a cursor that no page named. */
  of(query: RecordRankingQuery): Promise<RecordPage>
}

export interface RecordSumsQuery extends RecordFilters {
  /** Of the first step; `fromMs` lies within it. */
  readonly startMs: number
  readonly stepMs: number
  /** Each class of times is this much longer than the one before, as a natural logarithm. */
  readonly classWidth: number
  /** Tells first tokens and what the cache did apart too: every record has to be read for it. */
  readonly isDetailed?: boolean
  /** Tells the targets apart that answered, or were the last to be tried. */
  readonly isByTarget?: boolean
}

/** Requests of one step of time that ended alike and took about as long. */
export interface RecordSum {
  /** From 0, the step that begins at `startMs`. */
  readonly step: number
  /** Answered with a status of 400 or more. */
  readonly isError: boolean
  /** The logarithm of the duration in milliseconds, in whole widths of a class. */
  readonly durationClass: number
  readonly requests: number
  readonly costNanoUsd: NanoUsd
  /** How many of them cost what is not known. */
  readonly costsUnknown: number
  /** The time to the first token, as `durationClass`; only where details were asked for, as what follows. */
  readonly firstTokenClass?: number
  readonly cache?: CacheOutcome
  readonly savedNanoUsd?: NanoUsd
  /** Only where targets are told apart, and one was tried; as the model. */
  readonly provider?: string
  readonly model?: string
}

/** Sums of many records, made beside the requests: a sum may take seconds, and holds up none. */
export interface RecordSums {
  of(query: RecordSumsQuery): Promise<readonly RecordSum[]>
}

/** What figures are made of. */
export interface RecordTiming {
  /** Grows in the order in which records are stored. */
  readonly seq: number
  readonly atMs: number
  readonly keyId: string
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
  /** The cursor of a search that goes on from this record, in either order. */
  cursorAt(org: string, id: string): string | undefined
  /**
   * One step of finding a person's requests, with their sessions. It looks at a bounded number of records after this place,
   * and gives the next one.
   */
  requestsOf(
    org: string,
    whose: Whose,
    after: number,
  ): { readonly ids: readonly string[]; readonly sessions: readonly string[]; readonly next?: number }
  /** Takes out of records whose they are: user, session, address, place in an experiment, and messages, which may quote a prompt. */
  forget(org: string, ids: readonly string[]): void
  timings(org: string, query: TimingsQuery): readonly RecordTiming[]
  /** Deletes a bounded number of the oldest records that a limit excludes and tells how many: 0 when none is left. */
  prune(limits: PruneLimits): number
  /** What the records take on disk, free space within the file not counted. */
  sizeBytes(): number
}

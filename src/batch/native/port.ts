/** What native batches need stored, and what of providers. */

import type { Json, JsonObject } from '../../core/json.ts'
import type { NanoUsd } from '../../core/money.ts'
import type { Batch } from '../batch.ts'
import type { LinePlace } from '../port.ts'
import type { RequestLine } from '../request-line.ts'
import type { RequestOutcome } from '../try-line.ts'

/** What lines must share to be in one batch of a provider's. */
export interface JobTarget {
  readonly provider: string
  readonly model: string
  /** The name of the provider's key. */
  readonly credential: string
  /** In the words of the provider's API. */
  readonly endpoint: string
}

/**
 * `new`: the provider cannot know of it. `submitting`: it may, even if its answer has not come. `running`: it does, by
 * the remote id. `collecting`: some of its results may have been booked.
 */
export type JobState = 'new' | 'submitting' | 'running' | 'collecting'

/** Lines of a batch that are one batch of a provider's; it is gone when none of them needs it any more. */
export interface NativeJob extends JobTarget {
  /** Marks what is the provider's of it. Letters, digits and `_`, 32 at most. */
  readonly id: string
  readonly org: string
  readonly batchId: string
  readonly state: JobState
  readonly remoteId?: string
  readonly lines: number
  /** The most that it may cost. */
  readonly reservedNanoUsd: NanoUsd
  /**
   * Of the key's team when its lines were dealt out: it is in what the job may cost, and whatever it is by the time of the
   * results, they are charged with this one. Absent: it was dealt out before that was noted.
   */
  readonly markupBasisPoints?: number
  /** How often it could not be submitted. */
  readonly tries: number
  /** It was cancelled at the provider. */
  readonly isCancelled: boolean
  readonly createdAtMs: number
  /** When its submission was last begun. */
  readonly submittedAtMs?: number
  /** When it is to be looked at next. */
  readonly dueAtMs: number
}

export type JobChange = Partial<
  Pick<NativeJob, 'state' | 'remoteId' | 'tries' | 'isCancelled' | 'submittedAtMs' | 'dueAtMs'>
>

/** A line that is in a job has the job for its holder: nobody else takes it. */
export interface JobStore {
  /** With its lines, of which none may have a holder. */
  create(job: NativeJob, lines: readonly number[]): Promise<void>
  of(batchId: string): Promise<readonly NativeJob[]>
  change(id: string, change: JobChange): Promise<void>
  /** Its lines that have no result are anyone's. */
  remove(job: Pick<NativeJob, 'id' | 'batchId'>, nowMs: number): Promise<void>
  /** Lines without a result and without a holder, in order. */
  free(batchId: string, afterLine: number, limit: number): Promise<readonly LinePlace[]>
  /** The job's lines that have no result. */
  held(job: Pick<NativeJob, 'id' | 'batchId'>): Promise<readonly LinePlace[]>
}

/** A line as the provider would get it. */
export interface PreparedLine {
  readonly target: JobTarget
  readonly body: JsonObject
  /** The most that it may cost its key, at the price of batches, with the mark-up in it. */
  readonly mostNanoUsd: NanoUsd
  readonly markupBasisPoints: number
}

export interface JobRequest {
  readonly id: string
  readonly body: JsonObject
}

/** `refused`: there is none; it may be tried again unless that is final. `unsure`: there may be one. */
export type Submission =
  | { readonly is: 'created'; readonly remoteId: string }
  | { readonly is: 'refused'; readonly isFinal: boolean; readonly cause: unknown }
  | { readonly is: 'unsure'; readonly cause: unknown }

export type Finding =
  | { readonly is: 'found'; readonly remoteId: string }
  /** `unsure`: it may be one of those that are under way. */
  | { readonly is: 'absent' | 'unsure' }

/** What became of one line. `undone`: it may be asked again. */
export type RemoteResult =
  | { readonly id: string; readonly is: 'answered'; readonly status: number; readonly body: Json }
  | { readonly id: string; readonly is: 'undone'; readonly why: string }

export interface RemoteJob {
  readonly hasEnded: boolean
  /** Why the provider did none of it. */
  readonly refusal?: string
  results(): AsyncIterable<readonly RemoteResult[]>
  /** Deletes what the provider keeps of it. */
  forget(): Promise<void>
}

/** Gives back what was held. */
export type Release = () => Promise<unknown>

/** The batch APIs of the configured providers, and the gateway's own way with lines that go through them. */
export interface ProviderBatches {
  /** Undefined where the line is not for a provider's batch. */
  prepare(batch: Batch, line: RequestLine): Promise<PreparedLine | undefined>
  /** Bounds of one job. Undefined: no such provider is configured any more; so with all that follow. */
  bounds(target: JobTarget): { readonly maxLines: number; readonly maxBytes: number } | undefined
  /** Holds back what the job may cost. Rejects with GatewayError where the budgets have no room. */
  hold(batch: Batch, job: NativeJob): Promise<Release>
  create(job: NativeJob, requests: readonly JobRequest[]): Promise<Submission>
  find(job: NativeJob): Promise<Finding>
  /** Undefined: the provider has none. */
  look(job: NativeJob): Promise<RemoteJob | undefined>
  cancel(job: NativeJob): Promise<void>
  /** Books the call that the provider has made, once however often it is asked, and tells its answer. */
  book(batch: Batch, job: NativeJob, line: BookedLine): Promise<RequestOutcome>
}

export interface BookedLine {
  readonly line: number
  readonly request: RequestLine
  /** It may have been booked before. */
  readonly isAgain: boolean
  readonly answer: { readonly status: number; readonly body: Json }
}

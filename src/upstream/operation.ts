/** What the request path asks of an operation: read a request once, then try it on one target at a time. */

import type { Answer } from '../core/answer.ts'
import type { Clock } from '../core/clock.ts'
import type { ContractAttempt, ContractOutcome } from '../core/contract.ts'
import { GatewayError } from '../core/error.ts'
import type { GenEvent, MediaKind } from '../core/event.ts'
import type { Interrupt } from '../core/interrupt.ts'
import type { JsonObject } from '../core/json.ts'
import type { GenRequest } from '../core/request.ts'
import type { Usage } from '../core/usage.ts'
import type { Target } from '../providers/provider.ts'
import type { TokenCounter } from '../tokens/counter.ts'
import type { Outlet } from './outlet.ts'
import type { Sender } from './send.ts'
import type { Phase, ResponseHeaders } from './upstream-call.ts'

/** What an attempt needs from the request path. */
export interface AttemptContext {
  readonly sender: Sender
  readonly clock: Clock
  readonly requestId: string
  /** A parameter that the target cannot carry is an error rather than a report. */
  readonly isStrict: boolean
  /** A stream that breaks within its prose may be continued by another target. */
  readonly mayContinue?: boolean
  readonly tokens: TokenCounter
  readonly outlet: Outlet
  /** Raised when the client has gone, its deadline has passed, or the gateway must stop. */
  readonly interrupt: Interrupt
  readonly account: Account
  /** How the answer is held to what the request demands of it. Absent: it demands nothing. */
  contractFor?(target: Target): ContractAttempt | undefined
  /** The headers that a streamed answer begins with, given what the attempt knows when it commits. */
  streamHeaders(
    target: Target,
    dropped: readonly string[],
    outcome?: ContractOutcome,
  ): Readonly<Record<string, string>>
}

/** What the ledger is told of one attempt, while it goes on and when it is over. */
export interface Account {
  /** The limit to set on each choice where the request sets none: what the caller's caps allow. */
  readonly maxOutputTokens?: number | undefined
  /** How many tokens have come so far, roughly: a mark for the time after a crash. Cheap, for every delta. */
  progress(outputTokens: number): void
  /**
   * Puts the settlement into the journal, or what a crash would be settled by. Nothing that shows the client the end of the answer may leave before the
   * promise resolves; absent: at once. It never rejects. The first call settles, later ones wait for it.
   */
  settle(result: AttemptResult): Promise<unknown> | undefined
}

/** Of a call that costs nothing. */
export const noAccount: Account = { progress: () => undefined, settle: () => undefined }

/** What became of one attempt. All times are on the monotonic clock. */
export interface AttemptResult {
  /** Absent: success. */
  readonly error?: GatewayError
  readonly phase: Phase
  /** The client has seen the beginning of the answer. */
  readonly isCommitted: boolean
  readonly status?: number
  readonly headersMs?: number
  /** Of an answer that was not streamed. */
  readonly headers?: ResponseHeaders
  readonly firstTokenMs?: number
  readonly upstreamRequestId?: string
  readonly dropped: readonly string[]
  readonly usage?: Usage
  /** The answer came to its own end, whatever became of the client since. */
  readonly isWhole?: boolean
  /** Read to its end for the bill alone: the client had left. */
  readonly isDrained?: boolean
  /** The text that came: what is counted where the provider does not say. */
  received?(): ReceivedText
  /** Why the first choice ended, in our word. */
  readonly finish?: string
  /** The model that the provider says answered. */
  readonly reportedModel?: string
  /** The answer to send, where it was not streamed. */
  readonly body?: string | Buffer
  readonly transcript?: Transcript
  readonly contract?: ContractOutcome
  /** The answer is whole, and has neither content nor tokens. */
  readonly isEmpty?: true
  /** The answer goes on where an attempt before this one broke off. */
  readonly isContinuation?: true
  readonly suspended?: SuspendedStream
  /** Who heard this attempt, where the call was opened to be heard. */
  readonly hearing?: Hearing
  /** The figure in the answer is Weir's own estimate. */
  readonly isEstimate?: boolean
}

/** A stream whose end the client has not been told yet. One of the two is called, once. */
export interface SuspendedStream {
  /** Another target goes on after what has been sent. Absent: none can. */
  goOn?(target: Target, context: AttemptContext): Promise<AttemptResult>
  /** Tells the client the end that was held back: of an empty answer, or of a broken one. */
  release(): void
}

export interface ReceivedText {
  /** The beginning; long answers are kept up to a bound. */
  readonly text: string
  /** The length of all of it, in UTF-16 units. */
  readonly length: number
}

export interface CallMemory {
  /** The id of the answer that this request continues. */
  readonly previousId?: string
  /** Ids of items of earlier answers that the request refers to. */
  readonly references: readonly string[]
  /** The call with these items, as clients got them, in the place of their references. */
  withItems(items: ReadonlyMap<string, JsonObject>): Call
  /** The client asked for the answer to be kept; the attempt then brings a `transcript`. */
  readonly keep: boolean
  /** The call with its request rewritten: with the earlier turns in it, it can go to any target. */
  continued(rewrite: (request: GenRequest) => GenRequest): Call
}

/** Hears the answer of one attempt: each event that the guard admits, as it comes. */
export interface Hearing {
  event(event: GenEvent): void
  /** The client is being told this answer, and no other will be. */
  commit(): void
}

/** A request whose answer may come from elsewhere than a target, and whose answer others may want. */
export interface Replayable {
  readonly request: GenRequest
  /** The call with a hearing at each of its attempts. */
  heard(open: () => Hearing): Call
  /** The call with a transcript of its answer. */
  kept(): Call
  /** Begins to tell the client an answer that no attempt of this call brought. */
  replay(context: ReplayContext): AnswerWriter
}

export interface ReplayContext {
  readonly requestId: string
  /** Of the target that gave the answer. */
  readonly model: string
  readonly clock: Clock
  readonly outlet: Outlet
  /** Asked once, when the answer begins. */
  headers(): Readonly<Record<string, string>>
}

/** Tells an answer in the client's dialect, streamed or whole as the client asked. */
export interface AnswerWriter {
  /** The client has seen the beginning of the answer. */
  readonly isBegun: boolean
  push(events: readonly GenEvent[]): void
  end(): void
  /** Tells a failure in an answer that has begun. */
  fail(error: GatewayError): void
}

/** A whole call, as it is kept for a later one to continue. */
export interface Transcript {
  readonly request: GenRequest
  readonly answer: Answer
  /** The answer's body in the client's dialect. */
  readonly body: JsonObject
}

/** What bounds the bill for a request, before it is made. */
export interface BillBounds {
  /** UTF-8, of everything that becomes prompt tokens; media not counted. */
  readonly inputBytes: number
  readonly turns: number
  readonly images: number
  /** There is something in it whose tokens its bytes do not bound: files, sound, what the provider itself adds. */
  readonly isUnbounded: boolean
  /** What providers put around such a request by themselves, at most; absent for nothing. */
  readonly addedTokens?: number
  /** Of each choice. */
  readonly maxOutputTokens?: number
  readonly choices?: number
  /** The tier that is asked for, in the provider's word. */
  readonly serviceTier?: string
}

/** The parts of a prompt, in bytes of UTF-8; media not counted. */
export interface PromptBytes {
  readonly system: number
  /** Earlier turns. */
  readonly history: number
  /** The definitions of tools. */
  readonly tools: number
  /** Results of tools, documents, and texts that are marked as context. */
  readonly retrieved: number
  /** The last turn of the user. */
  readonly newTurn: number
}

/** What a request holds, as far as it decides where it may go. Never the content itself, but for `question`. */
export interface ContentTraits extends BillBounds {
  readonly hasTools: boolean
  /** A schema or JSON is asked for. */
  readonly isStructured: boolean
  readonly asksReasoning: boolean
  readonly media: readonly MediaKind[]
  /** The beginning of the user's last words. */
  readonly question: string
}

/** Of a request of which nothing is known. */
export const unknownContent: ContentTraits = {
  inputBytes: 0,
  turns: 0,
  images: 0,
  isUnbounded: true,
  hasTools: false,
  isStructured: false,
  asksReasoning: false,
  media: [],
  question: '',
}

/** The texts of a request, and the call with others in their places. */
export interface CallTexts {
  readonly texts: readonly string[]
  replaced(texts: readonly string[]): Call
}

/** How the gateway speaks within a stream itself. */
export interface StreamForm {
  readonly contentType: string
  /** One that readers skip. */
  comment(text: string): string
  /** The failure in the client's dialect, as the end of a stream that has said nothing. */
  failure(error: GatewayError, at: { readonly id: string; readonly nowMs: number }): string
}

/** A request that its operation has read. */
export interface Call {
  /** As the client names it. */
  readonly model: string
  readonly stream: boolean
  readonly user?: string
  readonly session?: string
  /** Of a stream with room for comments. */
  readonly form?: StreamForm
  /** Where the client continues an earlier answer, or asks for this one to be kept. */
  readonly memory?: CallMemory
  /** Its body, where it asks to be answered in the background. */
  readonly later?: JsonObject
  /** The provider makes no bill for it. */
  readonly isFree?: boolean
  /** The call with another request in its place; absent where the operation has no canonical request. */
  rewritten?(rewrite: (request: GenRequest) => GenRequest): Call
  /** What is asked to be generated, and where in the client's body its schema stands. */
  readonly generation?: { readonly request: GenRequest; readonly formatParam: string }
  /** Models that it names beside its own, of an operation without a canonical request. */
  innerModels?(): readonly string[]
  /** Of an operation without a canonical request; undefined where not all of it is text. */
  texts?(): CallTexts | undefined
  /** What the client sent, of an operation without either: to be kept out of the log. */
  said?(): readonly string[]
  /** Absent where the operation has no answers that could be told again. */
  replayable?(): Replayable
  /** Absent where the operation does not look into its requests. */
  content?(): ContentTraits
  /** Absent: nothing bounds it. */
  bounds?(): BillBounds
  /** What the prompt consists of; absent where there is none. */
  promptBytes?(): PromptBytes
  /** The prompt's tokens by the tokenizer; absent where there is no prompt to count. */
  countPrompt?(tokens: TokenCounter): Promise<number>
  attempt(target: Target, context: AttemptContext): Promise<AttemptResult>
}

/** With `x-weir-strict`, what the target cannot carry is an error: `unsupported_parameter`, thrown. */
export function refuseDroppedIfStrict(
  context: AttemptContext,
  target: Target,
  dropped: readonly string[],
): void {
  if (!context.isStrict || dropped.length === 0) return
  throw new GatewayError(
    'unsupported_parameter',
    `Target ${target.provider.name}/${target.model} cannot carry: ${dropped.join(', ')}.`,
    { param: dropped[0]! },
  )
}

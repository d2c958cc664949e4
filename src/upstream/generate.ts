/** The operation that generates: one request, tried on one target at a time, streamed or not. */

import { foldAnswer } from '../core/answer.ts'
import type { AnswerCheck, ContractAttempt } from '../core/contract.ts'
import type { GenEvent } from '../core/event.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { GenRequest } from '../core/request.ts'
import type { Dialect, EncodeContext } from '../dialects/dialect.ts'
import { dialects } from '../dialects/registry.ts'
import { sseFraming, type StreamFraming } from '../framing/stream-framing.ts'
import type { Target } from '../providers/provider.ts'
import { ask, type Asked, type Asking } from './ask.ts'
import { Continuation, mayBeContinued } from './continuation.ts'
import { factsOf, isEmpty, receivedOf } from './facts.ts'
import {
  type AttemptContext,
  type AttemptResult,
  type Call,
  type CallMemory,
  type ContentTraits,
  type Hearing,
  refuseDroppedIfStrict,
  type StreamForm,
  type Transcript,
} from './operation.ts'
import { referencesIn, withReferencedItems } from './item-references.ts'
import { pumpMode } from './pump-mode.ts'
import { pump } from './pump.ts'
import { openReplay } from './replay.ts'
import { promptBytes } from './prompt-bytes.ts'
import { contentTraits } from './traits.ts'
import { decodeWhole, exchange, isEventStream, resultOf } from './whole.ts'

/** Reads a client's generation request. Throws GatewayError `invalid_request`. */
export function openGenerate(
  client: Dialect,
  body: Json,
  path: { readonly model?: string; readonly stream?: boolean },
  framing: StreamFraming,
): Call {
  const request = client.request.decode(body, path)
  const call = { client, request, body: body as JsonObject, framing }
  const isLater = client.keepsResponses === true && call.body['background'] === true
  return toCall(isLater ? { ...call, later: call.body } : call)
}

/** A canonical request from within the gateway. Its answer is kept as a transcript. */
export function openRequest(request: GenRequest): Call {
  const client = dialects['openai-chat']
  return toCall({ client, request, body: undefined, framing: sseFraming, isKept: true })
}

interface Generation extends Asking {
  readonly framing: StreamFraming
  /** It asks to be answered in the background. */
  readonly later?: JsonObject
  /** The attempt brings a transcript even if the client did not ask for its answer to be kept. */
  readonly isKept?: true
  /** Of an answer that broke and is continued. */
  readonly continuation?: Continuation
  /** Called for each attempt. */
  readonly openHearing?: () => Hearing
}

function toCall(generation: Generation): Call {
  const { request } = generation
  const memory = memoryOf(generation)
  let traits: ContentTraits | undefined
  const content = (): ContentTraits => (traits ??= contentTraits(request))
  return {
    model: request.model,
    stream: request.stream,
    ...(request.user !== undefined && { user: request.user }),
    ...(request.session !== undefined && { session: request.session }),
    ...(memory && { memory }),
    ...(generation.later && { later: generation.later }),
    generation: { request, formatParam: generation.client.formatParam },
    rewritten: (rewrite) => toCall({ ...generation, request: rewrite(request), body: undefined }),
    ...(request.stream && generation.framing.hasComments && { form: formOf(generation) }),
    content,
    bounds: content,
    promptBytes: () => promptBytes(request),
    countPrompt: (tokens) => tokens.estimate(request),
    replayable: () => ({
      request,
      heard: (openHearing) => toCall({ ...generation, openHearing }),
      kept: () => toCall({ ...generation, isKept: true }),
      replay: (context) => openReplay(generation, context),
    }),
    attempt: (target, context) => attempt(limited(generation, context), target, context),
  }
}

/** With the limit that the caller's caps ask for, where the request has none: then it is not sent as it came. */
function limited(generation: Generation, { account: { maxOutputTokens } }: AttemptContext): Generation {
  if (maxOutputTokens === undefined) return generation
  return { ...generation, request: { ...generation.request, maxOutputTokens }, body: undefined }
}

function keepsAnswer(generation: Generation): boolean {
  return generation.isKept === true || memoryOf(generation)?.keep === true
}

function memoryOf(generation: Generation): CallMemory | undefined {
  const { request } = generation
  const { client } = generation
  const keep = request.store === true && client.keepsResponses === true
  const references = client.keepsResponses ? referencesIn(request) : []
  if (!keep && request.previousResponseId === undefined && references.length === 0) return undefined
  return {
    keep,
    references,
    withItems: (items) =>
      toCall({ ...generation, request: withReferencedItems(request, client, items), body: undefined }),
    continued: (rewrite) => toCall({ ...generation, request: rewrite(request), body: undefined }),
    ...(request.previousResponseId !== undefined && { previousId: request.previousResponseId }),
  }
}

/** An attempt at the request, as the contract has this target asked. Throws what it can tell before it sends. */
function attempt(generation: Generation, target: Target, context: AttemptContext): Promise<AttemptResult> {
  const contract = context.contractFor?.(target)
  if (contract === undefined) return attemptAsAsked(generation, target, context, undefined)
  return attemptChecked(generation, contract, target, context)
}

async function attemptChecked(
  generation: Generation,
  contract: ContractAttempt,
  target: Target,
  context: AttemptContext,
): Promise<AttemptResult> {
  const { request } = contract
  const asked = request === generation.request ? generation : { ...generation, request, body: undefined }
  const check = contract.check()
  const result = await attemptAsAsked(asked, target, context, check)
  return {
    ...result,
    ...(check.outcome && { contract: check.outcome }),
    // What a later request continues is the client's own, without what this target was told beside it.
    ...(result.transcript && { transcript: { ...result.transcript, request: generation.request } }),
  }
}

function attemptAsAsked(
  generation: Generation,
  target: Target,
  context: AttemptContext,
  check: AnswerCheck | undefined,
): Promise<AttemptResult> {
  const asked = ask(generation, target)
  refuseDroppedIfStrict(context, target, asked.dropped)
  const run = generation.request.stream ? streamed : whole
  return run(generation, asked, context, check)
}

function encodeContext(request: GenRequest, target: Target, context: AttemptContext): EncodeContext {
  return {
    id: context.requestId,
    model: target.model,
    nowMs: context.clock.nowMs(),
    includeUsage: request.includeUsage ?? false,
  }
}

async function streamed(
  generation: Generation,
  { source, options, dropped }: Asked,
  context: AttemptContext,
  check: AnswerCheck | undefined,
): Promise<AttemptResult> {
  const { client, request, framing } = generation
  const { provider } = options.target
  const withholdUsage = client.forcesUsage === true && request.includeUsage !== true
  const keep = keepsAnswer(generation)
  // An answer that is held to a contract is the contract's own to mend.
  const fresh = check ? undefined : continuationOf(generation, options.target, context)
  const continuation = generation.continuation ?? fresh
  const kept: GenEvent[] | undefined = keep && !continuation ? [] : undefined
  const hearing = generation.openHearing?.()
  const result = await pump(context.sender, options, {
    source,
    client,
    mode: check || continuation ? 'translate' : pumpMode(generation, source, options.target, withholdUsage),
    continuation,
    seam: `weir-continued ${provider.name}/${options.target.model}`.replace(/[^\x20-\x7e]/g, '?'),
    withholdUsage,
    responsePatch: provider.responsePatch,
    eventPatch: provider.eventPatch,
    context: encodeContext(request, options.target, context),
    framing,
    maxDeltas: maxDeltas(request.maxOutputTokens),
    drainWhenGone: !provider.spec.cancelStopsBilling,
    headers: () => {
      const headers = context.streamHeaders(options.target, dropped, check?.outcome)
      hearing?.commit()
      return { 'content-type': framing.contentType, ...headers }
    },
    outlet: context.outlet,
    interrupt: context.interrupt,
    account: context.account,
    clock: context.clock,
    dropped,
    ...(check && { check }),
    ...((kept || hearing) && {
      onEvent(event) {
        kept?.push(event)
        hearing?.event(event)
      },
    }),
  })
  const told = continuation ? withContinuation(result, generation, continuation) : result
  // Of an answer that was continued, no attempt has heard the whole.
  const answered = hearing && !told.isContinuation && !told.error ? { ...told, hearing } : told
  if (!keep || result.error) return answered
  const events = kept ?? continuation!.events
  return { ...answered, transcript: transcriptOf(generation, options.target, events, context) }
}

function formOf({ client, request, framing }: Generation): StreamForm {
  const writer = framing.writer()
  return {
    contentType: framing.contentType,
    comment: (text) => writer.comment(text),
    failure(error, at) {
      const context = { ...at, model: request.model, includeUsage: false }
      const frames = client.stream.encoder(context).push({ type: 'fail', error })
      return frames.map((frame) => writer.text(frame)).join('') + writer.close()
    },
  }
}

/** Where the route wants broken answers continued, and this one could be. */
function continuationOf(
  { client, request, framing }: Generation,
  target: Target,
  context: AttemptContext,
): Continuation | undefined {
  if (!context.mayContinue || !mayBeContinued(request)) return undefined
  const encoder = client.stream.encoder(encodeContext(request, target, context))
  return new Continuation(request, encoder, framing.writer())
}

function withContinuation(
  result: AttemptResult,
  generation: Generation,
  continuation: Continuation,
): AttemptResult {
  if (generation.continuation) return { ...result, isContinuation: true }
  const { suspended, error } = result
  if (!suspended || !error) return result
  return {
    ...result,
    suspended: {
      ...suspended,
      goOn(target, context) {
        const request = continuation.goOn()
        return attempt({ ...generation, request, body: undefined, continuation }, target, context)
      },
    },
  }
}

function transcriptOf(
  { client, request: sent, continuation }: Generation,
  target: Target,
  events: readonly GenEvent[],
  context: AttemptContext,
): Transcript {
  const request = continuation?.request ?? sent
  const body = client.response.encode(events, encodeContext(request, target, context))
  return { request, answer: foldAnswer(events), body }
}

/** No provider sends more than one delta a token: past the limit and a margin, the stream is runaway. */
function maxDeltas(maxOutputTokens: number | undefined): number {
  return maxOutputTokens === undefined ? Number.POSITIVE_INFINITY : maxOutputTokens * 1.05 + 64
}

async function whole(
  generation: Generation,
  { source, options, dropped }: Asked,
  context: AttemptContext,
  check: AnswerCheck | undefined,
): Promise<AttemptResult> {
  const { client, request } = generation
  const { provider } = options.target
  const received = await exchange(options, source.error.decode, context)
  const result = resultOf(received, dropped)
  if (received.fault) return result
  const decoded = decodeWhole(source, received, provider.responsePatch, provider.eventPatch)
  const events = check ? await checked(decoded, check) : decoded
  const facts = factsOf(decoded, events)
  const heard = { ...result, ...facts, received: () => receivedOf(decoded) }
  // An answer that does not satisfy its contract has come to its own end all the same, and is billed.
  if (facts.error) return decoded.some(isFailure) ? { ...result, ...facts, isWhole: false } : heard
  const isUntouched =
    source.id === client.id &&
    check?.isUntouched !== false &&
    !provider.responsePatch &&
    !provider.spec.deviates &&
    !isEventStream(received.headers)
  const body = isUntouched
    ? received.body
    : JSON.stringify(client.response.encode(events, encodeContext(request, options.target, context)))
  const hearing = generation.openHearing?.()
  if (hearing) for (const event of events) hearing.event(event)
  const answered = {
    ...heard,
    body,
    ...(hearing && { hearing }),
    ...(!check && isEmpty(events, facts) && { isEmpty: true as const }),
  }
  if (!keepsAnswer(generation)) return answered
  return { ...answered, transcript: transcriptOf(generation, options.target, events, context) }
}

function isFailure({ type }: GenEvent): boolean {
  return type === 'fail'
}

async function checked(events: readonly GenEvent[], check: AnswerCheck): Promise<GenEvent[]> {
  const passed: GenEvent[] = []
  for (const event of events) passed.push(...check.push(event))
  passed.push(...(await check.end()))
  return passed
}

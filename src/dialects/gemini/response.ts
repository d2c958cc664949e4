/** Gemini's answers to canonical events: a whole body is one chunk of what a stream brings in several. */

import { GatewayError } from '../../core/error.ts'
import type { GenEvent, TokenLogprob } from '../../core/event.ts'
import { parseBounded } from '../../core/bounded-json.ts'
import {
  asArray,
  asNumber,
  asObject,
  asString,
  type Json,
  type JsonObject,
  unknownFields,
} from '../../core/json.ts'
import type { Frame } from '../../framing/frame.ts'
import type { Machine, Patch } from '../dialect.ts'
import { errorOf } from './error.ts'
import { finishReasonOf } from './finish.ts'
import { decodeGrounding, type TextSpan } from './grounding.ts'
import { mediaKindOf } from './media.ts'
import { PartialArgs } from './partial-args.ts'
import { decodeUsage } from './usage.ts'
import { camelKeys, derivedCallId, fromThoughtSignature } from './wire.ts'

/** What is known of one candidate so far. */
interface Candidate {
  readonly choice: number
  /** The text or reasoning block that the next piece of the same kind continues. */
  open?: { readonly kind: 'text' | 'reasoning'; readonly block: number; readonly span?: TextSpan }
  /** The function call whose arguments are still to come. */
  call?: { readonly block: number; readonly args: PartialArgs; signature: string | undefined }
  readonly texts: TextSpan[]
  calls: number
  isFinished: boolean
  /** Members without a canonical form, as the last chunk that had them says. */
  extras: JsonObject
}

const candidateFields = new Set(['content', 'index', 'finishReason', 'logprobsResult'])
const responseFields = new Set(['candidates', 'usageMetadata', 'modelVersion', 'responseId', 'createTime'])

/** A whole answer, or the array of chunks that a stream without server-sent events is. */
export function decodeBody(body: Json, patch?: Patch): readonly GenEvent[] {
  const decoder = new AnswerDecoder()
  const chunks = Array.isArray(body) ? (body as readonly Json[]) : [body]
  return chunks.flatMap((chunk) => decoder.push(chunk, patch))
}

/** The decoder of a stream of server-sent events. */
export function streamDecoder(patch?: Patch): Machine<Frame, GenEvent> {
  const decoder = new AnswerDecoder()
  return {
    push: (frame) => decoder.push(parseBounded(frame.data) ?? null, patch),
    end: () => [],
  }
}

/** Decodes the chunks of one answer in order. A candidate finishes with the chunk that has its `finishReason`. */
class AnswerDecoder {
  readonly #candidates = new Map<number, Candidate>()
  #events: GenEvent[] = []
  #hasStarted = false
  #hasFailed = false
  #responseId = ''
  #nextBlock = 0
  #extras: JsonObject = {}

  push(value: Json, patch: Patch | undefined): readonly GenEvent[] {
    if (this.#hasFailed) return []
    this.#events = []
    const chunk = asObject(value)
    if (chunk === undefined) {
      const error = new GatewayError(
        'upstream_protocol',
        'The provider sent an answer that is not an object.',
      )
      this.#fail(error)
    } else if (asObject(chunk['error'])) {
      this.#fail(errorOf(200, chunk))
    } else {
      this.#read(camelKeys(patch ? patch(chunk) : chunk))
    }
    return this.#events
  }

  #fail(error: GatewayError): void {
    this.#hasFailed = true
    this.#events.push({ type: 'fail', error })
  }

  #read(chunk: JsonObject): void {
    this.#start(chunk)
    const unknown = unknownFields(chunk, responseFields)
    if (unknown) this.#extras = { ...this.#extras, ...unknown }
    const finishes: [Candidate, string][] = []
    for (const item of asArray(chunk['candidates'])) {
      const wire = camelKeys(asObject(item) ?? {})
      const candidate = this.#candidate(asNumber(wire['index']) ?? 0)
      const extras = unknownFields(wire, candidateFields)
      if (extras) candidate.extras = { ...candidate.extras, ...extras }
      for (const part of asArray(asObject(wire['content'])?.['parts'])) {
        this.#part(candidate, camelKeys(asObject(part) ?? {}))
      }
      this.#logprobs(candidate, asObject(wire['logprobsResult']))
      const word = asString(wire['finishReason'])
      if (word !== undefined && word !== '' && !candidate.isFinished) finishes.push([candidate, word])
    }
    this.#usage(asObject(chunk['usageMetadata']))
    for (const [candidate, word] of finishes) this.#finish(candidate, word)
    this.#blockedPrompt()
  }

  #start(chunk: JsonObject): void {
    if (this.#hasStarted) return
    this.#hasStarted = true
    this.#responseId = asString(chunk['responseId']) ?? ''
    const createdAtMs = Date.parse(asString(chunk['createTime']) ?? '')
    this.#events.push({
      type: 'start',
      id: this.#responseId,
      model: asString(chunk['modelVersion']) ?? '',
      ...(Number.isNaN(createdAtMs) ? {} : { createdAtMs }),
    })
  }

  #candidate(choice: number): Candidate {
    let candidate = this.#candidates.get(choice)
    if (candidate === undefined) {
      candidate = { choice, texts: [], calls: 0, isFinished: false, extras: {} }
      this.#candidates.set(choice, candidate)
    }
    return candidate
  }

  #part(candidate: Candidate, part: JsonObject): void {
    const { thoughtSignature, ...rest } = part
    const signature = asString(thoughtSignature)
    const text = asString(part['text'])
    const functionCall = asObject(part['functionCall'])
    if (text !== undefined || (Object.keys(rest).length === 0 && signature !== undefined)) {
      this.#text(candidate, text ?? '', part['thought'] === true ? 'reasoning' : 'text', signature)
    } else if (functionCall) {
      this.#call(candidate, camelKeys(functionCall), signature)
    } else if (Object.keys(rest).length > 0) {
      this.#close(candidate)
      this.#wholeBlock(candidate, rest, signature)
    }
  }

  /** Pieces of one kind are one block until its signature; an empty piece may bring just the signature. */
  #text(candidate: Candidate, text: string, kind: 'text' | 'reasoning', signature: string | undefined): void {
    if (text === '' && signature === undefined) return
    if (candidate.open?.kind !== kind) {
      this.#close(candidate)
      const block = this.#nextBlock++
      const { choice } = candidate
      if (kind === 'text') {
        const span = { block, text: '' }
        candidate.texts.push(span)
        candidate.open = { kind, block, span }
        this.#events.push({ type: 'block-start', block, choice, kind })
      } else {
        candidate.open = { kind, block }
        this.#events.push({ type: 'block-start', block, choice, kind, summary: true })
      }
    }
    const { block, span } = candidate.open!
    if (span) span.text += text
    if (text !== '') this.#events.push({ type: 'block-delta', block, text })
    if (signature !== undefined) this.#close(candidate, signature)
  }

  /** Ends what is open, a text as well as a call. */
  #close(candidate: Candidate, signature?: string): void {
    const { open, call } = candidate
    if (open) this.#end(open.block, signature)
    if (call) {
      this.#events.push({ type: 'block-delta', block: call.block, text: call.args.toJson() })
      this.#end(call.block, call.signature)
    }
    delete candidate.open
    delete candidate.call
  }

  #end(block: number, signature: string | undefined): void {
    this.#events.push({
      type: 'block-end',
      block,
      ...(signature === undefined ? {} : { signature: fromThoughtSignature(signature) }),
    })
  }

  /** A call is whole in one part, or it comes in parts without a name until one does not say `willContinue`. */
  #call(candidate: Candidate, call: JsonObject, signature: string | undefined): void {
    const name = asString(call['name'])
    if (name !== undefined && name !== '') {
      this.#close(candidate)
      const block = this.#nextBlock++
      const id = asString(call['id'])
      const { choice } = candidate
      const callId =
        id === undefined || id === '' ? derivedCallId(this.#responseId, choice, candidate.calls) : id
      candidate.calls++
      candidate.call = { block, args: new PartialArgs(), signature }
      this.#events.push({ type: 'block-start', block, choice, kind: 'tool', callId, name })
    }
    const open = candidate.call
    if (open === undefined) return
    open.signature ??= signature
    const args = asObject(call['args'])
    if (args) open.args.assign(args)
    open.args.push(call['partialArgs'])
    if (call['willContinue'] !== true) this.#close(candidate)
  }

  /** A part that never comes in pieces: media, or what only Gemini knows (`executableCode`, `toolCall`, ...). */
  #wholeBlock(candidate: Candidate, part: JsonObject, signature: string | undefined): void {
    const block = this.#nextBlock++
    const { choice } = candidate
    const inline = camelKeys(asObject(part['inlineData']) ?? {})
    const mimeType = asString(inline['mimeType'])
    const data = asString(inline['data'])
    if (mimeType !== undefined && data !== undefined && Object.keys(part).length === 1) {
      const source = { at: 'base64', mimeType, data } as const
      this.#events.push({
        type: 'block-start',
        block,
        choice,
        kind: 'media',
        media: mediaKindOf(mimeType),
        source,
      })
    } else {
      this.#events.push({
        type: 'block-start',
        block,
        choice,
        kind: 'native',
        dialect: 'gemini',
        value: part,
      })
    }
    this.#end(block, signature)
  }

  #logprobs(candidate: Candidate, result: JsonObject | undefined): void {
    const block = candidate.texts.at(-1)?.block
    if (result === undefined || block === undefined) return
    const tops = asArray(result['topCandidates'])
    const values = asArray(result['chosenCandidates']).flatMap((chosen, at): TokenLogprob[] => {
      const token = tokenOf(chosen)
      if (token === undefined) return []
      const top = asArray(asObject(tops[at])?.['candidates']).flatMap((entry) => tokenOf(entry) ?? [])
      return [top.length > 0 ? { ...token, top } : token]
    })
    if (values.length > 0) this.#events.push({ type: 'logprobs', block, values })
  }

  #usage(metadata: JsonObject | undefined): void {
    if (metadata === undefined) return
    let webSearches = 0
    for (const { extras } of this.#candidates.values()) {
      webSearches += asArray(asObject(extras['groundingMetadata'])?.['webSearchQueries']).length
    }
    const usage = decodeUsage(metadata, webSearches)
    if (usage) this.#events.push({ type: 'usage', usage })
  }

  #finish(candidate: Candidate, word: string): void {
    const { choice, extras, texts, calls } = candidate
    this.#close(candidate)
    const grounding = asObject(extras['groundingMetadata'])
    for (const { block, citation } of grounding ? decodeGrounding(grounding, texts) : []) {
      this.#events.push({ type: 'annotation', block, value: citation })
    }
    if (Object.keys(extras).length > 0) this.#native({ candidate: { index: choice, ...extras } })
    this.#responseExtras()
    candidate.isFinished = true
    this.#events.push({ type: 'finish', choice, reason: finishReasonOf(word, calls > 0), native: word })
  }

  /** A refused prompt has no candidates: the feedback is the whole answer. */
  #blockedPrompt(): void {
    const word = asString(asObject(this.#extras['promptFeedback'])?.['blockReason'])
    if (word === undefined || this.#candidates.size > 0) return
    this.#candidate(0).isFinished = true
    this.#responseExtras()
    this.#events.push({ type: 'finish', choice: 0, reason: 'content-filter', native: word })
  }

  #responseExtras(): void {
    if (Object.keys(this.#extras).length > 0) this.#native({ response: this.#extras })
    this.#extras = {}
  }

  #native(value: JsonObject): void {
    this.#events.push({ type: 'native', dialect: 'gemini', value })
  }
}

function tokenOf(value: Json | undefined): { token: string; logprob: number } | undefined {
  const entry = asObject(value)
  const token = asString(entry?.['token'])
  const logprob = asNumber(entry?.['logProbability'])
  return token === undefined ? undefined : { token, logprob: logprob ?? 0 }
}

/** Reads Chat Completions' chunks. */

import type { GatewayError } from '../../core/error.ts'
import type { GenEvent } from '../../core/event.ts'
import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../core/json.ts'
import type { Frame } from '../../framing/frame.ts'
import type { Machine, Patch } from '../dialect.ts'
import { Lifecycle } from '../lifecycle.ts'
import { protocolFault } from '../fault.ts'
import { type ChunkReader, readFrames, startOf } from '../openai-chunks.ts'
import { openAiErrorOf } from '../openai-error.ts'
import { citationFromWire, logprobsFromWire } from './annotation.ts'
import { Extras } from './extras.ts'
import { reasonFromWire } from './finish-reason.ts'
import { sourceOfUrl } from './media.ts'
import { plainReasoning, reasoningDetails } from './reasoning.ts'
import { ToolCalls } from './tool-calls.ts'
import { mergeUsage, usageFromWire } from './usage.ts'

const dialect = 'openai-chat'
const none: readonly GenEvent[] = []

/** `patch` mends a provider's habits before the chunk is read. */
export function streamDecoder(patch?: Patch): Machine<Frame, GenEvent> {
  return readFrames(new ChunkDecoder(), patch)
}

/**
 * Reads chunks one by one; a whole answer is one chunk with a message in place of each delta. The provider's
 * own members are told together at the end, because they are whole only then.
 */
export class ChunkDecoder implements ChunkReader {
  readonly #isWhole: boolean
  readonly #blocks = new Lifecycle()
  readonly #extras = new Extras()
  readonly #calls = new Map<number, ToolCalls>()
  readonly #finished = new Set<number>()
  #isStarted = false
  #isOver = false
  #id = ''
  #tier: string | undefined
  #usage: JsonObject | undefined

  constructor(isWhole = false) {
    this.#isWhole = isWhole
  }

  take(chunk: JsonObject): readonly GenEvent[] {
    if (this.#isOver) return none
    this.#extras.addBody(chunk)
    if (chunk['error']) {
      this.#readUsage(chunk)
      return this.fail(openAiErrorOf(200, chunk))
    }
    const choices = asArray(chunk['choices'])
    if (!this.#isStarted) this.#start(chunk, choices.length > 0)
    for (const choice of choices) if (isObject(choice)) this.#choice(choice)
    this.#readUsage(chunk)
    return this.#blocks.take()
  }

  fail(error: GatewayError): readonly GenEvent[] {
    this.#isOver = true
    this.#blocks.emit({ type: 'fail', error })
    return this.#blocks.take()
  }

  end(): readonly GenEvent[] {
    const value = this.#isOver ? undefined : this.#extras.toBody()
    if (value !== undefined) this.#blocks.emit({ type: 'native', dialect, value })
    return this.#blocks.take()
  }

  /** Azure's first chunk has neither id nor choices: the start waits for one that has. */
  #start(chunk: JsonObject, hasChoices: boolean): void {
    const id = asString(chunk['id']) ?? ''
    if (id === '' && !hasChoices) return
    this.#isStarted = true
    this.#id = id
    this.#blocks.emit(startOf(chunk))
  }

  #readUsage(chunk: JsonObject): void {
    const tier = chunk['service_tier']
    if (typeof tier === 'string') this.#tier = tier
    const reported = asObject(chunk['usage'])
    if (reported === undefined) return
    this.#usage = mergeUsage(this.#usage, reported)
    const usage = usageFromWire(this.#usage, this.#tier)
    if (usage !== undefined) this.#blocks.emit({ type: 'usage', usage })
  }

  #choice(choice: JsonObject): void {
    const index = choiceIndex(choice['index'])
    this.#extras.addChoice(index, choice)
    const delta = asObject(choice[this.#isWhole ? 'message' : 'delta'])
    if (delta !== undefined) this.#extras.addDelta(index, delta)
    if (this.#finished.has(index)) return
    if (delta !== undefined) this.#delta(index, delta)
    const logprobs = asObject(choice['logprobs'])
    if (logprobs !== undefined) this.#logprobs(index, logprobs)
    // An empty word is no end in a stream. A whole answer has ended in any case.
    const word = asString(choice['finish_reason']) ?? ''
    if (word !== '' || this.#isWhole) this.#finish(index, word)
  }

  #delta(index: number, delta: JsonObject): void {
    this.#reasoning(index, delta)
    const { content } = delta
    if (typeof content === 'string') {
      if (content !== '') this.#blocks.append(index, { kind: 'text' }, content)
    } else for (const part of asArray(content)) this.#part(index, part)
    const refusal = asString(delta['refusal'])
    if (refusal) this.#blocks.append(index, { kind: 'refusal' }, refusal)
    for (const image of asArray(delta['images'])) this.#image(index, image)
    for (const annotation of asArray(delta['annotations'])) {
      const block = this.#blocks.lastText(index) ?? this.#blocks.append(index, { kind: 'text' }, '')
      this.#blocks.emit({ type: 'annotation', block, value: citationFromWire(annotation) })
    }
    this.#toolCalls(index, delta)
  }

  /** Where one delta tells the same text twice, plain and in details, the details count: they say more. */
  #reasoning(index: number, delta: JsonObject): void {
    const details = reasoningDetails(delta)
    const plain = plainReasoning(delta)
    if (details.length === 0) {
      if (plain !== '') this.#blocks.append(index, { kind: 'reasoning' }, plain, 'reasoning')
      return
    }
    for (const { text, summary, redacted, signature, index: at } of details) {
      if (redacted) {
        this.#blocks.whole(index, { kind: 'reasoning', redacted }, signature)
        continue
      }
      // A detail after plain text only proves it, and repeats it to that end.
      const isProof = plain === '' && signature !== undefined && this.#blocks.openKey(index) === 'reasoning'
      const kind = { kind: 'reasoning', ...(summary ? { summary } : {}) } as const
      const key = isProof ? 'reasoning' : `${summary ? 'summary' : 'detail'} ${at ?? ''}`
      this.#blocks.append(index, kind, isProof ? '' : (text ?? ''), key)
      if (signature !== undefined) this.#blocks.sign(index, signature)
    }
  }

  /** A part of content that is a list: Mistral's thinking and text. Others are kept for this dialect. */
  #part(index: number, value: Json): void {
    const part = asObject(value)
    if (part === undefined) return
    if (part['type'] === 'thinking') {
      const pieces = Array.isArray(part['thinking'])
        ? (part['thinking'] as readonly Json[])
        : [part['thinking']]
      const text = pieces.map((piece) => asString(asObject(piece)?.['text'] ?? piece) ?? '').join('')
      if (text !== '') this.#blocks.append(index, { kind: 'reasoning' }, text, 'reasoning')
    } else if (part['type'] === 'text') {
      const text = asString(part['text']) ?? ''
      if (text !== '') this.#blocks.append(index, { kind: 'text' }, text)
    } else this.#blocks.whole(index, { kind: 'native', dialect, value: part })
  }

  #image(index: number, value: Json): void {
    const url = asString(asObject(asObject(value)?.['image_url'])?.['url'])
    if (url !== undefined) {
      this.#blocks.whole(index, { kind: 'media', media: 'image', source: sourceOfUrl(url) })
    }
  }

  #toolCalls(index: number, delta: JsonObject): void {
    const pieces = asArray(delta['tool_calls'])
    const legacy = asObject(delta['function_call'])
    if (pieces.length === 0 && legacy === undefined) return
    let calls = this.#calls.get(index)
    if (calls === undefined) {
      calls = new ToolCalls(index, this.#blocks)
      this.#calls.set(index, calls)
    }
    let isWell = true
    for (const piece of pieces) {
      if (isObject(piece)) isWell = calls.take(piece, this.#id, this.#isWhole) && isWell
    }
    if (legacy !== undefined) isWell = calls.takeLegacy(legacy, this.#id) && isWell
    if (isWell) return
    this.#isOver = true
    const error = protocolFault('A tool call goes on after its arguments were complete.')
    this.#blocks.emit({ type: 'fail', error })
  }

  #logprobs(index: number, logprobs: JsonObject): void {
    for (const kind of ['text', 'refusal'] as const) {
      const values = logprobsFromWire(logprobs[kind === 'text' ? 'content' : 'refusal'])
      if (values.length === 0) continue
      const block =
        (kind === 'text' ? this.#blocks.lastText(index) : undefined) ??
        this.#blocks.append(index, { kind }, '')
      this.#blocks.emit({ type: 'logprobs', block, values })
    }
  }

  #finish(index: number, word: string): void {
    this.#finished.add(index)
    this.#calls.get(index)?.end()
    this.#blocks.close(index)
    const hasTools = this.#blocks.hasTools(index)
    const native = word === '' ? (hasTools ? 'tool_calls' : 'stop') : word
    this.#blocks.emit({ type: 'finish', choice: index, reason: reasonFromWire(native, hasTools), native })
  }
}

function choiceIndex(value: Json | undefined): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : 0
}

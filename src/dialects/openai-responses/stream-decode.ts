/** Reads the events of a response's stream, and whole responses by the same rules. */

import { GatewayError } from '../../core/error.ts'
import type { BlockKind, GenEvent } from '../../core/event.ts'
import { parseBounded } from '../../core/bounded-json.ts'
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
} from '../../core/json.ts'
import type { Frame } from '../../framing/frame.ts'
import type { Machine, Patch } from '../dialect.ts'
import { openAiErrorOf } from '../openai-error.ts'
import { citationFromWire, logprobsFromWire } from './annotation.ts'
import { completedEnding, type Ending, incompleteEnding } from './finish.ts'
import {
  asksClient,
  endParts,
  findPart,
  type Item,
  itemFromWire,
  keyOf,
  type Part,
  partKind,
  type PartList,
  signatureOf,
} from './item-decode.ts'
import { extrasOf } from './response-extras.ts'
import { usageFromWire } from './usage.ts'
import { dialect } from './wire.ts'

const none: readonly GenEvent[] = []
/**
 * One item can be several blocks: the parts of a message, the summary and the text of a reasoning. A part ends
 * when the next one begins or its item is done, because only `output_item.done` brings the signature.
 *
 * What a stream tells twice counts once: the events that repeat a part, an item or the whole response at its end
 * fill in what no delta brought. Items without a canonical form become native blocks when they are done; the events of their progress
 * are left out, as the item tells it all. `finish` comes only with `response.completed` or
 * `response.incomplete`, after one native event that has what the response says beyond the canonical form.
 */
export class ResponseDecoder implements Machine<Frame, GenEvent> {
  readonly #patch: Patch | undefined
  readonly #items = new Map<number | string, Item>()
  #events: GenEvent[] = []
  #blocks = 0
  #hasStarted = false
  #hasTool = false
  #hasRefusal = false
  #isOver = false

  constructor(patch?: Patch) {
    this.#patch = patch
  }

  push(frame: Frame): readonly GenEvent[] {
    if (this.#isOver || frame.data === '[DONE]') return none
    this.#events = []
    const value = parseBounded(frame.data)
    if (isObject(value)) this.#take(this.#patch === undefined ? value : this.#patch(value))
    else this.#broken('An event of the stream is not a JSON object.')
    return this.#events
  }

  end(): readonly GenEvent[] {
    return none
  }

  /** A whole response, already patched. One that is still queued or in progress has no `finish`. */
  takeWhole(response: JsonObject): readonly GenEvent[] {
    this.#events = []
    const { status, output } = response
    if (status !== 'failed' && !Array.isArray(output)) {
      this.#broken('The answer has no output.')
      return this.#events
    }
    this.#start(response)
    for (const [index, item] of asArray(output).entries()) {
      if (this.#isOver) return this.#events
      this.#itemDone(index, item)
    }
    switch (status) {
      case 'failed':
        this.#fail(response)
        break
      case 'incomplete':
        this.#conclude(response, incompleteEnding(response))
        break
      case 'queued':
      case 'in_progress':
        this.#conclude(response, undefined)
        break
      case 'cancelled':
        this.#conclude(response, { reason: 'other', native: status })
        break
      default: // Compaction answers have no status.
        this.#conclude(response, this.#completed())
    }
    return this.#events
  }

  #take(event: JsonObject): void {
    switch (event['type']) {
      case 'response.output_text.delta':
        this.#textDelta(event)
        break
      case 'response.refusal.delta':
      case 'response.reasoning_text.delta':
        this.#delta(event, 'content', event['content_index'])
        break
      case 'response.reasoning_summary_text.delta':
        this.#delta(event, 'summary', event['summary_index'])
        break
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        this.#delta(event, 'input', 0)
        break
      default:
        this.#takeOutline(event)
    }
  }

  /** The events that are no deltas, of which there are few. */
  #takeOutline(event: JsonObject): void {
    switch (event['type']) {
      case 'response.output_item.added':
        this.#itemAdded(keyOf(event), event['item'])
        break
      case 'response.output_item.done':
        this.#itemDone(keyOf(event), event['item'])
        break
      case 'response.content_part.added':
      case 'response.reasoning_part.added':
        this.#partAdded(event, 'content', event['content_index'])
        break
      case 'response.reasoning_summary_part.added':
        this.#partAdded(event, 'summary', event['summary_index'])
        break
      case 'response.output_text.done':
      case 'response.refusal.done':
      case 'response.reasoning_text.done':
        this.#partDone(event, 'content', event['content_index'])
        break
      case 'response.reasoning_summary_text.done':
        this.#partDone(event, 'summary', event['summary_index'])
        break
      case 'response.output_text.annotation.added':
        this.#annotation(event)
        break
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        this.#start(asObject(event['response']))
        break
      case 'response.completed':
        this.#terminal(event, () => this.#completed())
        break
      case 'response.incomplete':
        this.#terminal(event, incompleteEnding)
        break
      case 'response.failed':
        this.#fail(asObject(event['response']) ?? {})
        break
      case 'error':
        this.#error(openAiErrorOf(200, event))
        break
      default:
        this.#other(event)
    }
  }

  #other(event: JsonObject): void {
    if (typeof event['type'] !== 'string') {
      if (isObject(event['error'])) this.#error(openAiErrorOf(200, event))
      else this.#broken('An event of the stream has no type.')
    } else if (event['output_index'] === undefined && event['item_id'] === undefined) {
      const { sequence_number: _place, ...value } = event
      this.#events.push({ type: 'native', dialect, value })
    }
  }

  #start(response: JsonObject | undefined): void {
    if (this.#hasStarted || response === undefined) return
    this.#hasStarted = true
    const createdAt = asNumber(response['created_at'])
    this.#events.push({
      type: 'start',
      id: asString(response['id']) ?? '',
      model: asString(response['model']) ?? '',
      ...(createdAt === undefined ? {} : { createdAtMs: Math.floor(createdAt) * 1000 }),
    })
  }

  #itemAdded(key: number | string, value: Json | undefined): Item | undefined {
    const known = this.#items.get(key)
    if (known !== undefined) return known
    const wire = asObject(value)
    const item = wire && itemFromWire(wire)
    if (wire === undefined || item === undefined) {
      this.#broken('An output item has no type.')
      return undefined
    }
    this.#items.set(key, item)
    if (item.type === 'function_call' || item.type === 'custom_tool_call') this.#openTool(item, wire)
    return item
  }

  #openTool(item: Item, wire: JsonObject): void {
    const { call_id: callId, name } = wire
    if (typeof callId !== 'string' || typeof name !== 'string') {
      this.#broken('A tool call has no id or no name.')
      return
    }
    this.#hasTool = true
    const freeform = item.type === 'custom_tool_call' ? { freeform: true as const } : {}
    this.#openPart(item, 'input', 0, { kind: 'tool', callId, name, ...freeform, ...item.own })
  }

  #openPart(item: Item, list: PartList, index: number, kind: BlockKind): Part {
    endParts(item, undefined, this.#events)
    const block = this.#blocks++
    const part = { list, index, block, told: 0, hasLogprobs: false, annotations: 0, isEnded: false }
    item.parts.push(part)
    this.#events.push({ type: 'block-start', block, choice: 0, ...kind })
    return part
  }

  #partAdded(event: JsonObject, list: PartList, index: Json | undefined): void {
    const type = asString(asObject(event['part'])?.['type'])
    const item = this.#items.get(keyOf(event))
    if (item === undefined || findPart(item, list, asNumber(index) ?? 0)) return
    const kind = partKind(item, list, type)
    if (kind !== undefined) this.#open(item, list, asNumber(index) ?? 0, kind)
  }

  #partDone(event: JsonObject, list: PartList, index: Json | undefined): void {
    const item = this.#items.get(keyOf(event))
    const part = item && findPart(item, list, asNumber(index) ?? 0)
    this.#fill(part, event['text'] ?? event['refusal'])
  }

  #open(item: Item, list: PartList, index: number, kind: BlockKind): Part {
    if (kind.kind === 'refusal') this.#hasRefusal = true
    return this.#openPart(item, list, index, kind)
  }

  /** The part that an event names; opened where the stream was joined in the middle. */
  #partOf(event: JsonObject, list: PartList, index: Json | undefined): Part | undefined {
    const key = keyOf(event)
    const known = this.#items.get(key)
    const item = known ?? this.#joined(key, event)
    if (item === undefined) return undefined
    const isJoined = known === undefined
    const number = asNumber(index) ?? 0
    const part = findPart(item, list, number)
    if (part !== undefined) return part
    const kind = partKind(item, list, event['type'] === 'response.refusal.delta' ? 'refusal' : undefined)
    if (kind === undefined) return undefined
    const opened = this.#open(item, list, number, kind)
    if (isJoined) opened.told = Number.NaN
    return opened
  }

  #joined(key: number | string, event: JsonObject): Item | undefined {
    const type = asString(event['type']) ?? ''
    if (type.includes('_call_')) return undefined // without its name a call is of no use
    const id = asString(event['item_id'])
    return this.#itemAdded(key, {
      type: type.includes('reasoning') ? 'reasoning' : 'message',
      ...(id === undefined ? {} : { id }),
    })
  }

  #delta(event: JsonObject, list: PartList, index: Json | undefined): Part | undefined {
    const part = this.#partOf(event, list, index)
    const text = event['delta']
    if (part === undefined || part.isEnded) {
      this.#broken('A delta belongs to no open part.')
      return undefined
    }
    if (typeof text === 'string' && text !== '') {
      part.told += text.length
      this.#events.push({ type: 'block-delta', block: part.block, text })
    }
    return part
  }

  #textDelta(event: JsonObject): void {
    const part = this.#delta(event, 'content', event['content_index'])
    const { logprobs } = event
    if (part === undefined || !Array.isArray(logprobs) || logprobs.length === 0) return
    this.#logprobs(part, logprobs)
  }

  #logprobs(part: Part, wire: Json | undefined): void {
    const values = logprobsFromWire(wire)
    if (values.length === 0) return
    part.hasLogprobs = true
    this.#events.push({ type: 'logprobs', block: part.block, values })
  }

  #annotation(event: JsonObject): void {
    const part = this.#partOf(event, 'content', event['content_index'])
    const wire = asObject(event['annotation'])
    if (part === undefined || wire === undefined) return
    part.annotations++
    this.#events.push({ type: 'annotation', block: part.block, value: citationFromWire(wire) })
  }

  #itemDone(key: number | string, value: Json | undefined): void {
    const item = this.#itemAdded(key, value)
    const wire = asObject(value)
    if (item === undefined || wire === undefined || item.isDone || this.#isOver) return
    item.isDone = true
    switch (item.type) {
      case 'message':
        this.#messageDone(item, wire)
        break
      case 'reasoning':
        this.#reasoningDone(item, wire)
        break
      case 'function_call':
        this.#fill(item.parts[0], wire['arguments'])
        break
      case 'custom_tool_call':
        this.#fill(item.parts[0], wire['input'])
        break
      case 'native':
        if (asksClient(wire)) this.#hasTool = true
        this.#nativeBlock(wire)
        break
    }
    endParts(item, signatureOf(wire, item), this.#events)
  }

  /** Parts are matched by their order: Bedrock's indexes count on from the reasoning before them. */
  #messageDone(item: Item, wire: JsonObject): void {
    let known = 0
    for (const [index, value] of asArray(wire['content']).entries()) {
      const content = asObject(value) ?? {}
      const kind = partKind(item, 'content', asString(content['type']) ?? '')
      if (kind === undefined) {
        endParts(item, undefined, this.#events)
        this.#nativeBlock({ ...wire, content: [content] })
        continue
      }
      const part = item.parts[known++] ?? this.#open(item, 'content', index, kind)
      this.#fill(part, content['text'] ?? content['refusal'])
      if (!part.hasLogprobs) this.#logprobs(part, content['logprobs'])
      for (const annotation of asArray(content['annotations']).slice(part.annotations)) {
        if (!isObject(annotation)) continue
        this.#events.push({ type: 'annotation', block: part.block, value: citationFromWire(annotation) })
      }
    }
  }

  #reasoningDone(item: Item, wire: JsonObject): void {
    for (const list of ['summary', 'content'] as const) {
      const seen = item.parts.filter((part) => part.list === list)
      for (const [index, value] of asArray(wire[list]).entries()) {
        const part = seen[index] ?? this.#openReasoning(item, list, index)
        this.#fill(part, asObject(value)?.['text'])
      }
    }
    if (item.parts.length > 0) return
    this.#openPart(item, 'content', 0, { kind: 'reasoning', redacted: true, ...item.own })
  }

  #openReasoning(item: Item, list: 'summary' | 'content', index: number): Part {
    const summary = list === 'summary' ? { summary: true as const } : {}
    return this.#openPart(item, list, index, { kind: 'reasoning', ...summary, ...item.own })
  }

  /** The text of a part, as far as no delta told it. */
  #fill(part: Part | undefined, text: Json | undefined): void {
    if (part === undefined || part.isEnded || typeof text !== 'string' || !(text.length > part.told)) return
    this.#events.push({ type: 'block-delta', block: part.block, text: text.slice(part.told) })
    part.told = text.length
  }

  #nativeBlock(value: JsonObject): void {
    const block = this.#blocks++
    this.#events.push(
      { type: 'block-start', block, choice: 0, kind: 'native', dialect, value },
      { type: 'block-end', block },
    )
  }

  #completed(): Ending {
    return completedEnding({ hasTool: this.#hasTool, hasRefusal: this.#hasRefusal })
  }

  #terminal(event: JsonObject, endingOf: (response: JsonObject) => Ending): void {
    const response = asObject(event['response'])
    if (response === undefined) {
      this.#broken('The end of the stream has no response.')
      return
    }
    this.#start(response)
    const known = new Set([...this.#items.values()].map((item) => item.id))
    for (const [index, value] of asArray(response['output']).entries()) {
      const id = asString(asObject(value)?.['id'])
      const item = this.#items.get(index)
      const isSame = item !== undefined && !item.isDone && item.id === id
      if (isSame || (item === undefined && (id === undefined || !known.has(id)))) this.#itemDone(index, value)
      if (this.#isOver) return
    }
    for (const item of this.#items.values()) endParts(item, undefined, this.#events)
    this.#conclude(response, endingOf(response))
  }

  #conclude(response: JsonObject, ending: Ending | undefined): void {
    const usage = usageFromWire(response)
    if (usage !== undefined) this.#events.push({ type: 'usage', usage })
    this.#events.push({ type: 'native', dialect, value: { response: extrasOf(response) } })
    if (ending !== undefined) this.#events.push({ type: 'finish', choice: 0, ...ending })
    this.#isOver = true
  }

  #fail(response: JsonObject): void {
    this.#start(response)
    const usage = usageFromWire(response)
    if (usage !== undefined) this.#events.push({ type: 'usage', usage })
    this.#error(openAiErrorOf(200, response['error'] ?? null))
  }

  #error(error: GatewayError): void {
    this.#events.push({ type: 'fail', error })
    this.#isOver = true
  }

  #broken(problem: string): void {
    if (!this.#isOver) this.#error(new GatewayError('upstream_protocol', problem))
  }
}

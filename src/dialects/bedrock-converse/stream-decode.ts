/** Reads the events of a ConverseStream, and whole content blocks by the same rules. */

import { GatewayError } from '../../core/error.ts'
import type { BlockKind, GenEvent, Signature } from '../../core/event.ts'
import { parseBounded } from '../../core/bounded-json.ts'
import {
  asArray,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
  unknownFields,
} from '../../core/json.ts'
import { openSignature } from '../../core/signature.ts'
import type { Frame } from '../../framing/frame.ts'
import type { Machine, Patch } from '../dialect.ts'
import { citationFromWire } from './citation.ts'
import { errorFromWire } from './error.ts'
import { mediaKindOf, sourceFromWire } from './media.ts'
import { reasonFromWire } from './stop-reason.ts'
import { usageFromWire } from './usage.ts'

const dialect = 'bedrock-converse'

interface OpenBlock {
  readonly number: number
  readonly kind: 'text' | 'reasoning' | 'tool'
  hasText: boolean
  signature?: Signature
}

const none: readonly GenEvent[] = []
const toolMembers: ReadonlySet<string> = new Set(['toolUseId', 'name', 'input'])
const serverTool = 'server_tool_use'
// `p` is padding against the reading of token lengths from packet sizes.
const stopMembers: ReadonlySet<string> = new Set(['stopReason', 'p'])
const metadataMembers: ReadonlySet<string> = new Set(['usage', 'p'])

/**
 * `finish` comes with `messageStop`; the usage follows it in `metadata`. Blocks of text and reasoning open with
 * their first delta, for Bedrock announces tools alone. Blocks of all other kinds are gathered and told whole.
 */
export class ConverseDecoder implements Machine<Frame, GenEvent> {
  readonly #patch: Patch | undefined
  readonly #open = new Map<number, OpenBlock>()
  /** The blocks that are gathered, each as the member of a content block that it will be. */
  readonly #held = new Map<number, Record<string, JsonObject>>()
  #blocks = 0
  #isStarted = false
  #isOver = false

  constructor(patch?: Patch) {
    this.#patch = patch
  }

  push({ event = '', data }: Frame): readonly GenEvent[] {
    if (this.#isOver) return none
    const value = parseBounded(data)
    if (!isObject(value)) return this.#broken('An event of the stream is not a JSON object.')
    return this.#take(event, this.#patch === undefined ? value : this.#patch(value))
  }

  end(): readonly GenEvent[] {
    return none
  }

  #take(event: string, payload: JsonObject): readonly GenEvent[] {
    switch (event) {
      case 'contentBlockDelta':
        return this.#delta(indexOf(payload), asObject(payload['delta']))
      case 'contentBlockStart':
        return this.#blockStart(indexOf(payload), asObject(payload['start']))
      case 'contentBlockStop':
        return this.#blockEnd(indexOf(payload))
      case 'messageStart':
        return this.start()
      case 'messageStop':
        return this.stop(payload['stopReason'], unknownFields(payload, stopMembers))
      case 'metadata':
        return this.metadata(payload)
      default:
        if (!/(?:Exception|Error)$/.test(event) && payload['__type'] === undefined) {
          return [{ type: 'native', dialect, value: { event, payload } }]
        }
        this.#isOver = true
        return [{ type: 'fail', error: errorFromWire(200, event, payload) }]
    }
  }

  /** The answer begins. Bedrock tells neither an id nor the model: both were in the request's path. */
  start(): readonly GenEvent[] {
    if (this.#isStarted) return none
    this.#isStarted = true
    return [{ type: 'start', id: '', model: '' }]
  }

  /** Ends every block and the answer; `extras` is what the end tells beside the reason. */
  stop(stopReason: Json | undefined, extras: JsonObject | undefined): readonly GenEvent[] {
    const out: GenEvent[] = []
    const indexes = [...this.#open.keys(), ...this.#held.keys()]
    for (const index of indexes.toSorted((a, b) => a - b)) out.push(...this.#blockEnd(index))
    if (extras !== undefined) out.push({ type: 'native', dialect, value: extras })
    if (typeof stopReason === 'string') {
      out.push({ type: 'finish', choice: 0, reason: reasonFromWire(stopReason), native: stopReason })
    }
    return out
  }

  /** The usage, and what stands beside it: metrics, the trace of a guardrail, tiers. */
  metadata(payload: JsonObject): readonly GenEvent[] {
    const out: GenEvent[] = []
    const wire = asObject(payload['usage'])
    const usage = wire === undefined ? undefined : usageFromWire(wire, payload['serviceTier'])
    if (usage !== undefined) out.push({ type: 'usage', usage })
    const extras = unknownFields(payload, metadataMembers)
    if (extras !== undefined) out.push({ type: 'native', dialect, value: extras })
    return out
  }

  /** One block of a message, whole. */
  whole(content: JsonObject): readonly GenEvent[] {
    const text = asString(content['text'])
    if (text !== undefined) return this.#wholeBlock({ kind: 'text' }, text)
    const tool = asObject(content['toolUse'])
    if (tool !== undefined && tool['type'] !== serverTool) {
      const kind = toolKind(tool)
      if (kind === undefined) return this.#broken('A tool call has no id or no name.')
      return this.#wholeBlock(kind, JSON.stringify(tool['input'] ?? {}))
    }
    const reasoning = asObject(content['reasoningContent'])
    const redacted = asString(reasoning?.['redactedContent'])
    const shown = asObject(reasoning?.['reasoningText'])
    if (redacted !== undefined) {
      return this.#wholeBlock({ kind: 'reasoning', redacted: true }, '', redacted)
    }
    if (shown !== undefined) {
      return this.#wholeBlock({ kind: 'reasoning' }, asString(shown['text']) ?? '', shown['signature'])
    }
    const cited = asObject(content['citationsContent'])
    if (cited !== undefined) return this.#citedBlock(cited)
    return this.#wholeBlock(mediaKind(content) ?? { kind: 'native', dialect, value: content }, '')
  }

  #wholeBlock(kind: BlockKind, text: string, sealed?: Json): readonly GenEvent[] {
    const block = this.#blocks++
    const signature = signatureOf(sealed)
    return [
      ...this.start(),
      { type: 'block-start', block, choice: 0, ...kind },
      ...(text === '' ? [] : [{ type: 'block-delta', block, text } as const]),
      { type: 'block-end', block, ...(signature === undefined ? {} : { signature }) },
    ]
  }

  #citedBlock(cited: JsonObject): readonly GenEvent[] {
    const text = asArray(cited['content']).map((piece) => asString(asObject(piece)?.['text']) ?? '')
    const block = this.#blocks
    const events = this.#wholeBlock({ kind: 'text' }, text.join(''))
    const citations = asArray(cited['citations']).flatMap((value) => annotation(block, value))
    return events.toSpliced(-1, 0, ...citations)
  }

  #blockStart(index: number, start: JsonObject | undefined): readonly GenEvent[] {
    if (start === undefined) return this.#broken('The start of a block is not an object.')
    if (this.#open.has(index) || this.#held.has(index)) return none // a repeated frame
    const tool = asObject(start['toolUse'])
    if (tool !== undefined && tool['type'] !== serverTool) {
      const kind = toolKind(tool)
      if (kind === undefined) return this.#broken('A tool call has no id or no name.')
      return this.#begin(index, kind).events
    }
    const held = Object.entries(start).filter((member): member is [string, JsonObject] => isObject(member[1]))
    if (held.length > 0) this.#held.set(index, Object.fromEntries(held))
    return none
  }

  #begin(index: number, kind: BlockKind & { readonly kind: OpenBlock['kind'] }) {
    const block: OpenBlock = { number: this.#blocks++, kind: kind.kind, hasText: false }
    this.#open.set(index, block)
    const start: GenEvent = { type: 'block-start', block: block.number, choice: 0, ...kind }
    return { block, events: [...this.start(), start] }
  }

  #delta(index: number, delta: JsonObject | undefined): readonly GenEvent[] {
    if (delta === undefined) return this.#broken('A delta is not an object.')
    const open = this.#open.get(index)
    if (open !== undefined) return deltaEvents(open, delta)
    const held = this.#held.get(index)
    const kind = held === undefined ? kindOfDelta(delta) : undefined
    if (kind !== undefined) {
      const { block, events } = this.#begin(index, kind)
      return [...events, ...deltaEvents(block, delta)]
    }
    if (delta['toolUse'] !== undefined && held === undefined) {
      return this.#broken('A delta belongs to no open tool call.')
    }
    this.#held.set(index, grown(held ?? {}, delta))
    return none
  }

  #blockEnd(index: number): readonly GenEvent[] {
    const held = this.#held.get(index)
    if (held !== undefined) {
      this.#held.delete(index)
      return this.whole(withParsedInput(held))
    }
    const block = this.#open.get(index)
    if (block === undefined) return none // a repeated frame, or a block that showed nothing
    this.#open.delete(index)
    const { number, signature } = block
    const out: GenEvent[] = []
    // A call without arguments has no text, or an empty one: whole answers show an empty object.
    if (block.kind === 'tool' && !block.hasText) out.push({ type: 'block-delta', block: number, text: '{}' })
    out.push({ type: 'block-end', block: number, ...(signature === undefined ? {} : { signature }) })
    return out
  }

  #broken(problem: string): readonly GenEvent[] {
    this.#isOver = true
    return [{ type: 'fail', error: new GatewayError('upstream_protocol', problem) }]
  }
}

function toolKind(tool: JsonObject): (BlockKind & { readonly kind: 'tool' }) | undefined {
  const { toolUseId, name } = tool
  if (typeof toolUseId !== 'string' || typeof name !== 'string') return undefined
  const fields = unknownFields(tool, toolMembers)
  return {
    kind: 'tool',
    callId: toolUseId,
    name,
    ...(fields === undefined ? {} : { native: { dialect, fields } }),
  }
}

/** The kind of block that a delta opens; undefined for blocks that are told whole, and for tools. */
function kindOfDelta(delta: JsonObject): (BlockKind & { readonly kind: 'text' | 'reasoning' }) | undefined {
  if (typeof delta['text'] === 'string' || isObject(delta['citation'])) return { kind: 'text' }
  const reasoning = asObject(delta['reasoningContent'])
  if (reasoning === undefined) return undefined
  const isRedacted = typeof reasoning['redactedContent'] === 'string'
  return isRedacted ? { kind: 'reasoning', redacted: true } : { kind: 'reasoning' }
}

/** What one delta says of an open block. */
function deltaEvents(block: OpenBlock, delta: JsonObject): readonly GenEvent[] {
  switch (block.kind) {
    case 'text':
      return [...textDelta(block, delta['text']), ...annotation(block.number, delta['citation'])]
    case 'tool':
      return textDelta(block, asObject(delta['toolUse'])?.['input'])
    case 'reasoning': {
      const reasoning = asObject(delta['reasoningContent'])
      const signature = signatureOf(reasoning?.['signature'] ?? reasoning?.['redactedContent'])
      if (signature !== undefined) block.signature = signature
      return textDelta(block, reasoning?.['text'])
    }
  }
}

function textDelta(block: OpenBlock, text: Json | undefined): readonly GenEvent[] {
  if (typeof text !== 'string' || text === '') return none
  block.hasText = true
  return [{ type: 'block-delta', block: block.number, text }]
}

function annotation(block: number, value: Json | undefined): readonly GenEvent[] {
  return isObject(value) ? [{ type: 'annotation', block, value: citationFromWire(value) }] : none
}

function signatureOf(value: Json | undefined): Signature | undefined {
  return typeof value === 'string' && value !== '' ? openSignature(value, dialect) : undefined
}

function mediaKind(content: JsonObject): BlockKind | undefined {
  const [member = '', ...others] = Object.keys(content)
  const media = others.length === 0 ? mediaKindOf(member) : undefined
  const source = media && sourceFromWire(media, asObject(content[member]) ?? {})
  return media && source && { kind: 'media', media, source }
}

/** A gathered block after a delta: lists are pieces of its content, a tool's input is text that grows. */
function grown(held: Readonly<Record<string, JsonObject>>, delta: JsonObject): Record<string, JsonObject> {
  const next: Record<string, JsonObject> = { ...held }
  for (const [member, value] of Object.entries(delta)) {
    const earlier = next[member] ?? {}
    if (Array.isArray(value)) {
      next[member] = { ...earlier, content: [...asArray(earlier['content']), ...(value as readonly Json[])] }
    } else if (isObject(value)) {
      const input = asString(value['input'])
      const text = input === undefined ? {} : { input: `${asString(earlier['input']) ?? ''}${input}` }
      next[member] = { ...earlier, ...value, ...text }
    }
  }
  return next
}

/** A whole block has the input of its tool as a value. */
function withParsedInput(held: Readonly<Record<string, JsonObject>>): JsonObject {
  const tool = held['toolUse']
  const input = asString(tool?.['input'])
  if (input === undefined) return held
  return { ...held, toolUse: { ...tool, input: parseBounded(input) ?? input } }
}

function indexOf(payload: JsonObject): number {
  const index = payload['contentBlockIndex']
  return typeof index === 'number' ? index : 0
}

/** Reads Anthropic's stream events, and whole messages by the same rules. */

import { GatewayError } from '../../core/error.ts'
import type { BlockKind, GenEvent, Signature } from '../../core/event.ts'
import { openSignature } from '../../core/signature.ts'
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
import type { Frame } from '../../framing/frame.ts'
import type { Machine, Patch } from '../dialect.ts'
import { citationFromWire } from './citation.ts'
import { errorFromWire } from './error.ts'
import { reasonFromWire } from './stop-reason.ts'
import { mergeUsage, usageFromWire } from './usage.ts'

interface OpenBlock {
  readonly number: number
  signature?: Signature
  /** The `input` of the start, which stands where no delta brings any text. */
  input?: JsonObject
  /** A native block is told when its first input delta or its end comes: other deltas still change it. */
  held?: JsonObject
}

const none: readonly GenEvent[] = []
const toolMembers: ReadonlySet<string> = new Set(['type', 'id', 'name', 'input'])
const messageMembers: ReadonlySet<string> = new Set(
  'id type role model content usage stop_reason stop_sequence'.split(' '),
)
const deltaMembers: ReadonlySet<string> = new Set(['stop_reason', 'stop_sequence'])
const messageDeltaMembers: ReadonlySet<string> = new Set(['type', 'delta', 'usage'])

/**
 * `finish` comes with `message_stop` alone, and only if a `stop_reason` was told. What the message has beyond
 * the canonical model (`container`, `stop_details`, ...) is one native event before it.
 */
export class MessageDecoder implements Machine<Frame, GenEvent> {
  readonly #patch: Patch | undefined
  readonly #open = new Map<number, OpenBlock>()
  #blocks = 0
  #messageId: string | undefined
  #usage: JsonObject | undefined
  #extras: Record<string, Json> = {}
  #stopReason: string | undefined
  #stopSequence: string | undefined
  #isOver = false

  constructor(patch?: Patch) {
    this.#patch = patch
  }

  push(frame: Frame): readonly GenEvent[] {
    if (this.#isOver || frame.event === 'ping') return none
    const value = parseBounded(frame.data)
    if (!isObject(value)) return this.#broken('An event of the stream is not a JSON object.')
    return this.take(this.#patch === undefined ? value : this.#patch(value))
  }

  /** One stream event, already parsed and patched. */
  take(event: JsonObject): readonly GenEvent[] {
    if (this.#isOver) return none
    switch (event['type']) {
      case 'content_block_delta':
        return this.#delta(event)
      case 'content_block_start':
        return this.#blockStart(asIndex(event), asObject(event['content_block']))
      case 'content_block_stop':
        return this.#blockEnd(asIndex(event))
      case 'message_start':
        return this.#messageStart(asObject(event['message']))
      case 'message_delta':
        return this.#messageDelta(event)
      case 'message_stop':
        return this.#messageStop()
      case 'ping':
        return none
      case 'error':
        this.#isOver = true
        return [{ type: 'fail', error: errorFromWire(200, event) }]
      default:
        if (typeof event['type'] !== 'string') return this.#broken('An event of the stream has no type.')
        return [{ type: 'native', dialect: 'anthropic-messages', value: event }]
    }
  }

  end(): readonly GenEvent[] {
    return none
  }

  #messageStart(message: JsonObject | undefined): readonly GenEvent[] {
    if (message === undefined) return this.#broken('The start of the stream has no message.')
    const id = asString(message['id']) ?? ''
    if (this.#messageId !== undefined) {
      return id === this.#messageId ? none : this.#broken('A second message starts in the stream.')
    }
    this.#messageId = id
    const out: GenEvent[] = [{ type: 'start', id, model: asString(message['model']) ?? '' }]
    this.#takeUsage(message['usage'], out)
    this.#takeExtras(unknownFields(message, messageMembers))
    this.#takeStop(message)
    // A message that continues a server tool's call starts with its blocks whole.
    for (const [index, block] of asArray(message['content']).entries()) {
      out.push(...this.#blockStart(index, asObject(block)), ...this.#blockEnd(index))
    }
    return out
  }

  #messageDelta(event: JsonObject): readonly GenEvent[] {
    const out: GenEvent[] = []
    this.#takeUsage(event['usage'], out)
    const delta = asObject(event['delta']) ?? {}
    this.#takeExtras(unknownFields(delta, deltaMembers))
    this.#takeExtras(unknownFields(event, messageDeltaMembers))
    this.#takeStop(delta)
    return out
  }

  #messageStop(): readonly GenEvent[] {
    if (this.#messageId === undefined) return this.#broken('The stream stops before its message starts.')
    // Passed on, the stop would be an end to the client, and the failure behind it unheard.
    if (this.#stopReason === undefined) {
      this.#isOver = true
      return [
        { type: 'fail', error: new GatewayError('upstream_truncated', 'The message has no stop reason.') },
      ]
    }
    const out: GenEvent[] = []
    for (const index of this.#open.keys()) out.push(...this.#blockEnd(index))
    if (Object.keys(this.#extras).length > 0) {
      out.push({ type: 'native', dialect: 'anthropic-messages', value: this.#extras })
    }
    out.push({
      type: 'finish',
      choice: 0,
      reason: reasonFromWire(this.#stopReason),
      native: this.#stopReason,
      ...(this.#stopSequence === undefined ? {} : { stopSequence: this.#stopSequence }),
    })
    this.#isOver = true
    return out
  }

  #takeStop(holder: JsonObject): void {
    this.#stopReason = asString(holder['stop_reason']) ?? this.#stopReason
    this.#stopSequence = asString(holder['stop_sequence']) ?? this.#stopSequence
  }

  #takeExtras(members: JsonObject | undefined): void {
    for (const [name, value] of Object.entries(members ?? {})) {
      if (value !== undefined && value !== null) this.#extras[name] = value
    }
  }

  #takeUsage(value: Json | undefined, out: GenEvent[]): void {
    const wire = asObject(value)
    if (wire === undefined) return
    this.#usage = mergeUsage(this.#usage, wire)
    const usage = usageFromWire(this.#usage)
    if (usage !== undefined) out.push({ type: 'usage', usage })
  }

  #blockStart(index: number, content: JsonObject | undefined): readonly GenEvent[] {
    if (content === undefined) return this.#broken('A content block is not an object.')
    if (this.#open.has(index)) return none // a repeated frame
    const block: OpenBlock = { number: this.#blocks++ }
    this.#open.set(index, block)
    switch (content['type']) {
      case 'text': {
        const out = [start(block, { kind: 'text' }), ...textDelta(block, content['text'])]
        for (const citation of asArray(content['citations'])) out.push(...annotation(block, citation))
        return out
      }
      case 'thinking':
        takeSignature(block, content['signature'])
        return [start(block, { kind: 'reasoning' }), ...textDelta(block, content['thinking'])]
      case 'redacted_thinking':
        takeSignature(block, content['data'])
        return [start(block, { kind: 'reasoning', redacted: true })]
      case 'tool_use': {
        const { id, name } = content
        if (typeof id !== 'string' || typeof name !== 'string') {
          return this.#broken('A tool call has no id or no name.')
        }
        block.input = asObject(content['input']) ?? {}
        const fields = unknownFields(content, toolMembers)
        const native =
          fields === undefined ? {} : { native: { dialect: 'anthropic-messages' as const, fields } }
        return [start(block, { kind: 'tool', callId: id, name, ...native })]
      }
      default: {
        if (typeof content['type'] !== 'string') return this.#broken('A content block has no type.')
        const { input, ...rest } = content
        if (isObject(input)) block.input = input
        block.held = isObject(input) ? rest : content
        return none
      }
    }
  }

  #delta(event: JsonObject): readonly GenEvent[] {
    const block = this.#open.get(asIndex(event))
    const delta = asObject(event['delta'])
    if (block === undefined || delta === undefined) return this.#broken('A delta belongs to no open block.')
    switch (delta['type']) {
      case 'input_json_delta': {
        const events = textDelta(block, delta['partial_json'])
        if (events.length === 0) return none
        delete block.input
        return block.held === undefined ? events : [...tellHeld(block), ...events]
      }
      case 'signature_delta':
        takeSignature(block, delta['signature'])
        return none
      case 'citations_delta':
        return annotation(block, delta['citation'])
      default:
        if (block.held !== undefined) {
          block.held = withDelta(block.held, delta)
          return none
        }
        if (delta['type'] === 'text_delta') return textDelta(block, delta['text'])
        if (delta['type'] === 'thinking_delta') return textDelta(block, delta['thinking'])
        return [{ type: 'native', dialect: 'anthropic-messages', value: event }]
    }
  }

  #blockEnd(index: number): readonly GenEvent[] {
    const block = this.#open.get(index)
    if (block === undefined) return none // a repeated frame
    this.#open.delete(index)
    const out: GenEvent[] = tellHeld(block)
    if (block.input !== undefined) out.push(...textDelta(block, JSON.stringify(block.input)))
    out.push({
      type: 'block-end',
      block: block.number,
      ...(block.signature === undefined ? {} : { signature: block.signature }),
    })
    return out
  }

  #broken(problem: string): readonly GenEvent[] {
    this.#isOver = true
    return [{ type: 'fail', error: new GatewayError('upstream_protocol', problem) }]
  }
}

function start(block: OpenBlock, kind: BlockKind): GenEvent {
  return { type: 'block-start', block: block.number, choice: 0, ...kind }
}

function textDelta(block: OpenBlock, text: Json | undefined): readonly GenEvent[] {
  if (typeof text !== 'string' || text === '') return none
  return [{ type: 'block-delta', block: block.number, text }]
}

function annotation(block: OpenBlock, value: Json | undefined): readonly GenEvent[] {
  if (!isObject(value)) return none
  return [{ type: 'annotation', block: block.number, value: citationFromWire(value) }]
}

function takeSignature(block: OpenBlock, value: Json | undefined): void {
  if (typeof value === 'string' && value !== '') block.signature = openSignature(value, 'anthropic-messages')
}

/** The start of a native block that was held back, once. */
function tellHeld(block: OpenBlock): GenEvent[] {
  if (block.held === undefined) return []
  const value = block.held
  delete block.held
  return [start(block, { kind: 'native', dialect: 'anthropic-messages', value })]
}

/** A native block after a delta of a type that has no canonical form: texts grow, all else is replaced. */
function withDelta(block: JsonObject, delta: JsonObject): JsonObject {
  const grown: Record<string, Json | undefined> = { ...block }
  for (const [name, value] of Object.entries(delta)) {
    if (name === 'type') continue
    const earlier = grown[name]
    grown[name] = typeof earlier === 'string' && typeof value === 'string' ? earlier + value : value
  }
  return grown
}

function asIndex(event: JsonObject): number {
  const index = event['index']
  return typeof index === 'number' ? index : 0
}

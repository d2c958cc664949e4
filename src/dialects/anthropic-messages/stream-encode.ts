/** Writes Anthropic's stream events. */

import type { BlockStart, Citation, GenEvent, Signature } from '../../core/event.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import { sealCallId, sealSignature } from '../../core/signature.ts'
import type { Usage } from '../../core/usage.ts'
import type { Frame } from '../../framing/frame.ts'
import type { EncodeContext, Machine } from '../dialect.ts'
import { Sequencer } from '../sequencer.ts'
import { citationToWire } from './citation.ts'
import { encodeError } from './error.ts'
import { ownFields } from './response.ts'
import { reasonToWire } from './stop-reason.ts'
import { usageToWire } from './usage.ts'

interface OpenBlock {
  readonly start: BlockStart
  /** Undefined until `content_block_start` is sent. */
  index: number | undefined
  /** Deltas that came before `content_block_start` could be sent. */
  held: string
}

// Not part of a delta in Anthropic's protocol, unlike all other members that a message may have.
const besideDelta = 'context_management'

/**
 * Three events wait for what follows them. `message_start` waits for the first block, because it reports the
 * input tokens, which some dialects tell right after their start. The start of a tool call waits for the event
 * after its first delta, because its id may have to carry the signature that comes with its end. The last two
 * events wait for the usage that Chat Completions sends after the finish, at the longest until the input ends.
 *
 * Media blocks, native blocks of other dialects, the signatures of text blocks, logprobs and choices but the
 * first have no place here and are left out.
 */
export class MessageEncoder implements Machine<GenEvent, Frame> {
  readonly #context: EncodeContext
  readonly #sequencer = new Sequencer()
  #id = ''
  #model = ''
  #usage: Usage | undefined
  #extras: JsonObject = {}
  #isStarted = false
  #isRefusal = false
  #isOver = false
  #open: OpenBlock | undefined
  #blocks = 0
  #finish: (GenEvent & { type: 'finish' }) | undefined

  constructor(context: EncodeContext) {
    this.#context = context
  }

  push(event: GenEvent): readonly Frame[] {
    const out: Frame[] = []
    for (const next of this.#sequencer.push(event)) this.#take(next, out)
    return out
  }

  end(): readonly Frame[] {
    const out: Frame[] = []
    this.#conclude(out)
    return out
  }

  #take(event: GenEvent, out: Frame[]): void {
    if (this.#isOver) return
    switch (event.type) {
      case 'block-delta':
        if (event.block === this.#open?.start.block) this.#delta(this.#open, event.text, out)
        break
      case 'start':
        this.#id = event.id
        this.#model = event.model
        break
      case 'usage':
        this.#usage = event.usage
        this.#conclude(out)
        break
      case 'block-start':
        if (event.choice === 0 && isCarried(event)) this.#blockStart(event, out)
        break
      case 'annotation':
        if (event.block === this.#open?.start.block) this.#annotation(this.#open, event.value, out)
        break
      case 'block-end':
        if (event.block === this.#open?.start.block) this.#blockEnd(this.#open, event.signature, out)
        break
      case 'finish':
        if (event.choice !== 0 || this.#finish !== undefined) break
        this.#startMessage(out)
        this.#stopBlock(out)
        this.#finish = event
        break
      case 'fail':
        this.#isOver = true
        out.push(frame(encodeError(event.error)))
        break
      case 'native':
        if (event.dialect === 'anthropic-messages') this.#native(event.value, out)
        break
      case 'logprobs':
        break
    }
  }

  #startMessage(out: Frame[]): void {
    if (this.#isStarted) return
    this.#isStarted = true
    const message = {
      id: this.#id || this.#context.id,
      type: 'message',
      role: 'assistant',
      model: this.#model || this.#context.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: usageToWire(this.#usage),
    }
    out.push(frame({ type: 'message_start', message }))
  }

  /** A whole event that the decoder did not know, or members of the message to be told at its end. */
  #native(value: Json, out: Frame[]): void {
    if (!isObject(value)) return
    if (typeof value['type'] !== 'string') {
      this.#extras = { ...this.#extras, ...value }
      return
    }
    this.#startMessage(out)
    out.push(frame(value))
  }

  #blockStart(start: BlockStart, out: Frame[]): void {
    this.#startMessage(out)
    this.#stopBlock(out)
    this.#open = { start, index: undefined, held: '' }
    if (start.kind === 'text' || start.kind === 'refusal') {
      this.#isRefusal ||= start.kind === 'refusal'
      this.#show(this.#open, { type: 'text', text: '' }, out)
    } else if (start.kind === 'reasoning' && !start.redacted) {
      this.#show(this.#open, { type: 'thinking', thinking: '', signature: '' }, out)
    }
  }

  #delta(open: OpenBlock, text: string, out: Frame[]): void {
    if (open.index !== undefined) {
      this.#send(open, deltaOf(open.start, text), out)
    } else if (open.held === '') {
      open.held = text
    } else {
      this.#showHeld(open, undefined, out)
      if (open.index !== undefined) this.#send(open, deltaOf(open.start, text), out)
    }
  }

  #annotation(open: OpenBlock, value: Citation, out: Frame[]): void {
    const citation = open.start.kind === 'text' ? citationToWire(value) : undefined
    if (citation !== undefined) this.#send(open, { type: 'citations_delta', citation }, out)
  }

  #blockEnd(open: OpenBlock, signature: Signature | undefined, out: Frame[]): void {
    if (open.index === undefined) this.#showHeld(open, signature, out)
    else if (open.start.kind === 'reasoning' && signature !== undefined) {
      const sealed = sealSignature(signature, 'anthropic-messages')
      this.#send(open, { type: 'signature_delta', signature: sealed }, out)
    }
    // A text block stays open until something follows it: citations may come after its end.
    if (open.start.kind !== 'text') this.#stopBlock(out)
  }

  /** Sends the start of a block that waited, and the delta that it held. */
  #showHeld(open: OpenBlock, signature: Signature | undefined, out: Frame[]): void {
    const content = contentOf(open.start, open.held, signature)
    if (content === undefined) return
    this.#show(open, content, out)
    if (open.start.kind === 'tool' && open.start.freeform) this.#send(open, json('{"input":"'), out)
    if (open.held !== '') this.#send(open, deltaOf(open.start, open.held), out)
    open.held = ''
  }

  #show(open: OpenBlock, content_block: JsonObject, out: Frame[]): void {
    open.index = this.#blocks++
    out.push(frame({ type: 'content_block_start', index: open.index, content_block }))
  }

  #send(open: OpenBlock, delta: JsonObject, out: Frame[]): void {
    out.push(frame({ type: 'content_block_delta', index: open.index, delta }))
  }

  #stopBlock(out: Frame[]): void {
    const open = this.#open
    this.#open = undefined
    if (open?.index === undefined) return
    if (open.start.kind === 'tool' && open.start.freeform) this.#send(open, json('"}'), out)
    out.push(frame({ type: 'content_block_stop', index: open.index }))
  }

  /** Sends the end of the message, once there is a finish. */
  #conclude(out: Frame[]): void {
    if (this.#finish === undefined || this.#isOver) return
    this.#isOver = true
    const { reason, native, stopSequence } = this.#finish
    const { [besideDelta]: beside, ...extras } = this.#extras
    const delta = {
      stop_reason: this.#isRefusal ? 'refusal' : reasonToWire(reason, native, stopSequence),
      stop_sequence: stopSequence ?? null,
      ...extras,
    }
    const usage = usageToWire(this.#usage)
    out.push(
      frame({
        type: 'message_delta',
        delta,
        usage,
        ...(beside === undefined ? {} : { [besideDelta]: beside }),
      }),
      frame({ type: 'message_stop' }),
    )
  }
}

function isCarried(start: BlockStart): boolean {
  return start.kind !== 'media' && (start.kind !== 'native' || start.dialect === 'anthropic-messages')
}

/** The content block of a start that waited for its first delta or its end. */
function contentOf(
  start: BlockStart,
  text: string,
  signature: Signature | undefined,
): JsonObject | undefined {
  switch (start.kind) {
    case 'tool':
      return {
        type: 'tool_use',
        id: sealCallId(start.callId, signature),
        name: start.name,
        input: {},
        ...ownFields(start.native),
      }
    case 'reasoning':
      if (signature === undefined) return undefined
      return { type: 'redacted_thinking', data: sealSignature(signature, 'anthropic-messages') }
    case 'native':
      if (!isObject(start.value)) return undefined
      return text === '' ? start.value : { ...start.value, input: {} }
    case 'text':
    case 'refusal':
    case 'media':
      return undefined
  }
}

function deltaOf(start: BlockStart, text: string): JsonObject {
  switch (start.kind) {
    case 'text':
    case 'refusal':
    case 'media':
      return { type: 'text_delta', text }
    case 'reasoning':
      return { type: 'thinking_delta', thinking: text }
    case 'tool':
      return json(start.freeform ? JSON.stringify(text).slice(1, -1) : text)
    case 'native':
      return json(text)
  }
}

function json(partial_json: string): JsonObject {
  return { type: 'input_json_delta', partial_json }
}

function frame(value: JsonObject): Frame {
  return { event: value['type'] as string, data: JSON.stringify(value) }
}

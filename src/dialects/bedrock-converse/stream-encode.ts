/** Writes the events of a ConverseStream. */

import type { BlockStart, GenEvent, Signature } from '../../core/event.ts'
import { asObject, isObject, type Json, type JsonObject } from '../../core/json.ts'
import { sealSignature } from '../../core/signature.ts'
import type { Usage } from '../../core/usage.ts'
import type { Frame } from '../../framing/frame.ts'
import type { Machine } from '../dialect.ts'
import { Sequencer } from '../sequencer.ts'
import { citationToWire } from './citation.ts'
import { encodeError, exceptionOf } from './error.ts'
import { encodeBlock } from './response.ts'
import { reasonToWire } from './stop-reason.ts'
import { usageToWire } from './usage.ts'

const dialect = 'bedrock-converse'

interface OpenBlock {
  readonly start: BlockStart
  /** Undefined until a frame has named the block. */
  index: number | undefined
}

/**
 * The `metadata` event waits for the end of the input, because some dialects tell their usage after the finish.
 * Native blocks of other dialects, logprobs, choices but the first and the signatures of text and tool calls
 * have no place here and are left out.
 */
export class ConverseEncoder implements Machine<GenEvent, Frame> {
  readonly #sequencer = new Sequencer()
  #usage: Usage | undefined
  #extras: JsonObject = {}
  #isStarted = false
  #isFinished = false
  #hasFailed = false
  #open: OpenBlock | undefined
  #blocks = 0

  push(event: GenEvent): readonly Frame[] {
    const out: Frame[] = []
    for (const next of this.#sequencer.push(event)) this.#take(next, out)
    return out
  }

  end(): readonly Frame[] {
    if (!this.#isFinished || this.#hasFailed) return []
    const usage = this.#usage === undefined ? {} : { usage: usageToWire(this.#usage) }
    const metadata = { ...usage, ...this.#extras }
    return Object.keys(metadata).length === 0 ? [] : [frame('metadata', metadata)]
  }

  #take(event: GenEvent, out: Frame[]): void {
    if (this.#hasFailed) return
    switch (event.type) {
      case 'start':
        this.#startMessage(out)
        break
      case 'block-start':
        if (event.choice === 0) this.#blockStart(event, out)
        break
      case 'block-delta':
        if (event.block === this.#open?.start.block) this.#text(this.#open, event.text, out)
        break
      case 'annotation':
        if (event.block === this.#open?.start.block && this.#open.start.kind === 'text') {
          const citation = citationToWire(event.value)
          if (citation !== undefined) this.#delta(this.#open, { citation }, out)
        }
        break
      case 'block-end':
        if (event.block === this.#open?.start.block) this.#blockEnd(this.#open, event.signature, out)
        break
      case 'usage':
        this.#usage = event.usage
        break
      case 'finish':
        if (event.choice !== 0 || this.#isFinished) break
        this.#startMessage(out)
        this.#stopBlock(out)
        this.#isFinished = true
        out.push(this.#messageStop(reasonToWire(event.reason, event.native, event.stopSequence)))
        break
      case 'fail':
        this.#hasFailed = true
        out.push(frame(exceptionOf(event.error), encodeError(event.error)))
        break
      case 'native':
        if (event.dialect === dialect && isObject(event.value)) this.#native(event.value, out)
        break
      case 'logprobs':
        break
    }
  }

  #startMessage(out: Frame[]): void {
    if (this.#isStarted) return
    this.#isStarted = true
    out.push(frame('messageStart', { role: 'assistant' }))
  }

  /** A whole event that the decoder did not know, or members to be told at the end. */
  #native(value: JsonObject, out: Frame[]): void {
    if (typeof value['event'] === 'string') out.push(frame(value['event'], asObject(value['payload']) ?? {}))
    else this.#extras = { ...this.#extras, ...value }
  }

  #messageStop(stopReason: string): Frame {
    const { additionalModelResponseFields, ...later } = this.#extras
    this.#extras = later
    return frame('messageStop', {
      stopReason,
      ...(additionalModelResponseFields === undefined ? {} : { additionalModelResponseFields }),
    })
  }

  #blockStart(start: BlockStart, out: Frame[]): void {
    this.#startMessage(out)
    this.#stopBlock(out)
    if (start.kind === 'media' || start.kind === 'native') {
      const content = encodeBlock({ ...start, text: '' })
      if (content !== undefined) this.#wholeBlock(content, out)
      return
    }
    this.#open = { start, index: undefined }
    if (start.kind !== 'tool') return
    const own = start.native?.dialect === dialect ? start.native.fields : {}
    const toolUse = { toolUseId: start.callId, name: start.name, ...own }
    this.#open.index = this.#blocks++
    out.push(frame('contentBlockStart', { start: { toolUse }, contentBlockIndex: this.#open.index }))
    if (start.freeform) this.#delta(this.#open, { toolUse: { input: '{"input":"' } }, out)
  }

  /** A block that is known whole when it opens: its start has all but what only deltas may carry. */
  #wholeBlock(content: JsonObject, out: Frame[]): void {
    const contentBlockIndex = this.#blocks++
    const start: Record<string, Json> = {}
    const delta: Record<string, Json> = {}
    for (const [member, value] of Object.entries(content)) {
      if (!isObject(value)) continue
      const { input, content: pieces, source, ...rest } = value
      start[member] = rest
      if (input !== undefined) delta[member] = { input: JSON.stringify(input) }
      else if (pieces !== undefined) delta[member] = pieces
      else if (source !== undefined) delta[member] = { source }
    }
    out.push(frame('contentBlockStart', { start, contentBlockIndex }))
    if (Object.keys(delta).length > 0) out.push(frame('contentBlockDelta', { delta, contentBlockIndex }))
    out.push(frame('contentBlockStop', { contentBlockIndex }))
  }

  #text(open: OpenBlock, text: string, out: Frame[]): void {
    switch (open.start.kind) {
      case 'reasoning':
        this.#delta(open, { reasoningContent: { text } }, out)
        break
      case 'tool': {
        const input = open.start.freeform ? JSON.stringify(text).slice(1, -1) : text
        this.#delta(open, { toolUse: { input } }, out)
        break
      }
      case 'text':
      case 'refusal':
      case 'media':
      case 'native':
        this.#delta(open, { text }, out)
    }
  }

  #blockEnd(open: OpenBlock, signature: Signature | undefined, out: Frame[]): void {
    if (open.start.kind === 'reasoning') {
      if (!open.start.redacted && signature !== undefined) {
        this.#delta(open, { reasoningContent: { signature: sealSignature(signature, dialect) } }, out)
      } else if (open.start.redacted && signature?.dialect === dialect) {
        this.#delta(open, { reasoningContent: { redactedContent: signature.value } }, out)
      } else if (open.start.redacted) this.#open = undefined // without a proof it says nothing
    }
    // A text block stays open until something follows it: citations may come after its end.
    if (open.start.kind !== 'text') this.#stopBlock(out)
  }

  #delta(open: OpenBlock, delta: JsonObject, out: Frame[]): void {
    open.index ??= this.#blocks++
    out.push(frame('contentBlockDelta', { delta, contentBlockIndex: open.index }))
  }

  #stopBlock(out: Frame[]): void {
    const open = this.#open
    this.#open = undefined
    if (open === undefined) return
    if (open.index === undefined) this.#text(open, '', out) // only a delta makes a block
    if (open.start.kind === 'tool' && open.start.freeform) {
      this.#delta(open, { toolUse: { input: '"}' } }, out)
    }
    out.push(frame('contentBlockStop', { contentBlockIndex: open.index! }))
  }
}

function frame(event: string, payload: JsonObject): Frame {
  return { event, data: JSON.stringify(payload) }
}

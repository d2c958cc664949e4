/** Writes Chat Completions' chunks. */

import type { BlockStart, GenEvent, Signature } from '../../core/event.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { sealCallId } from '../../core/signature.ts'
import type { Usage } from '../../core/usage.ts'
import type { Frame } from '../../framing/frame.ts'
import type { EncodeContext, Machine } from '../dialect.ts'
import { chunkHead, done } from '../openai-chunks.ts'
import { encodeOpenAiError } from '../openai-error.ts'
import { citationToWire, logprobsToWire } from './annotation.ts'
import { extrasParts } from './extras.ts'
import { reasonToWire } from './finish-reason.ts'
import { mediaToWire } from './media.ts'
import { detailToWire } from './reasoning.ts'
import { legacyMark } from './tool-calls.ts'
import { tierToWire, usageToWire } from './usage.ts'

const dialect = 'openai-chat'

interface OpenBlock {
  readonly start: BlockStart
  /** The text of a chunk around the JSON string of a delta; made once, because deltas are the hot path. */
  readonly head: string
  readonly tail: string
  /** A reasoning block's text so far, which its proof repeats. */
  text: string
  /** A tool call's place among those of its choice. */
  readonly toolIndex: number
  /** A tool call that is not announced yet: its first delta, for its id may have to carry a signature. */
  held: string | undefined
}

interface Choice {
  tools: number
  details: number
}

/**
 * One chunk a delta. The start of a tool call waits for the event after its first delta, because a signature,
 * which comes with the end of the call, travels in its id. Usage goes out last, in a chunk without choices.
 *
 * Media but pictures, native blocks of other dialects and signatures of text have no place here and are left
 * out.
 */
export class ChunkEncoder implements Machine<GenEvent, Frame> {
  readonly #context: EncodeContext
  readonly #choices = new Map<number, Choice>()
  readonly #open = new Map<number, OpenBlock>()
  /** The choice and kind of every block: annotations and logprobs may come after a block's end. */
  readonly #starts = new Map<number, BlockStart>()
  #chunkHead: string
  #usage: Usage | undefined
  #hasFinished = false
  #hasFailed = false

  constructor(context: EncodeContext) {
    this.#context = context
    this.#chunkHead = opening({ id: '', model: '' }, context)
  }

  push(event: GenEvent): readonly Frame[] {
    if (event.type === 'block-delta') {
      const open = this.#open.get(event.block)
      if (open !== undefined && open.start.kind === 'text' && !this.#hasFailed) {
        return [{ data: open.head + JSON.stringify(event.text) + open.tail }]
      }
    }
    const out: Frame[] = []
    if (!this.#hasFailed) this.#take(event, out)
    return out
  }

  end(): readonly Frame[] {
    if (this.#hasFailed || !this.#hasFinished) return []
    const out: Frame[] = []
    if (this.#context.includeUsage && this.#usage !== undefined) {
      this.#send(out, { ...tierToWire(this.#usage), choices: [], usage: usageToWire(this.#usage) })
    }
    out.push({ data: done })
    return out
  }

  #take(event: GenEvent, out: Frame[]): void {
    switch (event.type) {
      case 'start':
        this.#chunkHead = opening(event, this.#context)
        break
      case 'block-start':
        this.#blockStart(event, out)
        break
      case 'block-delta': {
        const open = this.#open.get(event.block)
        if (open !== undefined) this.#delta(open, event.text, out)
        break
      }
      case 'block-end': {
        const open = this.#open.get(event.block)
        this.#open.delete(event.block)
        if (open !== undefined) this.#blockEnd(open, event.signature, out)
        break
      }
      case 'annotation':
      case 'logprobs':
        this.#beside(event, out)
        break
      case 'usage':
        this.#usage = event.usage
        break
      case 'finish': {
        const { choice, reason, native } = event
        const hasTools = this.#choice(choice, out).tools > 0
        this.#hasFinished = true
        const word = reasonToWire(reason, native, hasTools)
        this.#sendChoice(out, { index: choice, delta: {}, logprobs: null, finish_reason: word })
        break
      }
      case 'fail':
        this.#hasFailed = true
        out.push({ data: JSON.stringify(encodeOpenAiError(event.error)) })
        break
      case 'native':
        if (event.dialect === dialect) this.#native(event.value, out)
        break
    }
  }

  /** What is told beside the text of a block, also after its end. */
  #beside(event: GenEvent & { readonly type: 'annotation' | 'logprobs' }, out: Frame[]): void {
    const start = this.#starts.get(event.block)
    if (start === undefined) return
    if (event.type === 'annotation') {
      const citation = citationToWire(event.value)
      if (citation !== undefined) this.#sendDelta(out, start.choice, { annotations: [citation] })
      return
    }
    const tokens = logprobsToWire(event.values)
    const logprobs =
      start.kind === 'refusal' ? { content: null, refusal: tokens } : { content: tokens, refusal: null }
    this.#sendChoice(out, { index: start.choice, delta: {}, logprobs, finish_reason: null })
  }

  /** The choice, announced by a chunk with the role. */
  #choice(index: number, out: Frame[]): Choice {
    let choice = this.#choices.get(index)
    if (choice === undefined) {
      choice = { tools: 0, details: 0 }
      this.#choices.set(index, choice)
      this.#sendDelta(out, index, { role: 'assistant', content: '' })
    }
    return choice
  }

  #blockStart(start: BlockStart, out: Frame[]): void {
    const choice = this.#choice(start.choice, out)
    this.#starts.set(start.block, start)
    const open: OpenBlock = {
      start,
      ...this.#around(start, choice),
      text: '',
      toolIndex: start.kind === 'tool' ? choice.tools++ : 0,
      held: start.kind === 'tool' ? '' : undefined,
    }
    this.#open.set(start.block, open)
    if (start.kind === 'native' && start.dialect === dialect) {
      this.#sendDelta(out, start.choice, { content: [start.value] })
    } else if (start.kind === 'media' && start.media === 'image') {
      const image = mediaToWire('image', start.source, {})
      if (image !== undefined) this.#sendDelta(out, start.choice, { images: [image] })
    }
  }

  #around(start: BlockStart, choice: Choice): { head: string; tail: string } {
    const head = `${this.#chunkHead}"choices":[{"index":${start.choice},"delta":{`
    const tail = '},"logprobs":null,"finish_reason":null}]}'
    switch (start.kind) {
      case 'text':
        return { head: `${head}"content":`, tail }
      case 'refusal':
        return { head: `${head}"refusal":`, tail }
      case 'reasoning':
        return { head: `${head}"reasoning_content":`, tail }
      case 'tool': {
        const call = `${head}"tool_calls":[{"index":${choice.tools},`
        if (isLegacy(start)) return { head: `${head}"function_call":{"arguments":`, tail: `}${tail}` }
        return start.freeform
          ? { head: `${call}"custom":{"input":`, tail: `}}]${tail}` }
          : { head: `${call}"function":{"arguments":`, tail: `}}]${tail}` }
      }
      case 'media':
      case 'native':
        return { head: '', tail: '' }
    }
  }

  #delta(open: OpenBlock, text: string, out: Frame[]): void {
    const { start } = open
    switch (start.kind) {
      case 'tool':
        if (open.held === '') {
          open.held = text
          return
        }
        this.#announce(open, undefined, out)
        break
      case 'reasoning':
        if (start.redacted) return
        open.text += text
        if (start.summary) {
          this.#summary(open, text, out)
          return
        }
        break
      case 'text':
      case 'refusal':
        break
      case 'media':
      case 'native':
        return
    }
    out.push({ data: open.head + JSON.stringify(text) + open.tail })
  }

  /** A summary is told as such from its first delta: its kind is known when it opens. */
  #summary({ start }: OpenBlock, summary: string, out: Frame[]): void {
    const { details: index } = this.#choice(start.choice, out)
    const reasoning_details = [{ type: 'reasoning.summary', summary, index }]
    this.#sendDelta(out, start.choice, { reasoning_content: summary, reasoning_details })
  }

  #announce(open: OpenBlock, signature: Signature | undefined, out: Frame[]): void {
    const { start, held } = open
    if (start.kind !== 'tool' || held === undefined) return
    open.held = undefined
    if (isLegacy(start)) {
      this.#sendDelta(out, start.choice, { function_call: { name: start.name, arguments: held } })
      return
    }
    const call = {
      index: open.toolIndex,
      id: sealCallId(start.callId, signature),
      ...(start.freeform
        ? { type: 'custom', custom: { name: start.name, input: held } }
        : { type: 'function', function: { name: start.name, arguments: held } }),
      ...(start.native?.dialect === dialect ? start.native.fields : {}),
    }
    this.#sendDelta(out, start.choice, { tool_calls: [call] })
  }

  #blockEnd(open: OpenBlock, signature: Signature | undefined, out: Frame[]): void {
    const { start } = open
    if (start.kind === 'tool') {
      // Clients parse the arguments: a call without any has an empty object.
      if (open.held === '' && !start.freeform) open.held = '{}'
      this.#announce(open, signature, out)
    }
    if (start.kind !== 'reasoning') return
    const choice = this.#choice(start.choice, out)
    if (signature !== undefined) {
      const proven =
        start.summary && signature.dialect !== dialect ? { ...start, redacted: true as const } : start
      const reasoning_details = detailToWire({ ...proven, text: open.text }, signature, choice.details)
      this.#sendDelta(out, start.choice, { reasoning_details })
    }
    choice.details++
  }

  #native(value: Json, out: Frame[]): void {
    const extras = extrasParts(value)
    const choices = extras.indexes.map((index) => ({
      index,
      delta: extras.messageOf(index),
      finish_reason: null,
      ...extras.choiceOf(index),
    }))
    this.#send(out, { ...extras.body, choices })
  }

  #sendDelta(out: Frame[], index: number, delta: JsonObject): void {
    this.#sendChoice(out, { index, delta, logprobs: null, finish_reason: null })
  }

  #sendChoice(out: Frame[], choice: JsonObject): void {
    this.#send(out, { choices: [choice] })
  }

  #send(out: Frame[], members: JsonObject): void {
    out.push({ data: this.#chunkHead + JSON.stringify(members).slice(1) })
  }
}

/** The text of a chunk up to its own members, the comma before them included. */
function opening(start: Parameters<typeof chunkHead>[1], context: EncodeContext): string {
  return `${JSON.stringify(chunkHead('chat.completion.chunk', start, context)).slice(0, -1)},`
}

function isLegacy(start: BlockStart & { readonly kind: 'tool' }): boolean {
  return start.native?.dialect === dialect && start.native.fields[legacyMark] === true
}

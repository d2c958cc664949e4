/** Writes the lines of a chat stream. */

import type { BlockStart, GenEvent } from '../../core/event.ts'
import { asObject, isObject, type JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Frame } from '../../framing/frame.ts'
import type { EncodeContext, Machine } from '../dialect.ts'
import { logprobsToWire } from '../openai-chat/annotation.ts'
import { Sequencer } from '../sequencer.ts'
import { reasonToWire } from './done-reason.ts'
import { encodeError } from './error.ts'
import { callToWire } from './response.ts'
import { usageToWire } from './usage.ts'

const dialect = 'ollama-chat'

/**
 * The last line waits for the end of the input, because some dialects tell their usage after the finish, and a
 * tool call for its own end, because it goes in one piece. Media, native blocks, citations, choices but the first
 * and signatures have no place here and are left out.
 */
export class LineEncoder implements Machine<GenEvent, Frame> {
  readonly #context: EncodeContext
  readonly #sequencer = new Sequencer()
  #model: string
  #createdAt: string
  #open: { readonly start: BlockStart; text: string } | undefined
  #calls = 0
  #usage: Usage | undefined
  #extras: JsonObject = {}
  #hasFailed = false
  #finish: (GenEvent & { readonly type: 'finish' }) | undefined

  constructor(context: EncodeContext) {
    this.#context = context
    this.#model = context.model
    this.#createdAt = new Date(context.nowMs).toISOString()
  }

  push(event: GenEvent): readonly Frame[] {
    const out: Frame[] = []
    for (const next of this.#sequencer.push(event)) this.#take(next, out)
    return out
  }

  end(): readonly Frame[] {
    if (this.#finish === undefined || this.#hasFailed) return []
    const { message: beside, ...extras } = this.#extras
    const done_reason = reasonToWire(this.#finish.reason, this.#finish.native)
    const last = { ...extras, done_reason, done: true, ...usageToWire(this.#usage) }
    return [this.#line({ content: '', ...asObject(beside) }, last)]
  }

  #take(event: GenEvent, out: Frame[]): void {
    if (this.#hasFailed) return
    switch (event.type) {
      case 'start':
        this.#model = event.model || this.#context.model
        this.#createdAt = new Date(event.createdAtMs ?? this.#context.nowMs).toISOString()
        break
      case 'block-start':
        if (event.choice === 0) this.#open = { start: event, text: '' }
        break
      case 'block-delta':
        if (event.block === this.#open?.start.block) this.#delta(this.#open, event.text, out)
        break
      case 'logprobs':
        out.push(this.#line({ content: '' }, { logprobs: logprobsToWire(event.values), done: false }))
        break
      case 'block-end':
        if (event.block === this.#open?.start.block) this.#blockEnd(this.#open, out)
        break
      case 'usage':
        this.#usage = event.usage
        break
      case 'finish':
        if (event.choice === 0) this.#finish ??= event
        break
      case 'fail':
        this.#hasFailed = true
        out.push({ data: JSON.stringify(encodeError(event.error)) })
        break
      case 'native':
        if (event.dialect === dialect && isObject(event.value))
          this.#extras = { ...this.#extras, ...event.value }
        break
      case 'annotation':
        break
    }
  }

  #delta(open: { readonly start: BlockStart; text: string }, text: string, out: Frame[]): void {
    switch (open.start.kind) {
      case 'text':
      case 'refusal':
        out.push(this.#line({ content: text }, { done: false }))
        break
      case 'reasoning':
        if (!open.start.redacted) out.push(this.#line({ content: '', thinking: text }, { done: false }))
        break
      case 'tool':
        open.text += text
        break
      case 'media':
      case 'native':
        break
    }
  }

  #blockEnd({ start, text }: { readonly start: BlockStart; text: string }, out: Frame[]): void {
    this.#open = undefined
    if (start.kind !== 'tool') return
    const tool_calls = [callToWire(start, text, this.#calls++)]
    out.push(this.#line({ content: '', tool_calls }, { done: false }))
  }

  #line(message: JsonObject, rest: JsonObject): Frame {
    const line = {
      model: this.#model,
      created_at: this.#createdAt,
      message: { role: 'assistant', ...message },
      ...rest,
    }
    return { data: JSON.stringify(line) }
  }
}

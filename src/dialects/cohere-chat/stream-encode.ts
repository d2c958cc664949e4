/** Writes the events of a chat stream. */

import type { BlockStart, GenEvent } from '../../core/event.ts'
import { isObject, type JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Frame } from '../../framing/frame.ts'
import type { Machine } from '../dialect.ts'
import { Sequencer } from '../sequencer.ts'
import { citationToWire } from './citation.ts'
import { reasonToWire } from './finish-reason.ts'
import { callToWire, contentToWire, isPlan } from './response.ts'
import { done } from './stream-decode.ts'
import { usageToWire } from './usage.ts'

const dialect = 'cohere-chat'

/**
 * `message-end` waits for the end of the input, because some dialects tell their usage after the finish. Media,
 * native blocks of other dialects, logprobs, choices but the first and signatures have no place here and are left
 * out.
 */
export class ChatEncoder implements Machine<GenEvent, Frame> {
  readonly #sequencer = new Sequencer()
  readonly #starts = new Map<number, BlockStart>()
  /** The index of each block among the entries of the content, or among the calls. */
  readonly #indexes = new Map<number, number>()
  #contents = 0
  #calls = 0
  #citations = 0
  #usage: Usage | undefined
  #extras: JsonObject = {}
  #isStarted = false
  #hasFailed = false
  #finish: (GenEvent & { readonly type: 'finish' }) | undefined

  push(event: GenEvent): readonly Frame[] {
    const out: Frame[] = []
    for (const next of this.#sequencer.push(event)) this.#take(next, out)
    return out
  }

  end(): readonly Frame[] {
    if (this.#finish === undefined || this.#hasFailed) return []
    const { reason, native } = this.#finish
    const usage = this.#usage === undefined ? {} : { usage: usageToWire(this.#usage) }
    const delta = { ...this.#extras, finish_reason: reasonToWire(reason, native), ...usage }
    return [frame({ type: 'message-end', delta }), { data: done }]
  }

  #take(event: GenEvent, out: Frame[]): void {
    if (this.#hasFailed) return
    switch (event.type) {
      case 'start':
        this.#start(event.id, out)
        break
      case 'block-start':
        if (event.choice === 0) this.#blockStart(event, out)
        break
      case 'block-delta':
        this.#delta(event.block, event.text, out)
        break
      case 'annotation': {
        const contentIndex = this.#indexes.get(event.block)
        if (contentIndex === undefined) break
        const index = this.#citations++
        const citations = citationToWire(event.value, contentIndex)
        out.push(frame({ type: 'citation-start', index, delta: { message: { citations } } }))
        out.push(frame({ type: 'citation-end', index }))
        break
      }
      case 'block-end':
        this.#blockEnd(event.block, out)
        break
      case 'usage':
        this.#usage = event.usage
        break
      case 'finish':
        if (event.choice === 0) this.#finish ??= event
        break
      case 'fail': {
        this.#hasFailed = true
        const finish_reason = event.error.status === 504 ? 'TIMEOUT' : 'ERROR'
        out.push(frame({ type: 'message-end', delta: { finish_reason, error: event.error.message } }))
        break
      }
      case 'native':
        if (event.dialect !== dialect || !isObject(event.value)) break
        if (typeof event.value['type'] === 'string') out.push(frame(event.value))
        else this.#extras = { ...this.#extras, ...event.value }
        break
      case 'logprobs':
        break
    }
  }

  #start(id: string, out: Frame[]): void {
    if (this.#isStarted) return
    this.#isStarted = true
    const message = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] }
    out.push(frame({ id, type: 'message-start', delta: { message } }))
  }

  #blockStart(start: BlockStart, out: Frame[]): void {
    if (start.kind === 'tool') {
      this.#starts.set(start.block, start)
      this.#indexes.set(start.block, this.#calls)
      const tool_calls = callToWire(start, start.freeform ? '{"input":"' : '')
      out.push(frame({ type: 'tool-call-start', index: this.#calls++, delta: { message: { tool_calls } } }))
    } else if (isPlan(start)) {
      this.#starts.set(start.block, start)
      this.#indexes.set(start.block, 0)
    } else {
      const content = contentToWire(start, '')
      if (content === undefined) return
      this.#starts.set(start.block, start)
      this.#indexes.set(start.block, this.#contents)
      out.push(frame({ type: 'content-start', index: this.#contents++, delta: { message: { content } } }))
    }
  }

  #delta(block: number, text: string, out: Frame[]): void {
    const start = this.#starts.get(block)
    if (start === undefined) return
    const index = this.#indexes.get(block)!
    const send = (type: string, message: JsonObject) => out.push(frame({ type, index, delta: { message } }))
    switch (start.kind) {
      case 'tool': {
        const piece = start.freeform ? JSON.stringify(text).slice(1, -1) : text
        send('tool-call-delta', { tool_calls: { function: { arguments: piece } } })
        break
      }
      case 'text':
        if (isPlan(start))
          out.push(frame({ type: 'tool-plan-delta', delta: { message: { tool_plan: text } } }))
        else send('content-delta', { content: { text } })
        break
      case 'refusal':
        send('content-delta', { content: { text } })
        break
      case 'reasoning':
        send('content-delta', { content: { thinking: text } })
        break
      case 'media':
      case 'native':
        break
    }
  }

  #blockEnd(block: number, out: Frame[]): void {
    const start = this.#starts.get(block)
    if (start === undefined || isPlan(start)) return
    const index = this.#indexes.get(block)!
    if (start.kind === 'tool' && start.freeform) {
      const tool_calls = { function: { arguments: '"}' } }
      out.push(frame({ type: 'tool-call-delta', index, delta: { message: { tool_calls } } }))
    }
    out.push(frame({ type: start.kind === 'tool' ? 'tool-call-end' : 'content-end', index }))
  }
}

function frame(value: JsonObject): Frame {
  return { event: value['type'] as string, data: JSON.stringify(value) }
}

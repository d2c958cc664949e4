/** Reads the events of a chat stream. */

import type { GatewayError } from '../../core/error.ts'
import type { GenEvent, NativeFields } from '../../core/event.ts'
import { parseBounded } from '../../core/bounded-json.ts'
import {
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
  unknownFields,
} from '../../core/json.ts'
import type { Frame } from '../../framing/frame.ts'
import type { Machine, Patch } from '../dialect.ts'
import { Lifecycle } from '../lifecycle.ts'
import { citationFromWire, citationsOf } from './citation.ts'
import { protocolFault } from '../fault.ts'
import { failureOf } from './error.ts'
import { reasonFromWire } from './finish-reason.ts'
import { usageFromWire } from './usage.ts'

const dialect = 'cohere-chat'
const none: readonly GenEvent[] = []
const endFields: ReadonlySet<string> = new Set(['finish_reason', 'usage', 'error'])
const callFields: ReadonlySet<string> = new Set(['id', 'type', 'function'])

/** What closes a stream behind `message-end`, which alone proves that it is whole. */
export const done = '[DONE]'

/** The mark of text in which the model says what it will call its tools for. */
export const planMark: NativeFields = { dialect, fields: { tool_plan: true } }
const planKey = 'plan'

/** Reads frames; `patch` mends a provider's habits before the event is read. */
export function streamDecoder(patch?: Patch): Machine<Frame, GenEvent> {
  const decoder = new ChatDecoder()
  return {
    push({ data }) {
      if (data === done) return none
      const value = parseBounded(data)
      if (!isObject(value)) return decoder.fail(protocolFault('An event of the stream is not a JSON object.'))
      return decoder.take(patch === undefined ? value : patch(value))
    },
    end: () => none,
  }
}

interface CitedText {
  readonly block: number
  text: string
}

/** Reads events one by one. A whole answer is told to it through the methods that the events lead to. */
export class ChatDecoder {
  readonly #blocks = new Lifecycle()
  /** Texts by their place in the content, or as the plan, for the citations of each. */
  readonly #texts = new Map<string, CitedText>()
  #lastText: CitedText | undefined
  /** Arguments of a call that may yet turn out to be `null`, which is Cohere's word for none. */
  readonly #heldArguments = new Map<string, string>()
  #isOver = false

  take(event: JsonObject): readonly GenEvent[] {
    if (this.#isOver) return none
    const delta = asObject(event['delta'])
    const message = asObject(delta?.['message'])
    const index = asNumber(event['index']) ?? 0
    switch (event['type']) {
      case 'message-start':
        this.start(event['id'])
        break
      case 'content-start':
      case 'content-delta':
        this.content(index, message?.['content'])
        break
      case 'tool-plan-delta':
        this.plan(message?.['tool_plan'])
        break
      case 'tool-call-start':
        this.callStart(index, asObject(message?.['tool_calls']))
        break
      case 'tool-call-delta':
        this.callArguments(index, asObject(message?.['tool_calls']))
        break
      case 'citation-start':
        for (const citation of citationsOf(message?.['citations'])) this.citation(citation)
        break
      case 'message-end':
        this.finish(delta ?? {})
        break
      case 'content-end':
      case 'tool-call-end':
      case 'citation-end':
        break // the next event, or the end, says as much
      default:
        this.#blocks.emit({ type: 'native', dialect, value: event })
    }
    return this.#blocks.take()
  }

  /** The events since the last call. */
  events(): readonly GenEvent[] {
    return this.#blocks.take()
  }

  /** Ends the answer with a failure; whatever follows is not read. */
  fail(error: GatewayError): readonly GenEvent[] {
    if (this.#isOver) return none
    this.#isOver = true
    this.#blocks.emit({ type: 'fail', error })
    return this.#blocks.take()
  }

  /** Cohere does not say which model answers. */
  start(id: Json | undefined): void {
    this.#blocks.emit({ type: 'start', id: asString(id) ?? '', model: '' })
  }

  /** One entry of the content, or more of it. What is neither text nor thinking is known to this dialect only. */
  content(index: number, value: Json | undefined): void {
    const content = asObject(value)
    const text = asString(content?.['text'])
    const thinking = asString(content?.['thinking'])
    if (thinking !== undefined) {
      this.#blocks.append(0, { kind: 'reasoning' }, thinking, `content ${index}`)
    } else if (text !== undefined) {
      const key = `content ${index}`
      const block = this.#blocks.append(0, { kind: 'text' }, text, key)
      this.#lastText = this.#cited(key, block, text)
    } else if (content !== undefined) this.#blocks.whole(0, { kind: 'native', dialect, value: content })
  }

  plan(value: Json | undefined): void {
    const text = asString(value)
    if (text === undefined || text === '') return
    this.#cited(planKey, this.#blocks.append(0, { kind: 'text', native: planMark }, text, planKey), text)
  }

  callStart(index: number, call: JsonObject | undefined): void {
    const fields = unknownFields(call ?? {}, callFields)
    this.#blocks.startTool(0, String(index), {
      kind: 'tool',
      callId: asString(call?.['id']) ?? '',
      name: asString(asObject(call?.['function'])?.['name']) ?? '',
      ...(fields === undefined ? {} : { native: { dialect, fields } }),
    })
    this.callArguments(index, call)
  }

  callArguments(index: number, call: JsonObject | undefined): void {
    const key = String(index)
    const piece = asString(asObject(call?.['function'])?.['arguments']) ?? ''
    const text = (this.#heldArguments.get(key) ?? '') + piece
    if ('null'.startsWith(text)) this.#heldArguments.set(key, text)
    else {
      this.#heldArguments.delete(key)
      if (this.#blocks.appendTool(0, key, text)) return
      this.#isOver = true
      const error = protocolFault(
        'A tool call goes on after its arguments were complete, or without a start.',
      )
      this.#blocks.emit({ type: 'fail', error })
    }
  }

  citation(wire: JsonObject): void {
    const index = asNumber(wire['content_index'])
    const key = wire['type'] === 'PLAN' ? planKey : `content ${index}`
    const cited = this.#texts.get(key) ?? this.#lastText
    if (cited === undefined) return
    this.#blocks.emit({ type: 'annotation', block: cited.block, value: citationFromWire(wire, cited.text) })
  }

  /** The end of the answer: its usage, then why it ended, and whatever else is told only here. */
  finish(end: JsonObject): void {
    if (this.#isOver) return
    const extras = unknownFields(end, endFields)
    if (extras !== undefined) this.#blocks.emit({ type: 'native', dialect, value: extras })
    const usage = usageFromWire(asObject(end['usage']) ?? {})
    if (usage !== undefined) this.#blocks.emit({ type: 'usage', usage })
    const failure = failureOf(end['finish_reason'], end['error'])
    if (failure === undefined) {
      this.#blocks.close(0)
      // An end that does not say why is none: the answer counts as cut.
      const native = asString(end['finish_reason'])
      if (native !== undefined) {
        this.#blocks.emit({ type: 'finish', choice: 0, reason: reasonFromWire(native), native })
      }
    } else this.#blocks.emit({ type: 'fail', error: failure })
    this.#isOver = true
  }

  #cited(key: string, block: number, text: string): CitedText {
    const cited = this.#texts.get(key)
    if (cited?.block === block) {
      cited.text += text
      return cited
    }
    const fresh = { block, text }
    this.#texts.set(key, fresh)
    return fresh
  }
}

/** Reads the lines of a chat stream. */

import type { GatewayError } from '../../core/error.ts'
import type { GenEvent } from '../../core/event.ts'
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
import { Lifecycle } from '../lifecycle.ts'
import { logprobsFromWire } from '../openai-chat/annotation.ts'
import { reasonFromWire } from './done-reason.ts'
import { protocolFault } from '../fault.ts'
import { errorFromWire } from './error.ts'
import { metricFields, usageFromWire } from './usage.ts'

const dialect = 'ollama-chat'
const none: readonly GenEvent[] = []
const lineFields: ReadonlySet<string> = new Set([
  'model',
  'created_at',
  'message',
  'done',
  'done_reason',
  'logprobs',
  ...metricFields,
])
const messageFields: ReadonlySet<string> = new Set(['role', 'content', 'thinking', 'tool_calls'])
const callFields: ReadonlySet<string> = new Set(['id', 'function'])

/** Reads frames; `patch` mends a provider's habits before the line is read. */
export function streamDecoder(patch?: Patch): Machine<Frame, GenEvent> {
  const decoder = new LineDecoder()
  let hasBroken = false
  return {
    push({ data }) {
      const value = parseBounded(data)
      if (isObject(value) && !hasBroken) return decoder.take(patch === undefined ? value : patch(value))
      // A last line that is not whole means that the stream was cut; only one in the middle is nonsense.
      if (!hasBroken && value === undefined) {
        hasBroken = true
        return none
      }
      return decoder.fail(protocolFault('A line of the stream is not a JSON object.'))
    },
    end: () => none,
  }
}

/** Reads lines one by one; a whole answer is the one line that all of them amount to. */
export class LineDecoder {
  readonly #blocks = new Lifecycle()
  #isStarted = false
  #isOver = false
  #calls = 0
  #extras: JsonObject = {}

  take(line: JsonObject): readonly GenEvent[] {
    if (this.#isOver) return none
    if (line['error'] !== undefined) return this.fail(errorFromWire(200, line))
    const message = asObject(line['message']) ?? {}
    this.#start(line)
    this.#gather(line, message)
    const thinking = asString(message['thinking'])
    if (thinking) this.#blocks.append(0, { kind: 'reasoning' }, thinking)
    const text = asString(message['content'])
    if (text) this.#blocks.append(0, { kind: 'text' }, text)
    const logprobs = logprobsFromWire(line['logprobs'])
    if (logprobs.length > 0) {
      const block = this.#blocks.lastText(0) ?? this.#blocks.append(0, { kind: 'text' }, '')
      this.#blocks.emit({ type: 'logprobs', block, values: logprobs })
    }
    for (const call of asArray(message['tool_calls'])) this.#call(asObject(call) ?? {}, line['created_at'])
    if (line['done'] === true) this.#finish(line)
    return this.#blocks.take()
  }

  /** Ends the answer with a failure; whatever follows is not read. */
  fail(error: GatewayError): readonly GenEvent[] {
    if (this.#isOver) return none
    this.#isOver = true
    this.#blocks.emit({ type: 'fail', error })
    return this.#blocks.take()
  }

  #start(line: JsonObject): void {
    if (this.#isStarted) return
    this.#isStarted = true
    const createdAtMs = Date.parse(asString(line['created_at']) ?? '')
    this.#blocks.emit({
      type: 'start',
      id: '',
      model: asString(line['model']) ?? '',
      ...(Number.isNaN(createdAtMs) ? {} : { createdAtMs }),
    })
  }

  /** Members that only this dialect knows, told together at the end. */
  #gather(line: JsonObject, message: JsonObject): void {
    const beside = unknownFields(line, lineFields)
    const within = unknownFields(message, messageFields)
    if (beside !== undefined) this.#extras = { ...this.#extras, ...beside }
    if (within === undefined) return
    this.#extras = { ...this.#extras, message: { ...asObject(this.#extras['message']), ...within } }
  }

  /** Older servers give calls no ids: the time of the answer tells the calls of different turns apart. */
  #call(call: JsonObject, createdAt: Json | undefined): void {
    const named = asObject(call['function']) ?? {}
    const n = this.#calls++
    const fields = unknownFields(call, callFields)
    const answerId = (asString(createdAt) ?? '').replaceAll(/\D/g, '')
    this.#blocks.startTool(0, String(n), {
      kind: 'tool',
      callId: asString(call['id']) || `call_${answerId}_${n}`,
      name: asString(named['name']) ?? '',
      ...(fields === undefined ? {} : { native: { dialect, fields } }),
    })
    const input = named['arguments'] ?? {}
    this.#blocks.appendTool(0, String(n), typeof input === 'string' ? input : JSON.stringify(input))
  }

  #finish(line: JsonObject): void {
    this.#isOver = true
    this.#blocks.close(0)
    if (Object.keys(this.#extras).length > 0) {
      this.#blocks.emit({ type: 'native', dialect, value: this.#extras })
    }
    const usage = usageFromWire(line)
    if (usage !== undefined) this.#blocks.emit({ type: 'usage', usage })
    const word = asString(line['done_reason']) || 'stop'
    const reason = reasonFromWire(word, this.#blocks.hasTools(0))
    // Ollama has no word for an answer that asks for tools; its `stop` would pass for another dialect's.
    const native = reason === 'tool-calls' ? '' : word
    this.#blocks.emit({ type: 'finish', choice: 0, reason, native })
  }
}

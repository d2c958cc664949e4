/** The order of frames that clients of each dialect rely on, as checkers of one whole stream. */

import type { DialectId } from '../../src/core/event.ts'
import { asArray, asNumber, asObject, asString, type JsonObject, parseJson } from '../../src/core/json.ts'
import type { Frame } from '../../src/framing/frame.ts'

/** The dialects that clients speak, and Converse, whose streams have an order of their own. */
export const grammarIds = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
  'bedrock-converse',
] as const satisfies readonly DialectId[]

type GrammarId = (typeof grammarIds)[number]

/** A frame, read: its data as an object, or undefined for a terminator such as `[DONE]`. */
interface Read {
  readonly event: string | undefined
  readonly value: JsonObject | undefined
}

type Grammar = (frames: readonly Read[], expect: Expect) => void
type Expect = (isSo: boolean, rule: string) => void

/** The rules that a stream breaks, empty where it is well-formed. */
export function streamFaults(dialect: GrammarId, frames: readonly Frame[]): string[] {
  const faults = new Set<string>()
  const expect: Expect = (isSo, rule) => {
    if (!isSo) faults.add(rule)
  }
  expect(frames.length > 0, 'a stream has frames')
  const read = frames.map(({ event, data }) => ({ event, value: asObject(parseJson(data)) }))
  grammars[dialect](read, expect)
  return [...faults]
}

const grammars: Readonly<Record<GrammarId, Grammar>> = {
  'openai-chat': chatGrammar,
  'openai-responses': responsesGrammar,
  'anthropic-messages': messagesGrammar,
  gemini: geminiGrammar,
  'bedrock-converse': converseGrammar,
}

interface ChatChoice {
  tools: { readonly isFunction: boolean; text: string }[]
  isFinished: boolean
}

/** https://platform.openai.com/docs/api-reference/chat-streaming */
function chatGrammar(frames: readonly Read[], expect: Expect): void {
  const choices = new Map<number, ChatChoice>()
  const ids = new Set<unknown>()
  const hasFailed = frames.some(({ value }) => value?.['error'] !== undefined)
  const terminators = frames.filter(({ value }) => value === undefined).length
  expect(terminators === (hasFailed ? 0 : 1), 'one [DONE], none after an error')
  expect(hasFailed || frames.at(-1)!.value === undefined, '[DONE] is last')
  for (const [at, { value }] of frames.entries()) {
    if (value === undefined) continue
    if (value['error'] !== undefined) {
      expect(at === frames.length - 1, 'an error is last')
      continue
    }
    expect(value['object'] === 'chat.completion.chunk', 'every frame is a chunk')
    ids.add(value['id'])
    const told = asArray(value['choices'])
    if (told.length === 0) expect(at === frames.length - 2, 'the chunk without choices is the last one')
    for (const each of told) chatChoice(asObject(each) ?? {}, choices, expect)
  }
  expect(ids.size <= 1, 'all chunks have one id')
  for (const { tools, isFinished } of choices.values()) {
    expect(isFinished || hasFailed, 'every choice has a finish reason')
    if (hasFailed) continue
    for (const { isFunction, text } of tools) {
      expect(!isFunction || asObject(parseJson(text)) !== undefined, 'arguments are an object')
    }
  }
}

function chatChoice(choice: JsonObject, choices: Map<number, ChatChoice>, expect: Expect): void {
  const index = asNumber(choice['index']) ?? -1
  const delta = asObject(choice['delta']) ?? {}
  let known = choices.get(index)
  if (known === undefined) {
    expect(delta['role'] === 'assistant', 'the first delta of a choice has the role')
    known = { tools: [], isFinished: false }
    choices.set(index, known)
  }
  expect(!known.isFinished, 'nothing of a choice comes after its finish reason')
  for (const each of asArray(delta['tool_calls'])) {
    const call = asObject(each) ?? {}
    const at = asNumber(call['index']) ?? -1
    const part = asObject(call['function']) ?? asObject(call['custom'])
    if (at === known.tools.length) {
      const isAnnounced = asString(call['id']) !== undefined && asString(part?.['name']) !== undefined
      expect(isAnnounced, 'the first delta of a call has its id and name')
      known.tools.push({ isFunction: call['custom'] === undefined, text: '' })
    } else {
      expect(at >= 0 && at < known.tools.length, 'calls are numbered in order')
      expect(call['id'] === undefined, 'only the first delta of a call has its id')
    }
    const tool = known.tools[at]
    if (tool) tool.text += asString(part?.['arguments']) ?? ''
  }
  const reason = asString(choice['finish_reason'])
  if (reason === undefined) return
  known.isFinished = true
  expect(reason !== 'tool_calls' || known.tools.length > 0, 'tool_calls only where there are some')
  expect(reason !== 'stop' || known.tools.length === 0, 'not stop where there are calls')
}

const responseEnds: ReadonlySet<string> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
])

/** https://platform.openai.com/docs/api-reference/responses-streaming */
function responsesGrammar(frames: readonly Read[], expect: Expect): void {
  const types = frames.map(({ value }) => asString(value?.['type']) ?? '')
  expect(types[0] === 'response.created', 'response.created is first')
  const end = types.findIndex((type) => responseEnds.has(type))
  expect(end === types.length - 1, 'the terminal event is last, and the only one')
  const items = new Map<number, string>()
  const texts = new Map<string, string>()
  for (const [at, { event, value = {} }] of frames.entries()) {
    const type = types[at]!
    expect(event === type, 'the name of each event is its type')
    expect(value['sequence_number'] === at, 'sequence numbers have no gap')
    const index = asNumber(value['output_index'])
    if (type === 'response.output_item.added') {
      expect(index === items.size, 'items are numbered in order')
      items.set(index ?? -1, 'open')
    } else if (index !== undefined) {
      expect(items.get(index) === 'open', 'only an open item has events')
    }
    if (type === 'response.output_item.done') items.set(index ?? -1, 'done')
    const part = `${type.replace(/\.(delta|done)$/, '')} ${index} ${String(value['content_index'] ?? value['summary_index'])}`
    if (type.endsWith('.delta')) texts.set(part, (texts.get(part) ?? '') + (asString(value['delta']) ?? ''))
    const whole = asString(value['text'] ?? value['arguments'] ?? value['refusal'] ?? value['input'])
    if (type.endsWith('.done') && whole !== undefined) {
      expect((texts.get(part) ?? '') === whole, 'what is done is the sum of its deltas')
    }
  }
  const isWhole = types.at(-1) === 'response.completed'
  expect(!isWhole || [...items.values()].every((state) => state === 'done'), 'every item is done')
}

const deltasOf: ReadonlyMap<string, readonly string[]> = new Map([
  ['text', ['text_delta', 'citations_delta']],
  ['thinking', ['thinking_delta', 'signature_delta']],
  ['tool_use', ['input_json_delta']],
])

/** https://platform.claude.com/docs/en/build-with-claude/streaming */
function messagesGrammar(frames: readonly Read[], expect: Expect): void {
  const events = frames.filter(({ value }) => value?.['type'] !== 'ping')
  const types = events.map(({ value }) => asString(value?.['type']) ?? '')
  const hasFailed = types.includes('error')
  expect(types[0] === 'message_start' || types[0] === 'error', 'message_start is first')
  expect(types.filter((type) => type === 'message_start').length <= 1, 'one message_start')
  expect(types.at(-1) === (hasFailed ? 'error' : 'message_stop'), 'message_stop or an error is last')
  const delta = types.findLastIndex((type) => type === 'message_delta')
  expect(hasFailed || delta === types.length - 2, 'message_delta comes before message_stop')
  let open: { readonly index: number; readonly kind: string; input: string } | undefined
  let next = 0
  for (const [at, { event, value = {} }] of events.entries()) {
    const type = types[at]!
    expect(event === type, 'the name of each event is its type')
    const index = asNumber(value['index']) ?? -1
    if (type === 'content_block_start') {
      expect(open === undefined, 'a block starts when the one before has stopped')
      expect(index === next++, 'blocks are numbered in order')
      open = { index, kind: asString(asObject(value['content_block'])?.['type']) ?? '', input: '' }
    } else if (type === 'content_block_delta') {
      expect(open?.index === index, 'a delta belongs to the open block')
      const piece = asObject(value['delta'])
      const allowed = deltasOf.get(open?.kind ?? '')
      expect(allowed?.includes(asString(piece?.['type']) ?? '') !== false, 'a delta is of its block')
      if (open) open.input += asString(piece?.['partial_json']) ?? ''
    } else if (type === 'content_block_stop') {
      expect(open?.index === index, 'the open block stops')
      const isObject = asObject(parseJson(open?.input || '{}')) !== undefined
      expect(
        open?.kind !== 'tool_use' || isObject || !types.includes('message_stop'),
        'an input is an object',
      )
      open = undefined
    } else if (type === 'message_delta') expect(open === undefined, 'every block has stopped')
  }
}

/** https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse */
function geminiGrammar(frames: readonly Read[], expect: Expect): void {
  const finished = new Set<number>()
  let hasFailed = false
  for (const [at, { value = {} }] of frames.entries()) {
    const isLast = at === frames.length - 1
    if (value['error'] !== undefined) {
      expect(isLast, 'an error is last')
      hasFailed = true
      continue
    }
    for (const each of asArray(value['candidates'])) {
      const candidate = asObject(each) ?? {}
      const index = asNumber(candidate['index']) ?? 0
      expect(!finished.has(index), 'nothing of a candidate comes after its finish reason')
      const content = asObject(candidate['content'])
      expect(content === undefined || content['role'] === 'model', 'content is of the model')
      for (const part of asArray(content?.['parts'])) {
        const call = asObject(asObject(part)?.['functionCall'])
        if (call === undefined) continue
        expect(asString(call['name']) !== undefined, 'a call has its name')
        expect(call['args'] === undefined || asObject(call['args']) !== undefined, 'arguments are an object')
      }
      if (asString(candidate['finishReason']) !== undefined) finished.add(index)
    }
  }
  expect(hasFailed || finished.size > 0, 'a finish reason or an error comes')
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html */
function converseGrammar(frames: readonly Read[], expect: Expect): void {
  const names = frames.map(({ event }) => event ?? '')
  const hasFailed = names.some((name) => name.endsWith('Exception'))
  expect(hasFailed || names[0] === 'messageStart', 'messageStart is first')
  expect(hasFailed || names.includes('messageStop'), 'messageStop comes')
  const closed = new Set<number>()
  let open: number | undefined
  for (const [at, { value = {} }] of frames.entries()) {
    const name = names[at]!
    const index = asNumber(value['contentBlockIndex'])
    if (index === undefined) {
      if (name === 'messageStop') expect(open === undefined, 'every block has stopped')
      continue
    }
    expect(!closed.has(index), 'a stopped block has no more events')
    expect(open === undefined || open === index, 'one block at a time')
    open = index
    if (name === 'contentBlockStop') {
      closed.add(index)
      open = undefined
    }
  }
}

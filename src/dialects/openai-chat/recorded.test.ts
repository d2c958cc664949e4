import assert from 'node:assert/strict'
import test from 'node:test'
import { hasOpenApi, OpenApiJudge } from '../../../test/support/openapi.ts'
import { readRecorded, type Recorded, recordedEntries } from '../../../test/support/recorded.ts'
import { type Answer, blocksOf, foldAnswer } from '../../core/answer.ts'
import type { GenEvent } from '../../core/event.ts'
import {
  asArray,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../core/json.ts'
import type { Frame } from '../../framing/frame.ts'
import { SseParser } from '../../framing/sse.ts'
import { openaiChat as dialect } from './dialect.ts'

const entries = recordedEntries('openai-chat', 'mistral-chat')
const skip = entries.length === 0 ? 'the recorded exchanges are not in this checkout' : false
const context = { id: 'id', model: 'model', nowMs: 1_760_000_000_000, includeUsage: true }

/** Recordings without a whole answer, and what they must decode to. */
const failures: Readonly<Record<string, string>> = {
  'azure/openai-chat/test_prompt_content_filtering.79e6fe.0.json': 'content_filtered',
  'groq/openai-chat/test_tool_use_failed_error_streaming.e44d07.0.json': 'upstream_rejected',
  'groq/openai-chat/test_tool_use_failed_error_streaming_with_text.7c68a2.0.json': 'upstream_rejected',
  'vertex/openai-chat/google-vertex-embedding.68036f.0.json': 'upstream_protocol', // it is an embedding
}
/** Snowflake's stream has no finish_reason at all: it cannot be told from a cut one. */
const endless = 'snowflake/openai-chat/test_snowflake_thinking_streaming.6605f8.0.json'
/** The provider tells the finish, then an error. */
const failsAfterFinish = 'openrouter/openai-chat/test_openrouter_stream_error.076be1.0.json'

const answers = (): Recorded[] =>
  entries.filter(({ status, file }) => status < 400 && failures[file] === undefined).map(readRecorded)

function framesOf(sse: string): Frame[] {
  const parser = new SseParser()
  return [...parser.push(new TextEncoder().encode(sse)), ...parser.end()]
}

function decodeFrames(frames: Iterable<Frame>): GenEvent[] {
  const decoder = dialect.stream.decoder()
  const events: GenEvent[] = []
  for (const frame of frames) events.push(...decoder.push(frame))
  return [...events, ...decoder.end()]
}

/** The chunks of a recorded stream, or its one body. */
function bodiesOf({ response }: Recorded): JsonObject[] {
  if (response.sse === undefined) return [response.body as JsonObject]
  return framesOf(response.sse).flatMap(({ data }): JsonObject[] => {
    const body = asObject(parseJson(data))
    return body === undefined ? [] : [body]
  })
}

/** The events of a recording; what comes after the finish is the guard's business, not the codec's. */
function decode({ file, response }: Recorded): readonly GenEvent[] {
  const events =
    response.sse === undefined
      ? dialect.response.decode(response.body ?? null)
      : decodeFrames(framesOf(response.sse))
  return file === failsAfterFinish ? events.filter(({ type }) => type !== 'fail') : events
}

function encodeStream(events: Iterable<GenEvent>): Frame[] {
  const encoder = dialect.stream.encoder(context)
  const frames: Frame[] = []
  for (const event of events) frames.push(...encoder.push(event))
  return [...frames, ...encoder.end()]
}

interface Told {
  text: string
  reasoning: string
  refusal: string
  readonly tools: Map<string, { name: string; input: string }>
  finish: string
}

/** What the choices of a recording tell, read independently of the decoder under test. */
function toldBy(recorded: Recorded): Map<number, Told> {
  const told = new Map<number, Told>()
  for (const body of bodiesOf(recorded)) {
    for (const item of asArray(body['choices'])) {
      const choice = item as JsonObject
      const index = (choice['index'] ?? 0) as number
      const own = told.get(index) ?? { text: '', reasoning: '', refusal: '', tools: new Map(), finish: '' }
      told.set(index, own)
      add(own, (choice[recorded.response.sse === undefined ? 'message' : 'delta'] ?? {}) as JsonObject)
      own.finish ||= asString(choice['finish_reason']) ?? ''
    }
  }
  return told
}

function add(own: Told, message: JsonObject): void {
  const details = asArray(message['reasoning_details']).map((detail) => detail as JsonObject)
  const inDetails = details.map((detail) => asString(detail['text'] ?? detail['summary']) ?? '').join('')
  own.reasoning += inDetails || asString(message['reasoning_content'] ?? message['reasoning']) || ''
  own.refusal += asString(message['refusal']) ?? ''
  if (typeof message['content'] === 'string') own.text += message['content']
  for (const part of asArray(message['content']) as readonly JsonObject[]) {
    own.text += asString(part['text']) ?? ''
    for (const piece of asArray(part['thinking']) as readonly JsonObject[])
      own.reasoning += asString(piece['text'])
  }
  const legacy = asObject(message['function_call'])
  const calls = [
    ...(asArray(message['tool_calls']) as readonly JsonObject[]),
    ...(legacy?.['name'] ? [{ function: legacy }] : []),
  ]
  for (const [at, call] of calls.entries()) {
    const key = String(call['index'] ?? at)
    const tool = own.tools.get(key) ?? { name: '', input: '' }
    own.tools.set(key, tool)
    const body = asObject(call['function']) ?? {}
    tool.name ||= asString(body['name']) ?? ''
    tool.input += asString(body['arguments']) ?? ''
  }
}

test('every recorded answer decodes to the text, reasoning, tools and ends that it holds', { skip }, () => {
  for (const recorded of answers()) {
    const answer = foldAnswer(decode(recorded))
    const { file } = recorded
    assert.equal(answer.error, undefined, file)
    const told = toldBy(recorded)
    for (const [index, own] of told) {
      const blocks = blocksOf(answer, index)
      const textOf = (kind: string) =>
        blocks.flatMap((block) => (block.kind === kind ? [block.text] : [])).join('')
      assert.equal(textOf('text'), own.text, file)
      assert.equal(textOf('reasoning'), own.reasoning, file)
      assert.equal(textOf('refusal'), own.refusal, file)
      const tools = blocks.flatMap((block) =>
        block.kind === 'tool' ? [{ name: block.name, input: block.text }] : [],
      )
      assert.deepEqual(
        tools,
        [...own.tools.values()].map(({ name, input }) => ({ name, input: input || '{}' })),
        file,
      )
      const finish = answer.finishes.find(({ choice }) => choice === index)
      if (file !== endless) assert.ok(finish, file)
      if (own.finish !== '') assert.equal(finish?.native, own.finish, file)
      if (tools.length > 0) assert.equal(finish?.reason, 'tool-calls', file)
    }
    assert.equal(answer.finishes.length, file === endless ? 0 : told.size, file)
  }
})

/** Input and output that only the total counts; the details name them. */
const leftOut: Readonly<Record<string, readonly [number, number]>> = {
  'mistral/mistral-chat/chat_audio_models_mistral_voxtral-small-latest_can_understand_audio.8a0b08.0.json': [
    375, 0,
  ],
  'xai/openai-chat/xai-text.247678.0.json': [0, 228],
  'xai/openai-chat/xai-text.5d7420.0.json': [0, 290],
  'xai/openai-chat/xai-text.8a1178.0.json': [0, 340],
  'xai/openai-chat/xai-text.a3e110.0.json': [0, 320],
}

test('every recorded answer keeps its last usage, wherever it stands', { skip }, () => {
  let withUsage = 0
  for (const recorded of answers()) {
    const { file } = recorded
    const last = bodiesOf(recorded)
      .map((body) => asObject(body['usage']))
      .findLast((usage) => usage !== undefined)
    const { usage } = foldAnswer(decode(recorded))
    const [input, output] = leftOut[file] ?? [0, 0]
    assert.equal(usage?.inputTokens, last && (last['prompt_tokens'] as number) + input, file)
    assert.equal(usage?.outputTokens, last && (last['completion_tokens'] as number) + output, file)
    const beside = last?.['prompt_cache_hit_tokens'] ?? last?.['num_cached_tokens']
    const cached = asObject(last?.['prompt_tokens_details'])?.['cached_tokens'] ?? beside
    assert.equal(usage?.cacheReadTokens, cached, file)
    if (usage !== undefined) withUsage++
  }
  assert.ok(withUsage > 390)
})

function plain(answer: Answer): Json {
  return JSON.parse(
    JSON.stringify({
      ...answer,
      createdAtMs: undefined,
      id: answer.id || 'id',
      model: answer.model || 'model',
    }),
  ) as Json
}

test('every recorded answer survives encoding, streamed and whole', { skip }, () => {
  for (const recorded of answers()) {
    if (recorded.file === endless) continue
    const events = decode(recorded)
    const answer = plain(foldAnswer(events))
    const streamed = decodeFrames(encodeStream(events))
    const whole = dialect.response.decode(dialect.response.encode(events, context))
    assert.deepEqual(plain(foldAnswer(streamed)), answer, `${recorded.file}, streamed`)
    assert.deepEqual(plain(foldAnswer(whole)), answer, `${recorded.file}, whole`)
  }
})

/** The same answer as if another dialect's provider had given it: without what only this dialect knows. */
function asForeign(events: readonly GenEvent[]): GenEvent[] {
  return events.flatMap((event): GenEvent[] => {
    if (event.type === 'native') return []
    if (event.type === 'annotation') {
      const { native: _native, ...value } = event.value
      return [{ ...event, value }]
    }
    if (event.type === 'usage') {
      const { native: _native, ...usage } = event.usage
      return [{ ...event, usage }]
    }
    if (event.type === 'finish') return [{ ...event, native: '' }]
    if (event.type === 'block-start' && event.kind === 'tool') {
      const { native: _native, ...start } = event
      return [start]
    }
    if (event.type === 'block-end' && event.signature) {
      return [{ ...event, signature: { dialect: 'anthropic-messages', value: event.signature.value } }]
    }
    return [event]
  })
}

test(
  'translated answers are valid by OpenAI’s own document',
  { skip: skip || (hasOpenApi ? false : 'the OpenAPI document is not in this checkout') },
  () => {
    const judge = new OpenApiJudge()
    let chunks = 0
    for (const recorded of answers()) {
      if (recorded.file === endless) continue
      const events = asForeign(decode(recorded))
      const whole = dialect.response.encode(events, context)
      assert.deepEqual(judge.validate('CreateChatCompletionResponse', whole), [], recorded.file)
      for (const { data } of encodeStream(events)) {
        if (data === '[DONE]') continue
        chunks++
        const faults = judge.validate('CreateChatCompletionStreamResponse', JSON.parse(data))
        assert.deepEqual(faults, [], `${recorded.file}: ${data}`)
      }
    }
    assert.ok(chunks > 4000)
  },
)

test('a stream cut before its finish_reason never finishes', { skip }, () => {
  let cuts = 0
  for (const { file, response } of answers()) {
    if (response.sse === undefined) continue
    const frames = framesOf(response.sse)
    const last = frames.findIndex(({ data }) => /"finish_reason": ?"[^"]/.test(data))
    const decoder = dialect.stream.decoder()
    for (const frame of frames.slice(0, last < 0 ? undefined : last)) {
      cuts++
      for (const { type } of decoder.push(frame)) assert.ok(type !== 'finish' && type !== 'fail', file)
    }
    assert.ok(!decoder.end().some(({ type }) => type === 'finish'), file)
  }
  assert.ok(cuts > 3000)
})

test('recorded failures inside of a 200 fail', { skip }, () => {
  for (const [file, code] of Object.entries(failures)) {
    const events = decode(readRecorded(entries.find((entry) => entry.file === file)!))
    assert.equal(foldAnswer(events).error?.code, code, file)
    assert.equal(foldAnswer(events).finishes.length, 0, file)
  }
})

test('every recorded error has a code that tells whose fault it is', { skip }, () => {
  const codes: Record<string, number> = {}
  for (const entry of entries.filter(({ status }) => status >= 400)) {
    const { response } = readRecorded(entry)
    const { code } = dialect.error.decode(response.status, response.text ?? JSON.stringify(response.body))
    codes[code] = (codes[code] ?? 0) + 1
  }
  assert.deepEqual(codes, {
    upstream_rate_limit: 2,
    model_not_found: 3,
    upstream_auth: 4,
    upstream_rejected: 11,
    context_length_exceeded: 2,
  })
})

/** A request in the form to which the codec brings every other: see encodeRequest. */
function normal(body: JsonObject): Json | undefined {
  const { max_tokens, functions, function_call, stream, stream_options, reasoning, stop, ...rest } = body
  const options = asObject(reasoning) ?? {}
  const effort = options['effort'] ?? (options['enabled'] === false ? 'none' : undefined)
  const isWord = options['max_tokens'] === undefined && effort !== undefined
  return sparse({
    ...rest,
    messages: asArray(body['messages']).map((message) => normalMessage(message as JsonObject)),
    max_completion_tokens: body['max_completion_tokens'] ?? max_tokens,
    tools: [
      ...asArray(body['tools']).map((tool) => ({ type: 'function', ...asObject(tool) })),
      ...asArray(functions).map((wire) => ({ type: 'function', function: wire })),
    ],
    tool_choice: normalChoice(body) ?? function_call,
    ...(stream === true
      ? { stream, stream_options: { ...asObject(stream_options), include_usage: true } }
      : {}),
    ...(reasoning === undefined ? {} : isWord ? { reasoning_effort: effort } : { reasoning }),
    ...(stop === undefined || stop === null ? {} : { stop: typeof stop === 'string' ? [stop] : stop }),
  })
}

function normalChoice(body: JsonObject): Json | undefined {
  const choice = body['tool_choice']
  const isMoot = asArray(body['tools']).length === 0 && (choice === 'auto' || choice === 'none')
  return isMoot ? undefined : choice
}

function normalMessage(message: JsonObject): JsonObject {
  const { reasoning, reasoning_content, reasoning_details, tool_calls, content, prefix, ...rest } = message
  const parts =
    typeof content === 'string' ? [{ type: 'text', text: content }] : (asArray(content) as JsonObject[])
  const thinking = parts
    .filter((part) => part['type'] === 'thinking')
    .flatMap((part) => asArray(part['thinking']).map((piece) => asObject(piece)?.['text']))
    .join('')
  const plainText = reasoning_content || reasoning || thinking
  return {
    ...rest,
    content: parts.filter(({ type, text }) => type !== 'thinking' && text !== '').map(normalPart),
    ...(prefix === true ? { prefix } : {}),
    ...(asArray(reasoning_details).length > 0
      ? { reasoning_details }
      : plainText
        ? { reasoning_content: plainText }
        : {}),
    tool_calls: asArray(tool_calls).map((call) => {
      const { index: _index, ...own } = call as JsonObject
      return own
    }),
  }
}

function normalPart(part: JsonObject): JsonObject {
  const { type, image_url, document_url, file_url, ...rest } = part
  if (type === 'image_url')
    return { type, image_url: typeof image_url === 'string' ? { url: image_url } : image_url, ...rest }
  const url = document_url ?? asObject(file_url)?.['url']
  if (url === undefined) return part
  const isAddress = /^(data:|https?:)/.test(url as string)
  const data = isAddress ? url : `data:application/pdf;base64,${url as string}`
  return { type: 'file', file: { file_data: data } }
}

/** Null, false and empty members say no more than absent ones; a single text is the same as a string. */
function sparse(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item: Json) => sparse(item) ?? null)
  if (!isObject(value)) return value
  const members = Object.entries(value).flatMap(([name, member]) => {
    if (member === null || member === undefined) return []
    if (name === 'content' && typeof member === 'string') {
      return member === '' ? [] : [[name, [{ type: 'text', text: member }]] as const]
    }
    if (Array.isArray(member) && member.length === 0 && name !== 'required') return []
    if (name === 'filename' && member === 'document.pdf') return []
    return [[name, sparse(member)] as const]
  })
  return Object.fromEntries(members) as JsonObject
}

test('every recorded request survives decoding and encoding', { skip }, () => {
  let requests = 0
  for (const entry of entries) {
    const { request, file } = readRecorded(entry)
    if (!isObject(request?.body) || !Array.isArray(request.body['messages'])) continue
    requests++
    const decoded = dialect.request.decode(request.body)
    const { body, dropped } = dialect.request.encode(decoded, { model: decoded.model })
    assert.deepEqual(dropped, [], file)
    assert.deepEqual(sparse(body), normal(request.body), file)
  }
  assert.ok(requests > 350)
})

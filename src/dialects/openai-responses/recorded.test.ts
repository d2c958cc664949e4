import assert from 'node:assert/strict'
import test from 'node:test'
import { hasOpenApi, OpenApiJudge } from '../../../test/support/openapi.ts'
import { readRecorded, type Recorded, recordedEntries } from '../../../test/support/recorded.ts'
import { type Answer, foldAnswer } from '../../core/answer.ts'
import type { GenEvent } from '../../core/event.ts'
import {
  asArray,
  asNumber,
  asObject,
  asString,
  type Json,
  type JsonObject,
  parseJson,
} from '../../core/json.ts'
import type { Frame } from '../../framing/frame.ts'
import { SseParser } from '../../framing/sse.ts'
import { openaiResponses } from './dialect.ts'

const entries = recordedEntries('openai-responses')
const skip = entries.length === 0 ? 'the recorded exchanges are not in this checkout' : false
const answered = (): Recorded[] => entries.map(readRecorded).filter(({ response }) => response.status < 400)
const context = { id: 'resp_context', model: 'model', nowMs: 1_760_000_000_000, includeUsage: true }

/** The frames of the stream up to its terminal one: one recording has the streams of four answers. */
function framesOf({ response }: Recorded): readonly Frame[] {
  const parser = new SseParser()
  const frames = [...parser.push(new TextEncoder().encode(response.sse)), ...parser.end()]
  const last = frames.findIndex(isTerminal)
  return last < 0 ? frames : frames.slice(0, last + 1)
}

function isTerminal({ data }: Frame): boolean {
  const type = asString(asObject(parseJson(data))?.['type']) ?? ''
  return /^response\.(completed|incomplete|failed)$/.test(type)
}

function decodeFrames(frames: Iterable<Frame>): GenEvent[] {
  const decoder = openaiResponses.stream.decoder()
  const events: GenEvent[] = []
  for (const frame of frames) events.push(...decoder.push(frame))
  return [...events, ...decoder.end()]
}

function decode(recorded: Recorded): readonly GenEvent[] {
  return recorded.response.sse === undefined
    ? openaiResponses.response.decode(recorded.response.body ?? null)
    : decodeFrames(framesOf(recorded))
}

function encodeFrames(events: Iterable<GenEvent>): Frame[] {
  const encoder = openaiResponses.stream.encoder(context)
  const frames: Frame[] = []
  for (const event of events) frames.push(...encoder.push(event))
  return [...frames, ...encoder.end()]
}

/** The items of the answer as the wire has them when they are done. */
function itemsOf(recorded: Recorded): readonly JsonObject[] {
  if (recorded.response.sse === undefined)
    return asArray(asObject(recorded.response.body)?.['output']) as JsonObject[]
  return framesOf(recorded)
    .map(({ data }) => asObject(parseJson(data)) ?? {})
    .filter(({ type }) => type === 'response.output_item.done')
    .map(({ item }) => item as JsonObject)
}

/** The last word of the provider on the whole answer. */
function lastResponse(recorded: Recorded): JsonObject {
  if (recorded.response.sse === undefined) return recorded.response.body as JsonObject
  const last = framesOf(recorded).at(-1)
  return asObject(asObject(parseJson(last?.data ?? ''))?.['response']) ?? {}
}

/** What the wire says, gathered without the decoder under test. */
function wireSummary(recorded: Recorded) {
  const items = itemsOf(recorded)
  const isOurs = ({ type, role }: JsonObject) => type === 'message' && role === 'assistant'
  const contents = items.filter(isOurs).flatMap((item) => asArray(item['content'])) as JsonObject[]
  const reasonings = items.filter(({ type }) => type === 'reasoning')
  const texts = (list: string) =>
    reasonings.flatMap((item) => asArray(item[list])).map((part) => (part as JsonObject)['text'])
  const calls = items.filter(({ type }) => type === 'function_call' || type === 'custom_tool_call')
  const usage = asObject(lastResponse(recorded)['usage'])
  const canonical = new Set(['reasoning', 'function_call', 'custom_tool_call'])
  return {
    text: contents.map((part) => part['text'] ?? '').join(''),
    annotations: contents.flatMap((part) => asArray(part['annotations'])),
    summaries: texts('summary'),
    thoughts: texts('content').join(''),
    signatures: reasonings.flatMap((item) =>
      asString(item['encrypted_content']) ? [item['encrypted_content']] : [],
    ),
    tools: calls.map((item) => [item['call_id'], item['name'], item['arguments'] ?? item['input']]),
    natives: items.filter((item) => !isOurs(item) && !canonical.has(String(item['type']))),
    input: asNumber(usage?.['input_tokens']),
    output: asNumber(usage?.['output_tokens']),
    cached: asNumber(asObject(usage?.['input_tokens_details'])?.['cached_tokens']),
    reasoned: asNumber(asObject(usage?.['output_tokens_details'])?.['reasoning_tokens']),
  }
}

function answerSummary({ blocks, usage }: Answer): ReturnType<typeof wireSummary> {
  const ofKind = (kind: string) => blocks.filter((block) => block.kind === kind)
  const reasonings = blocks.filter((block) => block.kind === 'reasoning')
  return {
    text: ofKind('text')
      .map(({ text }) => text)
      .join(''),
    annotations: blocks.flatMap((block) =>
      (block.citations ?? []).flatMap(({ native }) => native?.value ?? []),
    ),
    summaries: reasonings.filter(({ summary }) => summary).map(({ text }) => text),
    thoughts: reasonings
      .filter(({ summary }) => !summary)
      .map(({ text }) => text)
      .join(''),
    signatures: blocks.flatMap(({ signature }) => signature?.value ?? []),
    tools: blocks.flatMap((block) => (block.kind === 'tool' ? [[block.callId, block.name, block.text]] : [])),
    natives: blocks.flatMap((block) => (block.kind === 'native' ? [block.value as JsonObject] : [])),
    input: usage?.inputTokens,
    output: usage?.outputTokens,
    cached: usage?.cacheReadTokens,
    reasoned: usage?.reasoningTokens,
  }
}

test('every recorded answer decodes to its texts, thoughts, calls, native items and usage', { skip }, (t) => {
  let count = 0
  for (const recorded of answered()) {
    assert.deepEqual(answerSummary(foldAnswer(decode(recorded))), wireSummary(recorded), recorded.file)
    count++
  }
  t.diagnostic(`${count} answers`)
  assert.ok(count > 300)
})

test('every recorded answer ends as its status says', { skip }, () => {
  const words = answered().map((recorded) => {
    const { finishes, error } = foldAnswer(decode(recorded))
    const finish = finishes[0]
    const hasTool = wireSummary(recorded).tools.length > 0
    if (finish)
      assert.equal(finish.reason === 'tool-calls', hasTool || finish.reason === 'tool-calls', recorded.file)
    return `${String(lastResponse(recorded)['status'])}: ${error?.code ?? finish?.native ?? 'no finish'}`
  })
  const counts = Object.groupBy(words, (word) => word)
  assert.deepEqual(Object.keys(counts).toSorted(), [
    'complete: completed', // edited by its author
    'completed: completed',
    'failed: upstream_error',
    'in_progress: no finish',
    'queued: no finish',
    'undefined: completed', // compaction
  ])
})

test('a whole body comes back as it was, but for the forms that the encoder settles', { skip }, () => {
  for (const recorded of answered().filter(({ response }) => response.sse === undefined)) {
    const body = recorded.response.body as JsonObject
    const again = openaiResponses.response.encode(openaiResponses.response.decode(body), context)
    assert.deepEqual(settled(again), settled(body), recorded.file)
  }
})

/** A response without what carries no meaning: statuses of items, empty lists, the null of what never was. */
function settled(body: JsonObject): Json {
  const {
    status,
    created_at: createdAt,
    model,
    error: _error,
    incomplete_details: details,
    usage,
    ...rest
  } = body
  const output = asArray(body['output']).map((value) => {
    const {
      status: _status,
      content,
      encrypted_content: sealed,
      item_id: _item,
      id,
      ...item
    } = value as JsonObject
    const isReasoning = item['type'] === 'reasoning'
    const parts = asArray(content) as JsonObject[]
    const isOurs = item['type'] === 'message' && item['role'] === 'assistant'
    return {
      ...item,
      id: id ?? _item,
      ...(sealed ? { sealed } : {}),
      content: isOurs
        ? parts.map(({ type, text, annotations }) => ({ type, text, annotations: annotations ?? [] }))
        : parts,
      ...(isReasoning && parts.length === 0 ? { content: [] } : {}),
    }
  })
  return JSON.parse(
    JSON.stringify({
      ...rest,
      object: rest['object'] ?? 'response',
      status: status === 'complete' || status === undefined ? 'completed' : status,
      model: model ?? context.model,
      createdAt: Math.floor(asNumber(createdAt) ?? 0),
      details: details ?? null,
      usage: usage ?? null,
      output,
    }),
  ) as Json
}

test('encoded as a stream and as a body, every answer tells the same', { skip }, () => {
  for (const recorded of answered()) {
    const events = decode(recorded)
    const answer = { ...foldAnswer(events), model: foldAnswer(events).model || context.model }
    if (answer.error || answer.finishes.length === 0) continue
    const streamed = foldAnswer(decodeFrames(encodeFrames(events)))
    const whole = foldAnswer(
      openaiResponses.response.decode(openaiResponses.response.encode(events, context)),
    )
    const plain = (value: Answer) =>
      JSON.parse(JSON.stringify({ ...value, natives: value.natives.filter(isOfResponse) })) as Json
    assert.deepEqual(plain(streamed), plain(answer), recorded.file)
    assert.deepEqual(plain(whole), plain(answer), recorded.file)
  }
})

function isOfResponse({ value }: { readonly value: Json }): boolean {
  return asObject(value)?.['response'] !== undefined
}

test('a stream cut before its terminal event has no finish', { skip }, () => {
  for (const recorded of answered().filter(({ response }) => response.sse !== undefined)) {
    const decoder = openaiResponses.stream.decoder()
    for (const frame of framesOf(recorded)) {
      const hasFinish = decoder.push(frame).some(({ type }) => type === 'finish')
      assert.equal(hasFinish, isTerminal(frame) && !frame.data.includes('response.failed'), recorded.file)
    }
    assert.deepEqual(decoder.end(), [])
  }
})

test(
  'a translated answer is valid by the OpenAPI document, streamed and whole',
  { skip: skip || (!hasOpenApi && 'no OpenAPI document here') },
  () => {
    const judge = new OpenApiJudge()
    assert.notDeepEqual(judge.validate('Response', { output: [] }), [])
    assert.notDeepEqual(judge.validate('ResponseStreamEvent', { type: 'response.completed' }), [])
    let count = 0
    for (const recorded of answered()) {
      const events = withoutOrigin(decode(recorded))
      const { finishes, natives } = foldAnswer(events)
      assert.deepEqual(natives, [])
      if (finishes.length === 0) continue
      const frames = encodeFrames(events)
      for (const { event, data } of frames) {
        const value = parseJson(data)
        assert.equal(asObject(value)?.['type'], event)
        assert.deepEqual(
          judge.validate('ResponseStreamEvent', value),
          [],
          `${recorded.file} ${data.slice(0, 300)}`,
        )
      }
      const numbers = frames.map(({ data }) => asObject(parseJson(data))?.['sequence_number'])
      assert.deepEqual(numbers, [...numbers.keys()])
      const body = openaiResponses.response.encode(events, context)
      assert.deepEqual(judge.validate('Response', body), [], recorded.file)
      count++
    }
    assert.ok(count > 300)
  },
)

/** The events as if another dialect had decoded them. */
function withoutOrigin(events: readonly GenEvent[]): GenEvent[] {
  return events.flatMap((event): GenEvent[] => {
    switch (event.type) {
      case 'native':
        return []
      case 'block-start': {
        if (event.kind === 'native' || event.kind === 'media') return [{ ...event, kind: 'refusal' }]
        const { native: _native, ...start } = event
        return [start]
      }
      case 'annotation': {
        const { native: _native, ...value } = event.value
        return [{ ...event, value }]
      }
      case 'usage': {
        const { native: _native, ...usage } = event.usage
        return [{ ...event, usage }]
      }
      default:
        return [event]
    }
  })
}

/** A request as the encoder writes it: the documented normalisations, and no others. */
function settledRequest(value: Json): Json {
  const { input, tools, stream, ...rest } = withoutNulls(value) as JsonObject
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : asArray(input)
  return {
    ...rest,
    ...(stream === true ? { stream } : {}),
    ...(asArray(tools).length > 0 ? { tools: tools! } : {}),
    input: items.map((item) => settledItem(item as JsonObject)),
  }
}

function settledItem(item: JsonObject): Json {
  const message = item['type'] === undefined ? { type: 'message', ...item } : item
  const content = settledContent(item['content'])
  const output = settledContent(item['output'])
  return {
    ...message,
    ...(content === undefined ? {} : { content }),
    ...(output === undefined || item['type'] === 'mcp_call' ? {} : { output }),
    ...(item['encrypted_content'] === null ? { encrypted_content: undefined } : {}),
  }
}

function settledContent(value: Json | undefined): Json | undefined {
  if (!Array.isArray(value)) return value
  const parts = (value as JsonObject[]).map(({ logprobs: _logprobs, ...part }) => part)
  const [only] = parts
  const isPlain = parts.length === 1 && only !== undefined && Object.keys(only).length === 2
  return isPlain && typeof only['text'] === 'string' && only['type'] !== 'reasoning_text'
    ? only['text']
    : parts
}

/** Null means absent, in the request and in its options; the values of items and schemas are not touched. */
function withoutNulls(value: Json): Json {
  const drop = (object: JsonObject) =>
    Object.fromEntries(Object.entries(object).filter(([, member]) => member !== null))
  const body = drop(value as JsonObject)
  const tools = asArray(body['tools']).map((tool) => drop(tool as JsonObject))
  const reasoning = asObject(body['reasoning'])
  const options = reasoning && drop(reasoning)
  return {
    ...body,
    ...(body['tools'] === undefined ? {} : { tools }),
    ...(options === undefined ? {} : { reasoning: Object.keys(options).length > 0 ? options : undefined }),
  } as Json
}

test('every recorded request comes back as it was, but for documented forms', { skip }, (t) => {
  let count = 0
  for (const { file, request } of entries.map(readRecorded)) {
    const body = asObject(request?.body)
    if (body === undefined || typeof body['model'] !== 'string') continue
    const decoded = openaiResponses.request.decode(body)
    const again = openaiResponses.request.encode(decoded, { model: decoded.model })
    assert.deepEqual(again.dropped, [], file)
    assert.deepEqual(
      JSON.parse(JSON.stringify(settledRequest(again.body))),
      JSON.parse(JSON.stringify(settledRequest(body))),
      file,
    )
    count++
  }
  t.diagnostic(`${count} requests`)
  assert.ok(count > 200)
})

test('every recorded error has a code that blames the right side', { skip }, () => {
  const codes = entries
    .map(readRecorded)
    .filter(({ response }) => response.status >= 400)
    .map(({ response }) => {
      const error = openaiResponses.error.decode(
        response.status,
        response.text ?? JSON.stringify(response.body),
      )
      return `${response.status} ${error.code} ${error.param ?? '-'}`
    })
  assert.deepEqual([...new Set(codes)].toSorted(), [
    '400 context_length_exceeded input',
    '400 upstream_rejected input',
    '400 upstream_rejected input[3].output[0].file_data',
    '400 upstream_rejected input[4].content[0].file_data',
    '400 upstream_rejected temperature',
    '401 upstream_auth -',
  ])
})

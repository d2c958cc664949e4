import assert from 'node:assert/strict'
import test from 'node:test'
import { readRecorded, type Recorded, recordedEntries } from '../../../test/support/recorded.ts'
import { type Answer, foldAnswer } from '../../core/answer.ts'
import type { GenEvent } from '../../core/event.ts'
import { asArray, asObject, isObject, type Json, type JsonObject, parseJson } from '../../core/json.ts'
import type { Frame } from '../../framing/frame.ts'
import { SseParser } from '../../framing/sse.ts'
import { anthropicMessages as dialect } from './dialect.ts'

const entries = recordedEntries('anthropic-messages')
const skip = entries.length === 0 ? 'the recorded exchanges are not in this checkout' : false
const answers = (): Recorded[] => entries.map(readRecorded).filter(({ response }) => response.status < 400)

const context = { id: 'id', model: 'model', nowMs: 0, includeUsage: false }

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

function decode({ response }: Recorded): readonly GenEvent[] {
  return response.sse === undefined
    ? dialect.response.decode(response.body ?? null)
    : decodeFrames(framesOf(response.sse))
}

function encodeStream(events: Iterable<GenEvent>): Frame[] {
  const encoder = dialect.stream.encoder(context)
  const frames: Frame[] = []
  for (const event of events) frames.push(...encoder.push(event))
  return [...frames, ...encoder.end()]
}

/** The answer as plain data; tool arguments by value, because a whole message has them parsed. */
function plain(answer: Answer): Json {
  const blocks = answer.blocks.map((block) =>
    block.kind === 'tool' || block.kind === 'native'
      ? { ...block, text: parseJson(block.text) ?? block.text }
      : block,
  )
  return JSON.parse(JSON.stringify({ ...answer, blocks })) as Json
}

/** The wire message that a recording holds, accumulated independently of the decoder under test. */
function messageOf({ response }: Recorded): JsonObject {
  if (response.sse === undefined) return response.body as JsonObject
  let message: Record<string, Json | undefined> = {}
  const content: Record<string, Json | undefined>[] = []
  const texts: string[] = []
  for (const { data } of framesOf(response.sse)) {
    const event = JSON.parse(data) as JsonObject
    const index = event['index'] as number
    if (event['type'] === 'message_start') message = { ...asObject(event['message']) }
    if (event['type'] === 'content_block_start') content[index] = { ...asObject(event['content_block']) }
    if (event['type'] === 'content_block_delta') {
      const delta = event['delta'] as JsonObject
      const block = content[index]!
      if (delta['type'] === 'text_delta') block['text'] = `${block['text']}${delta['text']}`
      if (delta['type'] === 'thinking_delta') block['thinking'] = `${block['thinking']}${delta['thinking']}`
      if (delta['type'] === 'signature_delta') block['signature'] = delta['signature']
      if (delta['type'] === 'input_json_delta') texts[index] = `${texts[index] ?? ''}${delta['partial_json']}`
      if (delta['type'] === 'citations_delta') {
        block['citations'] = [...asArray(block['citations']), delta['citation'] as Json]
      }
    }
    if (event['type'] === 'message_delta') {
      const { type: _type, delta, usage, ...beside } = event
      const merged = { ...asObject(message['usage']), ...asObject(usage) }
      message = { ...message, ...beside, ...asObject(delta), usage: merged }
    }
    if (event['type'] === 'message_stop') break
  }
  for (const [index, text] of texts.entries()) if (text) content[index]!['input'] = JSON.parse(text)
  return { ...message, content: content.length > 0 ? content : (message['content'] ?? []) }
}

/** Null and empty members say no more than absent ones. */
function sparse(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item: Json) => sparse(item) ?? null)
  if (!isObject(value)) return value
  const members = Object.entries(value)
    .filter(([name, member]) => member !== null && !(name === 'citations' && asArray(member).length === 0))
    .map(([name, member]) => [name, sparse(member)])
  return Object.fromEntries(members) as JsonObject
}

test('every recorded answer decodes to the message that it holds', { skip }, () => {
  for (const recorded of answers()) {
    const events = decode(recorded)
    const message = messageOf(recorded)
    const answer = foldAnswer(events)
    assert.equal(answer.error, undefined, recorded.file)
    assert.deepEqual(
      answer.finishes.map(({ native, stopSequence }) => [native, stopSequence ?? null]),
      [[message['stop_reason'], message['stop_sequence'] ?? null]],
      recorded.file,
    )
    const usage = message['usage'] as JsonObject
    const read = (usage['cache_read_input_tokens'] ?? 0) as number
    const written = (usage['cache_creation_input_tokens'] ?? 0) as number
    assert.equal(answer.usage?.inputTokens, (usage['input_tokens'] as number) + read + written, recorded.file)
    assert.equal(answer.usage?.outputTokens, usage['output_tokens'], recorded.file)
    // The encoder is checked against the same message: what it writes must be what the provider sent.
    const encoded = dialect.response.encode(events, context)
    assert.deepEqual(sparse(encoded), sparse(message), recorded.file)
  }
})

test('every recorded answer survives encoding, streamed and whole', { skip }, () => {
  for (const recorded of answers()) {
    const events = decode(recorded)
    const answer = plain(foldAnswer(events))
    const streamed = decodeFrames(encodeStream(events))
    const whole = dialect.response.decode(dialect.response.encode(events, context))
    assert.deepEqual(plain(foldAnswer(streamed)), answer, `${recorded.file}, streamed`)
    assert.deepEqual(plain(foldAnswer(whole)), answer, `${recorded.file}, whole`)
  }
})

test('a stream cut before message_stop never finishes', { skip }, () => {
  let cuts = 0
  for (const { file, response } of answers()) {
    if (response.sse === undefined) continue
    const frames = framesOf(response.sse)
    const stop = frames.findIndex(({ data }) => data.includes('"message_stop"'))
    assert.ok(stop > 0, file)
    const decoder = dialect.stream.decoder()
    for (const frame of frames.slice(0, stop)) {
      cuts++
      for (const { type } of decoder.push(frame)) assert.ok(type !== 'finish' && type !== 'fail', file)
    }
    assert.deepEqual(decoder.end(), [], file)
  }
  assert.ok(cuts > 1000)
})

test('every recorded error has a code of the table', { skip }, () => {
  const codes = entries
    .filter(({ status }) => status >= 400)
    .map(readRecorded)
    .map(({ response }) => dialect.error.decode(response.status, JSON.stringify(response.body)).code)
  assert.deepEqual(codes.toSorted(), ['model_not_found', 'upstream_auth'])
})

/** A request in the form to which the encoder brings every other: see encodeRequest. */
function normal(body: JsonObject): JsonObject {
  const blocks = (content: Json | undefined): Json => {
    const list: readonly Json[] =
      typeof content === 'string' ? [{ type: 'text', text: content }] : asArray(content)
    return list.map((block) => {
      if (!isObject(block) || block['type'] !== 'tool_result') return block
      return block['content'] === undefined ? block : { ...block, content: blocks(block['content']) }
    })
  }
  const { stream, output_format, ...rest } = body
  const messages = asArray(body['messages']).map((message) => ({
    ...asObject(message),
    content: blocks(asObject(message)?.['content']),
  }))
  return {
    ...rest,
    messages,
    ...(stream === true ? { stream } : {}),
    ...(body['system'] === undefined ? {} : { system: blocks(body['system']) }),
    ...(output_format === undefined ? {} : { output_config: { format: output_format } }),
  }
}

test('every recorded request survives decoding and encoding', { skip }, () => {
  let requests = 0
  for (const entry of entries) {
    const { request, file } = readRecorded(entry)
    if (!isObject(request?.body)) continue
    requests++
    const decoded = dialect.request.decode(request.body)
    const { body, dropped } = dialect.request.encode(decoded, { model: decoded.model })
    assert.deepEqual(dropped, [], file)
    assert.deepEqual(sparse(body), sparse(normal(request.body)), file)
  }
  assert.ok(requests > 150)
})

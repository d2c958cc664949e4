import assert from 'node:assert/strict'
import test from 'node:test'
import {
  readRecorded,
  type Recorded,
  recordedEntries,
  recordedStream,
} from '../../../test/support/recorded.ts'
import { foldAnswer } from '../../core/answer.ts'
import type { GenEvent } from '../../core/event.ts'
import { asArray, asObject, isObject, type Json, type JsonObject, parseJson } from '../../core/json.ts'
import { AwsEventStreamParser } from '../../framing/aws-event-stream.ts'
import { bedrockConverse as dialect } from './dialect.ts'

const entries = recordedEntries('bedrock-converse')
const skip = entries.length === 0 ? 'the recorded exchanges are not in this checkout' : false
const answers = (): Recorded[] => entries.map(readRecorded).filter(({ response }) => response.status < 400)
const context = { id: 'id', model: 'model', nowMs: 0, includeUsage: false }

function decode({ response }: Recorded): readonly GenEvent[] {
  const stream = recordedStream(response)
  if (stream === undefined) return dialect.response.decode(response.body ?? null)
  const decoder = dialect.stream.decoder()
  return new AwsEventStreamParser().push(stream).flatMap((frame) => decoder.push(frame))
}

/** The whole answer that a recording holds, accumulated independently of the decoder under test. */
function answerOf({ response }: Recorded): JsonObject {
  const stream = recordedStream(response)
  if (stream === undefined) return withoutTypes(response.body as JsonObject)
  const content: Record<string, Json | undefined>[] = []
  const inputs: string[] = []
  let answer: JsonObject = {}
  for (const { event, data } of new AwsEventStreamParser().push(stream)) {
    const { p: _padding, contentBlockIndex, ...payload } = JSON.parse(data) as JsonObject
    const index = contentBlockIndex as number
    if (event === 'messageStop' || event === 'metadata') answer = { ...answer, ...payload }
    if (event === 'contentBlockStart') content[index] = { ...asObject(payload['start']) }
    if (event !== 'contentBlockDelta') continue
    const block = (content[index] ??= {})
    const { text, toolUse, reasoningContent, toolResult } = payload['delta'] as JsonObject
    if (text !== undefined) block['text'] = `${(block['text'] as string | undefined) ?? ''}${text as string}`
    if (toolUse !== undefined)
      inputs[index] = `${inputs[index] ?? ''}${(toolUse as JsonObject)['input'] as string}`
    if (toolResult !== undefined)
      block['toolResult'] = { ...asObject(block['toolResult']), content: toolResult }
    if (reasoningContent !== undefined) {
      const { text: more, ...others } = reasoningContent as JsonObject
      const earlier = asObject(asObject(block['reasoningContent'])?.['reasoningText'])
      const whole = `${(earlier?.['text'] as string | undefined) ?? ''}${(more as string | undefined) ?? ''}`
      block['reasoningContent'] = { reasoningText: { ...earlier, ...others, text: whole } }
    }
  }
  for (const [index, block] of content.entries()) {
    const tool = asObject(block['toolUse'])
    if (tool) block['toolUse'] = { ...tool, input: parseJson(inputs[index] || '{}') ?? null }
  }
  return { ...answer, output: { message: { role: 'assistant', content } } }
}

/** Some recordings were edited by their authors, who left a `type` beside the text. */
function withoutTypes(body: JsonObject): JsonObject {
  const content = asArray(asObject(asObject(body['output'])?.['message'])?.['content']).map((block) => {
    const { type: _type, ...rest } = block as JsonObject
    return rest
  })
  return { ...body, output: { message: { role: 'assistant', content } } }
}

test('every recorded answer decodes to what it holds, and is written as it was', { skip }, () => {
  for (const recorded of answers()) {
    const events = decode(recorded)
    const wire = answerOf(recorded)
    const answer = foldAnswer(events)
    assert.equal(answer.error, undefined, recorded.file)
    assert.deepEqual(
      answer.finishes.map(({ native }) => native),
      [wire['stopReason']],
      recorded.file,
    )
    const usage = asObject(wire['usage'])
    const count = (name: string) => (usage?.[name] ?? 0) as number
    const input = count('inputTokens') + count('cacheReadInputTokens') + count('cacheWriteInputTokens')
    assert.equal(answer.usage?.inputTokens ?? 0, input, recorded.file)
    assert.equal(answer.usage?.outputTokens ?? 0, count('outputTokens'), recorded.file)
    const total = (answer.usage?.inputTokens ?? 0) + (answer.usage?.outputTokens ?? 0)
    assert.equal(total, count('totalTokens'), recorded.file)
    assert.deepEqual(dialect.response.encode(events, context), wire, recorded.file)
  }
})

test('every recorded error has a code of the table', { skip }, () => {
  const codes = entries
    .filter(({ status }) => status >= 400)
    .map(readRecorded)
    .map(({ response }) => dialect.error.decode(response.status, JSON.stringify(response.body)).code)
  assert.deepEqual(codes.toSorted(), ['context_length_exceeded', 'upstream_auth'])
})

/** A request in the form to which the encoder brings every other: see encodeRequest. */
function normal(body: JsonObject): JsonObject {
  const messages: { role: Json; content: readonly Json[] }[] = []
  for (const message of asArray(body['messages']) as readonly JsonObject[]) {
    const last = messages.at(-1)
    const { role = null, content } = message
    if (last?.role === role) last.content = [...last.content, ...asArray(content)]
    else messages.push({ role, content: asArray(content) })
  }
  const isEmpty = (value: Json | undefined) => Object.keys(value as object).length === 0
  const kept = Object.entries(body).filter(
    ([name, value]) => !(name === 'system' || name === 'inferenceConfig') || !isEmpty(value),
  )
  return withParsedSchema({ ...Object.fromEntries(kept), messages })
}

/** The schema as a value: its text may be spaced otherwise. */
function withParsedSchema(body: JsonObject): JsonObject {
  const text = asObject(asObject(body['outputConfig'])?.['textFormat'])
  const schema = asObject(asObject(text?.['structure'])?.['jsonSchema'])
  if (schema === undefined) return body
  return { ...body, outputConfig: { ...schema, schema: JSON.parse(schema['schema'] as string) as Json } }
}

test('every recorded request survives decoding and encoding', { skip }, () => {
  let requests = 0
  for (const entry of entries) {
    const { request, file } = readRecorded(entry)
    if (!isObject(request?.body)) continue
    requests++
    const decoded = dialect.request.decode(request.body, { model: 'm', stream: entry.streaming })
    const { body, dropped } = dialect.request.encode(decoded, { model: decoded.model })
    assert.deepEqual(dropped, [], file)
    assert.deepEqual(withParsedSchema(body), normal(request.body), file)
  }
  assert.ok(requests > 100)
})

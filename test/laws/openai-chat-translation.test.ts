/** Every recorded exchange of the other dialects, as a client or a provider of Chat Completions would see it. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldAnswer } from '../../src/core/answer.ts'
import type { DialectId, GenEvent } from '../../src/core/event.ts'
import { isObject, type JsonObject } from '../../src/core/json.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { dialects } from '../../src/dialects/registry.ts'
import type { Frame } from '../../src/framing/frame.ts'
import { createFrameParser } from '../../src/framing/frame-parser.ts'
import { hasOpenApi, OpenApiJudge } from '../support/openapi.ts'
import {
  readRecorded,
  type Recorded,
  recordedDir,
  recordedEntries,
  recordedStream,
} from '../support/recorded.ts'

const chat = dialects['openai-chat']
const context = { id: 'chatcmpl-weir', model: 'shown', nowMs: 1_760_000_000_000, includeUsage: true }

const wireDialects: Readonly<Partial<Record<DialectId, string>>> = {
  'openai-responses': 'openai-responses',
  'anthropic-messages': 'anthropic-messages',
  gemini: 'gemini-generate',
  'bedrock-converse': 'bedrock-converse',
  'cohere-chat': 'cohere-chat-v2',
  'ollama-chat': 'ollama-chat',
  'openai-completions': 'openai-completions',
}

/** What OpenAI's document does not know although its API does: calls of custom tools in a stream. */
const isCustomCall = (fault: string) => fault.includes('/tool_calls/0/type')

function* recordings(): Generator<[Dialect, Recorded]> {
  for (const [id, wire] of Object.entries(wireDialects)) {
    for (const entry of recordedEntries(wire)) yield [dialects[id as DialectId], readRecorded(entry)]
  }
}

function decodeFrames(dialect: Dialect, frames: Iterable<Frame>): GenEvent[] {
  const decoder = dialect.stream.decoder()
  const events: GenEvent[] = []
  for (const frame of frames) events.push(...decoder.push(frame))
  return [...events, ...decoder.end()]
}

function decode(dialect: Dialect, { response }: Recorded): readonly GenEvent[] {
  const stream = recordedStream(response)
  if (stream === undefined) return dialect.response.decode(response.body ?? null)
  const parser = createFrameParser(dialect.framing ?? 'sse')
  return decodeFrames(dialect, [...parser.push(stream), ...parser.end()])
}

function encodeStream(events: Iterable<GenEvent>): Frame[] {
  const encoder = chat.stream.encoder(context)
  const frames: Frame[] = []
  for (const event of events) frames.push(...encoder.push(event))
  return [...frames, ...encoder.end()]
}

/** What every dialect can tell of the first choice. */
function told(events: Iterable<GenEvent>): unknown {
  const blocks = foldAnswer(events).blocks.filter(({ choice }) => choice === 0)
  const textOf = (kind: 'text' | 'reasoning' | 'refusal') =>
    blocks.map((block) => (block.kind === kind && !('redacted' in block) ? block.text : '')).join('')
  const calls = blocks.flatMap((block) => (block.kind === 'tool' ? [[block.name, block.text || '{}']] : []))
  return [textOf('text'), textOf('reasoning'), textOf('refusal'), calls]
}

test(
  'answers of other dialects are whole and valid Chat Completions, streamed and not',
  { skip: (recordedDir === undefined || !hasOpenApi) && 'no recorded exchanges here' },
  (t) => {
    const judge = new OpenApiJudge()
    let answers = 0
    let chunks = 0
    for (const [dialect, recorded] of recordings()) {
      if (recorded.response.status >= 400) continue
      const events = decode(dialect, recorded)
      const answer = foldAnswer(events)
      if (answer.error !== undefined || answer.finishes.length === 0) continue
      answers++
      const { file } = recorded
      const whole = chat.response.encode(events, context)
      assert.deepEqual(judge.validate('CreateChatCompletionResponse', whole), [], file)
      const frames = encodeStream(events)
      for (const { data } of frames) {
        if (data === chat.terminator) continue
        chunks++
        const faults = judge.validate('CreateChatCompletionStreamResponse', JSON.parse(data))
        assert.deepEqual(
          faults.filter((fault) => !isCustomCall(fault)),
          [],
          `${file}: ${data}`,
        )
      }
      assert.deepEqual(told(decodeFrames(chat, frames)), told(events), `${file}, streamed`)
      assert.deepEqual(told(chat.response.decode(whole)), told(events), `${file}, whole`)
    }
    t.diagnostic(`${answers} answers, ${chunks} chunks`)
    assert.ok(answers > 800)
  },
)

/** Film goes out in the form that OpenRouter, Qwen and others take; OpenAI's document has none. */
function isPlain(body: JsonObject): boolean {
  return !JSON.stringify(body).includes('"type":"video_url"')
}

/** Recorded requests that the provider refused, or that ask for what OpenAI does not offer. */
const strange: readonly string[] = [
  'openai/openai-responses/test_openai_responses_compact_with_auto_previous_response_id_chain.deb270.2.json',
  'openai/openai-responses/test_openai_responses_model_http_error.77b1de.0.json',
  'vertex/gemini-generate/test_google_vertexai_image_generation_with_output_format.528b63.0.json',
]

test(
  'requests of other dialects become valid Chat Completions requests',
  { skip: (recordedDir === undefined || !hasOpenApi) && 'no recorded exchanges here' },
  (t) => {
    const judge = new OpenApiJudge()
    let requests = 0
    for (const [dialect, { request, file, streaming }] of recordings()) {
      if (!isObject(request?.body)) continue
      const decoded = dialect.request.decode(request.body, { model: 'm', stream: streaming })
      const { body } = chat.request.encode(decoded, { model: 'm' })
      assert.equal(chat.request.decode(body).stream, decoded.stream, file)
      if (!isPlain(body) || strange.includes(file)) continue
      requests++
      assert.deepEqual(judge.validate('CreateChatCompletionRequest', body), [], file)
    }
    t.diagnostic(`${requests} requests`)
    assert.ok(requests > 650)
  },
)

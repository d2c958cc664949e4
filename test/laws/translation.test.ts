/** Every recorded answer of every dialect, translated to Responses: it tells the same and OpenAI's document holds. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, blocksOf, foldAnswer } from '../../src/core/answer.ts'
import type { GenEvent } from '../../src/core/event.ts'
import { openCallId } from '../../src/core/signature.ts'
import { decodeExchange } from '../../src/dialects/conformance.ts'
import { dialects } from '../../src/dialects/registry.ts'
import { createFrameParser } from '../../src/framing/frame-parser.ts'
import { TerminalGuard } from '../../src/upstream/guard.ts'
import { hasOpenApi, OpenApiJudge } from '../support/openapi.ts'
import { readRecorded, recordedEntries, type RecordedEntry, recordedStream } from '../support/recorded.ts'
import { recordedQuirks } from '../support/recorded-quirks.ts'

const target = dialects['openai-responses']
const context = { id: 'resp_1', model: 'assistant', nowMs: 1_760_000_000_000, includeUsage: true }
const sources = [
  ['openai-chat', ['openai-chat', 'mistral-chat'], 400],
  ['anthropic-messages', ['anthropic-messages'], 220],
  ['gemini', ['gemini-generate'], 240],
  ['bedrock-converse', ['bedrock-converse'], 130],
  ['cohere-chat', ['cohere-chat-v2'], 50],
  ['ollama-chat', ['ollama-chat'], 14],
  ['openai-completions', ['openai-completions'], 6],
] as const

for (const [id, wire, atLeast] of sources) {
  const entries = recordedEntries(...wire)
  const skip = (entries.length === 0 || !hasOpenApi) && 'no recorded exchanges or no OpenAPI document here'
  test(`answers of ${id} are valid responses, streamed and whole`, { skip }, (t) => {
    const judge = new OpenApiJudge()
    let count = 0
    for (const entry of entries.filter(({ status }) => status < 400)) {
      const events = decodeEntry(dialects[id], entry)
      const encoder = target.stream.encoder(context)
      const frames = [...events.flatMap((event) => encoder.push(event)), ...encoder.end()]
      for (const { data } of frames) {
        assert.deepEqual(judge.validate('ResponseStreamEvent', JSON.parse(data)), [], `${entry.file} ${data}`)
      }
      const answer = foldAnswer(events)
      if (answer.error) continue
      const body = target.response.encode(events, context)
      assert.deepEqual(judge.validate('Response', body), [], entry.file)
      const decoder = target.stream.decoder()
      const streamed = foldAnswer(frames.flatMap((frame) => decoder.push(frame)))
      assert.deepEqual(summary(streamed), summary(answer), entry.file)
      assert.deepEqual(summary(foldAnswer(target.response.decode(body))), summary(answer), entry.file)
      count++
    }
    t.diagnostic(`${id}: ${count} answers`)
    assert.ok(count >= atLeast)
  })
}

function decodeEntry(
  dialect: (typeof dialects)[keyof typeof dialects],
  entry: RecordedEntry,
): readonly GenEvent[] {
  const { response } = readRecorded(entry)
  const stream = recordedStream(response)
  const quirks = recordedQuirks(entry.provider)
  return decodeExchange({
    dialect,
    framer: () => createFrameParser(dialect.framing ?? 'sse'),
    guard: () => new TerminalGuard(),
    ...(stream === undefined
      ? { body: response.body ?? null, ...(quirks.response && { patch: quirks.response }) }
      : { stream, ...(quirks.event && { patch: quirks.event }) }),
  })
}

/** What a client of any dialect can know of the first choice. */
function summary(answer: Answer) {
  const { usage } = answer
  return {
    blocks: blocksOf(answer, 0).flatMap((block) => {
      if (block.kind === 'native' || block.kind === 'media') return []
      const tool = block.kind === 'tool' ? [openCallId(block.callId).callId, block.name] : []
      return [[block.kind, block.text, ...tool]]
    }),
    usage: usage && [
      usage.inputTokens,
      usage.outputTokens,
      usage.reasoningTokens ?? 0,
      usage.cacheReadTokens ?? 0,
      usage.cacheWriteTokens ?? 0,
    ],
  }
}

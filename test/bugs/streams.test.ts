/** Faults of the field in streams that are translated, 24 and 25: each must not be ours. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { foldAnswer } from '../../src/core/answer.ts'
import { GatewayError } from '../../src/core/error.ts'
import type { DialectId, GenEvent } from '../../src/core/event.ts'
import { parseJson } from '../../src/core/json.ts'
import { openCallId } from '../../src/core/signature.ts'
import { decodeExchange } from '../../src/dialects/conformance.ts'
import type { EncodeContext } from '../../src/dialects/dialect.ts'
import { dialects } from '../../src/dialects/registry.ts'
import { createFrameParser } from '../../src/framing/frame-parser.ts'
import type { Frame } from '../../src/framing/frame.ts'
import { TerminalGuard } from '../../src/upstream/guard.ts'
import { readRecorded, recordedDir, recordedEntries, recordedStream } from '../support/recorded.ts'
import { recordedQuirks } from '../support/recorded-quirks.ts'
import { grammarIds, streamFaults } from '../support/stream-grammar.ts'

const context: EncodeContext = { id: 'answer-1', model: 'm', nowMs: 1_760_000_000_000, includeUsage: true }
/** Those whose answers can call tools. */
const withTools = (Object.keys(dialects) as DialectId[]).filter((id) => id !== 'openai-completions')

function encode(id: DialectId, events: Iterable<GenEvent>): Frame[] {
  const encoder = dialects[id].stream.encoder(context)
  const frames: Frame[] = []
  for (const event of events) frames.push(...encoder.push(event))
  return [...frames, ...encoder.end()]
}

/** What the gateway makes of a provider's frames, through the guard. */
function decode(id: DialectId, frames: Iterable<Frame>): GenEvent[] {
  const decoder = dialects[id].stream.decoder()
  const guard = new TerminalGuard()
  const events: GenEvent[] = []
  for (const frame of frames) for (const event of decoder.push(frame)) events.push(...guard.push(event))
  for (const event of decoder.end()) events.push(...guard.push(event))
  return [...events, ...guard.end()]
}

const started: GenEvent = { type: 'start', id: 'a1', model: 'm' }
const usage: GenEvent = { type: 'usage', usage: { inputTokens: 9, outputTokens: 4 } }

function block(number: number, kind: 'text' | 'reasoning' | 'refusal', ...pieces: string[]): GenEvent[] {
  return [
    { type: 'block-start', block: number, choice: 0, kind },
    ...pieces.map((text): GenEvent => ({ type: 'block-delta', block: number, text })),
    { type: 'block-end', block: number },
  ]
}

function toolBlock(number: number, ...pieces: string[]): GenEvent[] {
  return [
    {
      type: 'block-start',
      block: number,
      choice: 0,
      kind: 'tool',
      callId: `call_${number}`,
      name: 'look_up',
    },
    ...pieces.map((text): GenEvent => ({ type: 'block-delta', block: number, text })),
    { type: 'block-end', block: number },
  ]
}

const finish = (reason: 'stop' | 'tool-calls' | 'length' | 'refusal'): GenEvent => ({
  type: 'finish',
  choice: 0,
  reason,
  native: '',
})
const failed: GenEvent = {
  type: 'fail',
  error: new GatewayError('upstream_overloaded', 'The provider is overloaded.'),
}

const answers: Readonly<Record<string, readonly GenEvent[]>> = {
  'a call first': [started, ...toolBlock(0, '{"a":', '1}'), finish('tool-calls'), usage],
  'a call without arguments': [started, ...toolBlock(0), finish('tool-calls'), usage],
  'two calls': [started, ...toolBlock(0, '{}'), ...toolBlock(1, '{"b":2}'), finish('tool-calls'), usage],
  'text and a call': [
    started,
    ...block(0, 'text', 'Let me see'),
    ...toolBlock(1, '{}'),
    finish('tool-calls'),
  ],
  'reasoning, text': [started, ...block(0, 'reasoning', 'hm'), ...block(1, 'text', 'a', 'b'), finish('stop')],
  'two texts': [started, ...block(0, 'text', 'a'), ...block(1, 'text', 'b'), finish('stop'), usage],
  'a refusal': [started, ...block(0, 'refusal', 'No.'), finish('refusal'), usage],
  'nothing at all': [started, finish('stop'), usage],
  'usage before the text': [started, usage, ...block(0, 'text', 'a'), finish('length'), usage],
  'a failure within a text': [started, ...block(0, 'text', 'a').slice(0, 2), failed],
  'a failure within a call': [started, ...toolBlock(0, '{"a":').slice(0, 2), failed],
}

for (const source of grammarIds) {
  for (const target of grammarIds) {
    test(`25: whatever block comes first, a stream of ${source} is well-formed as ${target}`, () => {
      for (const [name, events] of Object.entries(answers)) {
        const told = decode(source, encode(source, events))
        assert.deepEqual(streamFaults(target, encode(target, told)), [], name)
      }
    })
  }
}

test(
  '25: every recorded stream is well-formed in every dialect',
  { skip: recordedDir === undefined && 'no recorded exchanges here' },
  (t) => {
    const broken: string[] = []
    let streams = 0
    const wire = ['openai-chat', 'mistral-chat', 'openai-responses', 'anthropic-messages', 'bedrock-converse']
    for (const entry of recordedEntries(...wire, 'gemini-generate')) {
      const { response } = readRecorded(entry)
      const stream = recordedStream(response)
      if (stream === undefined || response.status >= 400 || isForeign(entry.file)) continue
      const source = dialects[sourceOf(entry.dialect)]
      const { event: patch } = recordedQuirks(entry.provider)
      const events = decodeExchange({
        dialect: source,
        stream,
        framer: () => createFrameParser(source.framing ?? 'sse'),
        guard: () => new TerminalGuard(),
        ...(patch && { patch }),
      })
      streams++
      // In its own dialect a stream's bytes pass as they came, with the provider's own order.
      for (const target of grammarIds.filter((id) => id !== source.id)) {
        const faults = streamFaults(target, encode(target, events))
        if (faults.length > 0) broken.push(`${entry.file} as ${target}: ${faults.join('; ')}`)
      }
    }
    t.diagnostic(`${streams} streams in ${grammarIds.length - 1} dialects each`)
    assert.equal(broken.length, 0, `${broken.length} broken:\n${broken.slice(0, 20).join('\n')}`)
    assert.ok(streams > 200)
  },
)

/** A call of a tool that only Responses knows: none but its own clients can have asked for it. */
const isForeign = (file: string) => file.includes('local-shell-tool')

function sourceOf(wire: string): DialectId {
  if (wire === 'mistral-chat') return 'openai-chat'
  return wire === 'gemini-generate' ? 'gemini' : (wire as DialectId)
}

const argument = fc.dictionary(
  fc.string({ minLength: 1, unit: 'grapheme' }).filter((name) => name !== '__proto__'),
  fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean(), fc.constant(null)),
  { noNullPrototype: true },
)

test('24: arguments that come one character at a time reassemble equal, from and to every dialect', () => {
  fc.assert(
    fc.property(
      argument,
      fc.constantFrom(...withTools),
      fc.constantFrom(...withTools),
      (value, source, target) => {
        const text = JSON.stringify(value)
        const events = [started, ...toolBlock(0, ...text), finish('tool-calls'), usage]
        const told = decode(source, encode(source, events))
        const again = foldAnswer(decode(target, encode(target, told)))
        const [call] = again.blocks
        assert.ok(call?.kind === 'tool')
        assert.deepEqual([call.name, parseJson(call.text || '{}')], ['look_up', value])
        assert.ok(again.finishes.length === 1 && again.error === undefined)
        assert.ok(openCallId(call.callId).callId !== '')
      },
    ),
  )
})

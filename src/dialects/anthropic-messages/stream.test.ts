import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { foldAnswer } from '../../core/answer.ts'
import { GatewayError } from '../../core/error.ts'
import type { GenEvent } from '../../core/event.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { openCallId } from '../../core/signature.ts'
import { anthropicMessages as dialect } from './dialect.ts'

const context = { id: 'gen-1', model: 'shown', nowMs: 0, includeUsage: true }

function decode(...values: readonly Json[]): GenEvent[] {
  const decoder = dialect.stream.decoder()
  const events = values.flatMap((value) => decoder.push({ data: JSON.stringify(value) }))
  return [...events, ...decoder.end()]
}

/** The data of the frames, parsed; each frame's name is checked to be its data's type. */
function encode(...events: readonly GenEvent[]): JsonObject[] {
  const encoder = dialect.stream.encoder(context)
  const frames = [...events.flatMap((event) => encoder.push(event)), ...encoder.end()]
  return frames.map(({ event, data }) => {
    const value = JSON.parse(data) as JsonObject
    assert.equal(event, value['type'])
    return value
  })
}

const typesOf = (frames: readonly JsonObject[]) => frames.map((frame) => frame['type'])

const opening = {
  type: 'message_start',
  message: { id: 'msg_1', model: 'claude', content: [], usage: { input_tokens: 5, output_tokens: 1 } },
}
const closing = [
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } },
  { type: 'message_stop' },
]

test('cache reads and writes are part of the input tokens, and later counts win', () => {
  const { usage } = foldAnswer(
    decode(
      {
        type: 'message_start',
        message: { id: 'm', usage: { input_tokens: 3, cache_read_input_tokens: 10, output_tokens: 1 } },
      },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: {
          input_tokens: 0,
          cache_read_input_tokens: null,
          cache_creation_input_tokens: 20,
          output_tokens: 7,
        },
      },
      { type: 'message_stop' },
    ),
  )
  assert.equal(usage?.inputTokens, 30)
  assert.equal(usage?.cacheReadTokens, 10)
  assert.equal(usage?.cacheWriteTokens, 20)
  assert.equal(usage?.outputTokens, 7)
})

test('a stream without stop_reason has no finish: its stop is a failure, so that nobody passes it on', () => {
  const events = decode(opening, { type: 'message_stop' })
  assert.ok(!events.some(({ type }) => type === 'finish'))
  assert.equal(events.at(-1)?.type, 'fail')
})

test('an error event and a broken event end the stream in a failure', () => {
  const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
  const last = decode(opening, overloaded, ...closing).at(-1)
  assert.ok(last?.type === 'fail' && last.error.code === 'upstream_overloaded')
  for (const broken of [7, {}, { type: 'content_block_delta', index: 3, delta: { type: 'text_delta' } }]) {
    const event = decode(opening, broken, ...closing).at(-1)
    assert.ok(event?.type === 'fail' && event.error.code === 'upstream_protocol')
  }
  const decoder = dialect.stream.decoder()
  const [event] = decoder.push({ data: '{"type":' })
  assert.ok(event?.type === 'fail' && event.error.code === 'upstream_protocol')
})

test('a tool call without arguments has an empty object', () => {
  const { blocks } = foldAnswer(
    decode(
      opening,
      { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 't', name: 'now' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '' } },
      { type: 'content_block_stop', index: 0 },
      ...closing,
    ),
  )
  assert.equal(blocks[0]?.text, '{}')
})

test('a block that grows by unknown deltas comes back whole', () => {
  const events = decode(
    opening,
    { type: 'content_block_start', index: 0, content_block: { type: 'compaction', content: null } },
    { type: 'content_block_delta', index: 0, delta: { type: 'compaction_delta', content: 'Sum' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'compaction_delta', content: 'mary' } },
    { type: 'content_block_stop', index: 0 },
    ...closing,
  )
  const { content } = dialect.response.encode(events, context)
  assert.deepEqual(content, [{ type: 'compaction', content: 'Summary' }])
})

test('unknown events survive; they carry no answer', () => {
  const news = { type: 'future_event', note: 'x' }
  assert.deepEqual(encode(...decode(opening, news, ...closing))[1], news)
})

test('decoders never throw on anything', () => {
  const piece = fc.oneof(
    fc.jsonValue() as fc.Arbitrary<Json>,
    fc.record(
      {
        type: fc.constantFrom(
          'message_start',
          'message_delta',
          'message_stop',
          'content_block_start',
          'content_block_delta',
          'content_block_stop',
          'error',
          'ping',
        ),
        index: fc.oneof(fc.nat(2), fc.jsonValue()),
        message: fc.oneof(fc.record({ content: fc.jsonValue(), usage: fc.jsonValue() }), fc.jsonValue()),
        content_block: fc.oneof(
          fc.record({ type: fc.constantFrom('text', 'tool_use', 'x') }),
          fc.jsonValue(),
        ),
        delta: fc.oneof(fc.record({ type: fc.constantFrom('text_delta', 'y') }), fc.jsonValue()),
        usage: fc.jsonValue(),
      },
      { requiredKeys: ['type'] },
    ) as fc.Arbitrary<Json>,
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), piece, (values, body) => {
      encode(...decode(...values))
      dialect.response.encode(dialect.response.decode(body), context)
    }),
    { numRuns: 1000 },
  )
})

test('blocks that interleave come out one after the other, in the order in which they open', () => {
  const frames = encode(
    { type: 'start', id: 'chatcmpl-1', model: 'gpt' },
    { type: 'block-start', block: 0, choice: 0, kind: 'tool', callId: 'a', name: 'f' },
    { type: 'block-start', block: 1, choice: 0, kind: 'tool', callId: 'b', name: 'g' },
    { type: 'block-delta', block: 1, text: '{"y":' },
    { type: 'block-delta', block: 0, text: '{}' },
    { type: 'block-delta', block: 1, text: '1}' },
    { type: 'block-end', block: 1 },
    { type: 'block-end', block: 0 },
    { type: 'finish', choice: 0, reason: 'tool-calls', native: 'tool_calls' },
  )
  assert.deepEqual(
    frames.map((frame) => [frame['type'], frame['index']]),
    [
      ['message_start', undefined],
      ...[0, 1].flatMap((index) => [
        ['content_block_start', index],
        ...Array.from({ length: index + 1 }, () => ['content_block_delta', index]),
        ['content_block_stop', index],
      ]),
      ['message_delta', undefined],
      ['message_stop', undefined],
    ],
  )
  assert.deepEqual(frames.at(-2)?.['delta'], { stop_reason: 'tool_use', stop_sequence: null })
})

test('usage that comes after the finish is in message_delta', () => {
  const encoder = dialect.stream.encoder(context)
  const early = [
    ...encoder.push({ type: 'start', id: '', model: '' }),
    ...encoder.push({ type: 'finish', choice: 0, reason: 'length', native: 'length' }),
  ]
  assert.deepEqual(
    early.map(({ event }) => event),
    ['message_start'],
  )
  const usage = { inputTokens: 30, outputTokens: 4, cacheReadTokens: 10, cacheWriteTokens: 5 }
  const [delta, stop] = encoder.push({ type: 'usage', usage })
  const value = JSON.parse(delta?.data ?? '') as JsonObject
  assert.deepEqual(value['usage'], {
    input_tokens: 15,
    cache_creation_input_tokens: 5,
    cache_read_input_tokens: 10,
    output_tokens: 4,
  })
  assert.equal(stop?.event, 'message_stop')
  assert.deepEqual(encoder.end(), [])
})

test('a failure is an error event, and nothing follows it', () => {
  const frames = encode(
    { type: 'block-start', block: 0, choice: 0, kind: 'text' },
    { type: 'fail', error: new GatewayError('upstream_truncated', 'The answer ended early.') },
    { type: 'finish', choice: 0, reason: 'stop', native: 'stop' },
    { type: 'usage', usage: { inputTokens: 1, outputTokens: 1 } },
  )
  assert.deepEqual(typesOf(frames), ['message_start', 'content_block_start', 'error'])
  assert.deepEqual(frames.at(-1)?.['error'], {
    type: 'api_error',
    message: 'The answer ended early.',
    code: 'upstream_truncated',
    details: { error_code: 'upstream_truncated' },
  })
})

test('an answer that is cut is not closed', () => {
  const frames = encode({ type: 'block-start', block: 0, choice: 0, kind: 'text' })
  assert.ok(!typesOf(frames).includes('message_stop'))
})

const signed: GenEvent[] = [
  { type: 'start', id: 'r', model: 'gemini' },
  { type: 'block-start', block: 0, choice: 0, kind: 'reasoning' },
  { type: 'block-delta', block: 0, text: 'hm' },
  { type: 'block-end', block: 0, signature: { dialect: 'openai-responses', value: 'enc', id: 'rs_1' } },
  { type: 'block-start', block: 1, choice: 0, kind: 'tool', callId: 'c1', name: 'f' },
  { type: 'block-delta', block: 1, text: '{"a":1}' },
  { type: 'block-end', block: 1, signature: { dialect: 'gemini', value: 'thought' } },
  { type: 'finish', choice: 0, reason: 'tool-calls', native: 'STOP' },
]

test('signatures of other dialects travel through an Anthropic client and back', () => {
  const streamed = foldAnswer(decode(...encode(...signed)))
  const message = dialect.response.encode(signed, context)
  for (const answer of [streamed, foldAnswer(dialect.response.decode(message))]) {
    const [reasoning, tool] = answer.blocks
    assert.deepEqual(reasoning?.signature, { dialect: 'openai-responses', value: 'enc', id: 'rs_1' })
    assert.ok(tool?.kind === 'tool')
    const opened = { callId: 'c1', signature: { dialect: 'gemini', value: 'thought' } }
    assert.deepEqual(openCallId(tool.callId), opened)
  }
  const content = message['content'] as readonly JsonObject[]
  const { turns } = dialect.request.decode({
    model: 'm',
    messages: [
      { role: 'assistant', content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: content[1]?.['id'] ?? '' }] },
    ],
  })
  assert.deepEqual(turns, [
    {
      role: 'assistant',
      parts: [
        {
          type: 'reasoning',
          text: 'hm',
          signature: { dialect: 'openai-responses', value: 'enc', id: 'rs_1' },
        },
        {
          type: 'tool-call',
          callId: 'c1',
          signature: { dialect: 'gemini', value: 'thought' },
          name: 'f',
          arguments: '{"a":1}',
        },
      ],
    },
    { role: 'tool', parts: [{ type: 'tool-result', callId: 'c1', content: [] }] },
  ])
})

test('a refusal is text with the stop reason for it; citations after the end of a text still reach it', () => {
  const events: GenEvent[] = [
    { type: 'block-start', block: 0, choice: 0, kind: 'text' },
    { type: 'block-delta', block: 0, text: 'See.' },
    { type: 'block-end', block: 0 },
    { type: 'annotation', block: 0, value: { url: 'https://a.example', title: 'A' } },
    { type: 'block-start', block: 1, choice: 0, kind: 'refusal' },
    { type: 'block-delta', block: 1, text: 'No.' },
    { type: 'block-end', block: 1 },
    { type: 'finish', choice: 0, reason: 'stop', native: 'stop' },
  ]
  const whole = dialect.response.encode(events, context)
  assert.equal(whole['stop_reason'], 'refusal')
  for (const again of [decode(...encode(...events)), dialect.response.decode(whole)]) {
    const answer = foldAnswer(again)
    assert.deepEqual(
      answer.blocks.map(({ kind, text, citations }) => [kind, text, citations?.[0]?.url]),
      [
        ['text', 'See.', 'https://a.example'],
        ['text', 'No.', undefined],
      ],
    )
    assert.equal(answer.finishes[0]?.reason, 'refusal')
  }
})

test('freeform input and broken arguments reach the client as an object that keeps the text', () => {
  const tool = (text: string, freeform?: true): GenEvent[] => [
    {
      type: 'block-start',
      block: 0,
      choice: 0,
      kind: 'tool',
      callId: 'c',
      name: 'f',
      ...(freeform ? { freeform } : {}),
    },
    ...[...text].map((character): GenEvent => ({ type: 'block-delta', block: 0, text: character })),
    { type: 'block-end', block: 0 },
    { type: 'finish', choice: 0, reason: 'tool-calls', native: 'tool_calls' },
  ]
  const whole = (events: readonly GenEvent[]) =>
    (dialect.response.encode(events, context)['content'] as readonly JsonObject[])[0]?.['input']
  const streamed = foldAnswer(decode(...encode(...tool('say "hi"\n', true))))
  assert.deepEqual(JSON.parse(streamed.blocks[0]?.text ?? ''), { input: 'say "hi"\n' })
  assert.deepEqual(whole(tool('say "hi"\n', true)), { input: 'say "hi"\n' })
  assert.deepEqual(whole(tool('{"cut')), { invalid_arguments: '{"cut' })
})

test('an error body inside a 200 is a failure, and a body of another form as well', () => {
  const [event] = dialect.response.decode({
    type: 'error',
    error: { type: 'rate_limit_error', message: 'x' },
  })
  assert.ok(event?.type === 'fail' && event.error.code === 'upstream_rate_limit')
  for (const body of [null, [], 'text', {}, { content: 'text' }]) {
    const [broken] = dialect.response.decode(body)
    assert.ok(broken?.type === 'fail' && broken.error.code === 'upstream_protocol')
  }
})

test('a message without a stop reason is not finished', () => {
  const events = dialect.response.decode({ id: 'm', content: [], stop_reason: null })
  assert.ok(!events.some(({ type }) => type === 'finish'))
})

test('error answers of any form are read', () => {
  const body = (type: string, message: string, details?: Json) =>
    JSON.stringify({ type: 'error', error: { type, message, ...(details ? { details } : {}) } })
  const cases: readonly [number, string, string][] = [
    [
      400,
      body('invalid_request_error', 'prompt is too long: 9 tokens > 8 maximum'),
      'context_length_exceeded',
    ],
    [400, body('invalid_request_error', 'Your credit balance is too low'), 'upstream_quota'],
    [400, body('invalid_request_error', 'max_tokens: Field required'), 'upstream_rejected'],
    [403, body('permission_error', 'no'), 'upstream_auth'],
    [413, body('request_too_large', 'big'), 'upstream_rejected'],
    [429, body('rate_limit_error', 'slow', { error_code: 'enforced_spend_limit_reached' }), 'upstream_quota'],
    [429, body('rate_limit_error', 'slow'), 'upstream_rate_limit'],
    [529, body('overloaded_error', 'busy'), 'upstream_overloaded'],
    [502, '<html>Bad gateway</html>', 'upstream_error'],
    [500, '', 'upstream_error'],
    [400, '[]', 'upstream_rejected'],
  ]
  for (const [status, text, code] of cases) assert.equal(dialect.error.decode(status, text).code, code, text)
})

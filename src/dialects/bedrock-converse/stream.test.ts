import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { foldAnswer } from '../../core/answer.ts'
import { GatewayError } from '../../core/error.ts'
import type { GenEvent } from '../../core/event.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Frame } from '../../framing/frame.ts'
import { bedrockConverse as dialect } from './dialect.ts'

const context = { id: 'id', model: 'model', nowMs: 0, includeUsage: false }

type Told = readonly [event: string, payload: Json]

function decode(...told: readonly Told[]): GenEvent[] {
  const decoder = dialect.stream.decoder()
  return told.flatMap(([event, payload]) => decoder.push({ event, data: JSON.stringify(payload) }))
}

function encode(events: readonly GenEvent[]): Told[] {
  const encoder = dialect.stream.encoder(context)
  const frames: Frame[] = events.flatMap((event) => encoder.push(event))
  return [...frames, ...encoder.end()].map(({ event, data }) => [event!, JSON.parse(data) as Json])
}

const messageStart: Told = ['messageStart', { role: 'assistant' }]
const delta = (contentBlockIndex: number, value: JsonObject): Told => [
  'contentBlockDelta',
  { delta: value, contentBlockIndex },
]
const start = (contentBlockIndex: number, value: JsonObject): Told => [
  'contentBlockStart',
  { start: value, contentBlockIndex },
]
const stop = (contentBlockIndex: number): Told => ['contentBlockStop', { contentBlockIndex }]
const end = (stopReason: string): Told => ['messageStop', { stopReason }]
const codeOf = (events: readonly GenEvent[]) =>
  events.flatMap((event) => (event.type === 'fail' ? [event.error.code] : []))

test('blocks of every kind, streamed and whole, and back', () => {
  const tool = { toolUseId: 'b', name: 'look' }
  const told: Told[] = [
    messageStart,
    delta(0, { reasoningContent: { text: 'hm' } }),
    delta(0, { reasoningContent: { signature: 'proof' } }),
    stop(0),
    delta(1, { reasoningContent: { redactedContent: 'cHJvb2Y=' } }),
    stop(1),
    delta(2, { text: 'so' }),
    delta(2, { citation: { title: 'paper', location: { web: { url: 'https://x.example' } } } }),
    stop(2),
    start(3, { toolUse: { toolUseId: 'a', name: 'nova', type: 'server_tool_use' } }),
    delta(3, { toolUse: { input: '{"x":1}' } }),
    stop(3),
    start(4, { toolResult: { toolUseId: 'a', status: 'success' } }),
    delta(4, { toolResult: [{ json: { y: 2 } }] }),
    stop(4),
    start(5, { image: { format: 'png' } }),
    delta(5, { image: { source: { bytes: 'AA==' } } }),
    stop(5),
    start(6, { toolUse: tool }),
    delta(6, { toolUse: { input: '{"at":"it"}' } }),
    stop(6),
    ['messageStop', { stopReason: 'tool_use', additionalModelResponseFields: { a: 1 } }],
    ['metadata', { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 }, metrics: { latencyMs: 4 } }],
  ]
  const events = decode(...told)
  assert.deepEqual(encode(events), told)
  const whole = dialect.response.encode(events, context)
  assert.deepEqual(whole, {
    output: {
      message: {
        role: 'assistant',
        content: [
          { reasoningContent: { reasoningText: { text: 'hm', signature: 'proof' } } },
          { reasoningContent: { redactedContent: 'cHJvb2Y=' } },
          {
            citationsContent: {
              content: [{ text: 'so' }],
              citations: [{ title: 'paper', location: { web: { url: 'https://x.example' } } }],
            },
          },
          { toolUse: { toolUseId: 'a', name: 'nova', type: 'server_tool_use', input: { x: 1 } } },
          { toolResult: { toolUseId: 'a', status: 'success', content: [{ json: { y: 2 } }] } },
          { image: { format: 'png', source: { bytes: 'AA==' } } },
          { toolUse: { ...tool, input: { at: 'it' } } },
        ],
      },
    },
    stopReason: 'tool_use',
    additionalModelResponseFields: { a: 1 },
    usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
    metrics: { latencyMs: 4 },
  })
  const plain = (all: readonly GenEvent[]) => JSON.stringify(foldAnswer(all))
  assert.equal(plain(dialect.response.decode(whole)), plain(events))
})

test('a call without arguments has an empty object', () => {
  const called = [start(0, { toolUse: { toolUseId: 'a', name: 'b' } }), delta(0, { toolUse: { input: '' } })]
  const answer = foldAnswer(decode(...called, stop(0), end('tool_use')))
  assert.equal(answer.blocks[0]?.text, '{}')
})

test('the usage: what the cache read and wrote is part of the input', () => {
  const wire = {
    inputTokens: 10,
    outputTokens: 5,
    totalTokens: 1015,
    cacheReadInputTokens: 800,
    cacheWriteInputTokens: 200,
    cacheDetails: [
      { ttl: '5m', inputTokens: 150 },
      { ttl: '1h', inputTokens: 50 },
    ],
  }
  const { usage } = foldAnswer(decode(['metadata', { usage: wire, serviceTier: { type: 'flex' } }]))
  const { native, ...counts } = usage!
  assert.deepEqual(native?.value, wire)
  assert.deepEqual(counts, {
    inputTokens: 1010,
    outputTokens: 5,
    cacheReadTokens: 800,
    cacheWriteTokens: 200,
    cacheWrite1hTokens: 50,
    serviceTier: 'flex',
  })
  // Usage of another dialect is told in Bedrock's terms.
  const [, metadata] = encode([
    { type: 'finish', choice: 0, reason: 'stop', native: 'stop' },
    { type: 'usage', usage: counts },
  ]).slice(-2)
  assert.deepEqual(metadata, [
    'metadata',
    {
      usage: {
        inputTokens: 10,
        outputTokens: 5,
        totalTokens: 1015,
        cacheReadInputTokens: 800,
        cacheWriteInputTokens: 200,
        cacheDetails: [{ ttl: '1h', inputTokens: 50 }],
      },
    },
  ])
  const junk = [{}, { inputTokens: -1, outputTokens: 1.5 }, { inputTokens: '7' }, { inputTokens: 2 ** 60 }]
  for (const each of junk) assert.equal(foldAnswer(decode(['metadata', { usage: each }])).usage, undefined)
})

test('every reason to stop', () => {
  const rows: readonly [string, string][] = [
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['tool_use', 'tool-calls'],
    ['guardrail_intervened', 'content-filter'],
    ['content_filtered', 'content-filter'],
    ['malformed_model_output', 'error'],
    ['malformed_tool_use', 'error'],
    ['never_heard_of', 'other'],
  ]
  for (const [word, reason] of rows) {
    const events = decode(messageStart, end(word))
    assert.deepEqual(foldAnswer(events).finishes, [{ choice: 0, reason, native: word }])
    assert.deepEqual(encode(events), [messageStart, end(word)])
  }
  const foreign = (reason: 'length' | 'refusal' | 'pause') =>
    encode([{ type: 'finish', choice: 0, reason, native: 'theirs' }])[1]
  assert.deepEqual(foreign('length'), end('max_tokens'))
  assert.deepEqual(foreign('refusal'), end('content_filtered'))
  assert.deepEqual(foreign('pause'), end('theirs'))
})

test('exceptions of a stream, by name', () => {
  const rows: readonly [string, string][] = [
    ['throttlingException', 'upstream_rate_limit'],
    ['modelStreamErrorException', 'upstream_error'],
    ['internalServerException', 'upstream_error'],
    ['serviceUnavailableException', 'upstream_overloaded'],
    ['modelTimeoutException', 'upstream_timeout'],
    ['validationException', 'upstream_rejected'],
    ['brandNewException', 'upstream_error'],
    ['InternalError', 'upstream_error'],
  ]
  for (const [name, code] of rows) {
    const events = decode(messageStart, delta(0, { text: 'a' }), [name, { message: 'no' }], end('end_turn'))
    assert.deepEqual(codeOf(events), [code], name)
    assert.deepEqual(foldAnswer(events).finishes, [])
  }
  const error = new GatewayError('upstream_rate_limit', 'Slow down.')
  assert.deepEqual(encode([{ type: 'fail', error }]), [
    [
      'throttlingException',
      { __type: 'ThrottlingException', message: 'Slow down.', code: 'upstream_rate_limit' },
    ],
  ])
})

test('error bodies, by status and type', () => {
  const code = (status: number, body: string) => dialect.error.decode(status, body).code
  const told = (type: string, message = 'no') => JSON.stringify({ __type: type, message })
  assert.equal(code(403, '{"message":"The security token is invalid."}'), 'upstream_auth')
  assert.equal(code(400, '{"message":"Input is too long for requested model."}'), 'context_length_exceeded')
  assert.equal(code(400, told('ValidationException')), 'upstream_rejected')
  assert.equal(code(400, told('com.amazon.coral#ServiceQuotaExceededException:http://x')), 'upstream_quota')
  assert.equal(code(404, told('ResourceNotFoundException')), 'model_not_found')
  assert.equal(code(408, told('ModelTimeoutException')), 'upstream_timeout')
  assert.equal(code(424, told('ModelErrorException')), 'upstream_error')
  assert.equal(code(429, told('ThrottlingException')), 'upstream_rate_limit')
  assert.equal(code(503, '<html>'), 'upstream_overloaded')
  assert.equal(code(500, ''), 'upstream_error')
  assert.deepEqual(codeOf(dialect.response.decode({ __type: 'ThrottlingException' })), [
    'upstream_rate_limit',
  ])
})

test('what is not of the dialect fails, and never throws', () => {
  const broken: readonly Told[][] = [
    [['messageStart', 7]],
    [start(0, { toolUse: { name: 'no id' } })],
    [['contentBlockStart', {}]],
    [['contentBlockDelta', {}]],
    [delta(0, { toolUse: { input: '{' } })],
  ]
  for (const told of broken)
    assert.deepEqual(codeOf(decode(...told)), ['upstream_protocol'], JSON.stringify(told))
  for (const body of [null, [], {}, { output: {} }, { output: { message: { content: [7] } } }]) {
    assert.deepEqual(codeOf(dialect.response.decode(body)), ['upstream_protocol'], JSON.stringify(body))
  }
  const names = [
    'messageStart',
    'contentBlockStart',
    'contentBlockDelta',
    'contentBlockStop',
    'messageStop',
    'metadata',
    'x',
  ]
  const member = fc.constantFrom(
    'start',
    'delta',
    'toolUse',
    'text',
    'usage',
    'reasoningContent',
    'contentBlockIndex',
    'image',
  )
  const value = fc.letrec((tie) => ({
    any: fc.oneof({ depthSize: 'small' }, fc.jsonValue({ maxDepth: 1 }), fc.dictionary(member, tie('any'))),
  })).any as fc.Arbitrary<Json>
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 8 }), (told) => {
      const events = decode(...told)
      encode(events)
      dialect.response.encode(events, context)
      assert.ok(codeOf(events).every((code) => code.startsWith('upstream_')))
    }),
    { numRuns: 100 },
  )
})

test('an unknown event survives, a block that nobody closed is closed by the end', () => {
  const told: Told[] = [messageStart, ['novelty', { a: 1 }], delta(0, { text: 'a' }), end('end_turn')]
  assert.deepEqual(encode(decode(...told)), [...told.slice(0, 3), stop(0), told[3]])
})

import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { type Answer, foldAnswer } from '../../core/answer.ts'
import { GatewayError } from '../../core/error.ts'
import type { GenEvent } from '../../core/event.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Frame } from '../../framing/frame.ts'
import { openaiChat as dialect } from './dialect.ts'

const context = { id: 'chatcmpl-weir', model: 'shown', nowMs: 1_700_000_000_500, includeUsage: true }

function chunk(delta: JsonObject, finish_reason: string | null = null, index = 0): JsonObject {
  return { id: 'c1', created: 1_700_000_000, model: 'm', choices: [{ index, delta, finish_reason }] }
}

function decodeChunks(...chunks: readonly Json[]): GenEvent[] {
  const decoder = dialect.stream.decoder()
  const events = chunks.flatMap((value) => decoder.push({ data: JSON.stringify(value) }))
  return [...events, ...decoder.push({ data: '[DONE]' }), ...decoder.end()]
}

const answerOf = (...chunks: readonly Json[]): Answer => foldAnswer(decodeChunks(...chunks))
const toolsOf = (answer: Answer) =>
  answer.blocks.flatMap((block) => (block.kind === 'tool' ? [[block.callId, block.name, block.text]] : []))

function encode(events: Iterable<GenEvent>, includeUsage = true): Frame[] {
  const encoder = dialect.stream.encoder({ ...context, includeUsage })
  const frames: Frame[] = []
  for (const event of events) frames.push(...encoder.push(event))
  return [...frames, ...encoder.end()]
}

const parsed = (frames: readonly Frame[]) =>
  frames.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data) as JsonObject)
const deltasOf = (frames: readonly Frame[]) =>
  parsed(frames).flatMap(({ choices }) => (choices as readonly JsonObject[]).map(({ delta }) => delta))

const call = (fields: JsonObject, args: Json, name?: string): JsonObject => ({
  tool_calls: [{ ...fields, function: { ...(name === undefined ? {} : { name }), arguments: args } }],
})

test('tool calls are told apart by index, id or order', () => {
  const byIndex = answerOf(
    chunk(call({ index: 0, id: 'a' }, '{"x"', 'f')),
    chunk(call({ index: 1, id: 'b' }, '{', 'g')),
    chunk(call({ index: 0 }, ':1}')),
    chunk(call({ index: 1 }, '}')),
    chunk({}, 'tool_calls'),
  )
  assert.deepEqual(toolsOf(byIndex), [
    ['a', 'f', '{"x":1}'],
    ['b', 'g', '{}'],
  ])
  const repeatingId = answerOf(
    chunk(call({ id: 'a' }, '{"x"', 'f')),
    chunk(call({ id: 'a' }, ':1}', 'f')),
    chunk(call({ id: 'b' }, '{}', 'f')),
    chunk({}, 'tool_calls'),
  )
  assert.deepEqual(toolsOf(repeatingId), [
    ['a', 'f', '{"x":1}'],
    ['b', 'f', '{}'],
  ])
  const oneIndexForAll = answerOf(
    chunk(call({ index: 0, id: 'a' }, '{}', 'f')),
    chunk(call({ index: 0, id: 'b' }, '{}', 'f')),
    chunk({}, 'tool_calls'),
  )
  assert.deepEqual(
    toolsOf(oneIndexForAll).map(([id]) => id),
    ['a', 'b'],
  )
})

test('calls without ids get ids of their own, arguments may be parsed, and names may come late', () => {
  const nameless = answerOf(chunk(call({}, { x: 1 }, 'f')), chunk(call({}, { y: 2 }, 'f')), chunk({}, 'stop'))
  assert.deepEqual(toolsOf(nameless), [
    ['call_c1_0_0', 'f', '{"x":1}'],
    ['call_c1_0_1', 'f', '{"y":2}'],
  ])
  assert.equal(nameless.finishes[0]?.reason, 'tool-calls')
  assert.equal(nameless.finishes[0]?.native, 'stop')
  const late = answerOf(
    chunk(call({ index: 0, id: 'a' }, '{"x"')),
    chunk(call({ index: 0 }, ':1}', 'f')),
    chunk({}, 'tool_calls'),
  )
  assert.deepEqual(toolsOf(late), [['a', 'f', '{"x":1}']])
})

test('input for a call that was complete fails rather than vanishes', () => {
  const { error } = answerOf(
    chunk(call({ index: 0, id: 'a' }, '{}', 'f')),
    chunk(call({ index: 1, id: 'b' }, '{}', 'g')),
    chunk(call({ index: 0 }, '{"x":1}')),
  )
  assert.equal(error?.code, 'upstream_protocol')
})

test('a legacy function call is a tool call, and goes out as it came', () => {
  const events = decodeChunks(
    chunk({ function_call: { name: 'f', arguments: '{"x"' } }),
    chunk({ function_call: { arguments: ':1}' } }),
    chunk({}, 'function_call'),
  )
  assert.deepEqual(toolsOf(foldAnswer(events)), [['call_c1_0_0', 'f', '{"x":1}']])
  const [choice] = dialect.response.encode(events, context)['choices'] as readonly JsonObject[]
  assert.deepEqual((choice!['message'] as JsonObject)['function_call'], { name: 'f', arguments: '{"x":1}' })
  assert.equal(choice!['finish_reason'], 'function_call')
})

test('reasoning is read from every field that is in use, and once where two tell the same', () => {
  const detail = (text: string) => ({ type: 'reasoning.text', text, index: 0 })
  const forms: readonly JsonObject[] = [
    { reasoning_content: 'why' },
    { reasoning: 'why' },
    { reasoning: 'why', reasoning_details: [detail('why')] },
    { reasoning_details: [detail('wh'), detail('y')] },
    { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'why' }] }] },
  ]
  for (const form of forms) {
    const { blocks } = answerOf(chunk(form), chunk({ content: 'so' }), chunk({}, 'stop'))
    assert.deepEqual(
      blocks.map(({ kind, text }) => [kind, text]),
      [
        ['reasoning', 'why'],
        ['text', 'so'],
      ],
      JSON.stringify(form),
    )
  }
})

test('the proof of reasoning is kept, whole, streamed and through another turn', () => {
  const proof = { type: 'reasoning.text', signature: 'sig', format: 'anthropic-claude-v1', index: 0 }
  const events = decodeChunks(
    chunk({ reasoning: 'why', reasoning_details: [{ type: 'reasoning.text', text: 'why', index: 0 }] }),
    chunk({ reasoning_details: [proof] }),
    chunk({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'secret', id: 'rs_1', index: 1 }] }),
    chunk({}, 'stop'),
  )
  const streamed = foldAnswer(decodeChunks(...parsed(encode(events))))
  const whole = dialect.response.encode(events, context)
  for (const answer of [foldAnswer(events), streamed, foldAnswer(dialect.response.decode(whole))]) {
    assert.deepEqual(
      answer.blocks.map(({ kind, text, signature }) => [kind, text, JSON.parse(signature?.value ?? 'null')]),
      [
        ['reasoning', 'why', proof],
        ['reasoning', '', { type: 'reasoning.encrypted', data: 'secret', id: 'rs_1', index: 1 }],
      ],
    )
  }
  const [choice] = whole['choices'] as readonly JsonObject[]
  const request = dialect.request.decode({ model: 'm', messages: [choice!['message'] as JsonObject] })
  const { body } = dialect.request.encode(request, { model: 'm' })
  const [message] = body['messages'] as readonly JsonObject[]
  assert.deepEqual(message!['reasoning_details'], [
    { ...proof, text: 'why' },
    { type: 'reasoning.encrypted', data: 'secret', id: 'rs_1', index: 1 },
  ])
})

const foreign: readonly GenEvent[] = [
  { type: 'start', id: '', model: '' },
  { type: 'block-start', block: 0, choice: 0, kind: 'reasoning' },
  { type: 'block-delta', block: 0, text: 'why' },
  { type: 'block-end', block: 0, signature: { dialect: 'anthropic-messages', value: 'proof' } },
  { type: 'block-start', block: 1, choice: 0, kind: 'reasoning', summary: true },
  { type: 'block-delta', block: 1, text: 'in short' },
  { type: 'block-end', block: 1, signature: { dialect: 'openai-responses', value: 'enc', id: 'rs_1' } },
  { type: 'block-start', block: 2, choice: 0, kind: 'text' },
  { type: 'block-delta', block: 2, text: 'It is\n' },
  { type: 'annotation', block: 2, value: { url: 'https://a.example', title: 'A' } },
  { type: 'annotation', block: 2, value: { citedText: 'a page of a document' } },
  { type: 'block-end', block: 2 },
  { type: 'logprobs', block: 2, values: [{ token: 'It', logprob: -0.5 }] },
  { type: 'block-start', block: 3, choice: 0, kind: 'tool', callId: 'a', name: 'f' },
  { type: 'block-delta', block: 3, text: '{"x"' },
  { type: 'block-start', block: 4, choice: 0, kind: 'tool', callId: 'b', name: 'g' },
  { type: 'block-delta', block: 3, text: ':1}' },
  { type: 'block-end', block: 4, signature: { dialect: 'gemini', value: 'thought' } },
  { type: 'block-end', block: 3 },
  { type: 'usage', usage: { inputTokens: 7, outputTokens: 5, cacheReadTokens: 3, serviceTier: 'standard' } },
  { type: 'finish', choice: 0, reason: 'tool-calls', native: 'tool_use' },
]

test('an answer of another dialect streams as OpenAI streams', () => {
  const frames = encode(foreign)
  assert.equal(frames.at(-1)?.data, '[DONE]')
  const [first, ...others] = parsed(frames)
  assert.deepEqual(first, {
    id: 'chatcmpl-weir',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'shown',
    choices: [{ index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }],
  })
  assert.deepEqual(others.at(-1)?.['choices'], [])
  assert.deepEqual(others.at(-1)?.['usage'], {
    prompt_tokens: 7,
    completion_tokens: 5,
    total_tokens: 12,
    prompt_tokens_details: { cached_tokens: 3 },
  })
  const deltas = deltasOf(frames)
  const text = { content: 'It is\n' }
  assert.deepEqual(deltas.slice(1, 3), [
    { reasoning_content: 'why' },
    {
      reasoning_details: [
        { type: 'reasoning.text', text: 'why', signature: 'weir.anthropic-messages..proof', index: 0 },
      ],
    },
  ])
  assert.deepEqual(deltas[5], text)
  assert.deepEqual(deltas[6], {
    annotations: [
      {
        type: 'url_citation',
        url_citation: { url: 'https://a.example', title: 'A', start_index: 0, end_index: 0 },
      },
    ],
  })
  const a = { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{"x"' } }
  assert.deepEqual(deltas.slice(8, 10), [
    { tool_calls: [a] },
    { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] },
  ])
})

test('usage is streamed only to those who asked for it', () => {
  assert.ok(!encode(foreign, false).some(({ data }) => data.includes('prompt_tokens')))
})

test('signatures of other dialects come back with the client’s next request', () => {
  const whole = dialect.response.encode(foreign, context)
  const [choice] = whole['choices'] as readonly JsonObject[]
  const streamedCalls = deltasOf(encode(foreign)).filter((delta) => (delta as JsonObject)['tool_calls'])
  assert.ok(JSON.stringify(streamedCalls).includes('b__weirsig_'))
  const { turns } = dialect.request.decode({ model: 'm', messages: [choice!['message'] as JsonObject] })
  assert.deepEqual(turns[0]?.parts, [
    { type: 'reasoning', text: 'why', signature: { dialect: 'anthropic-messages', value: 'proof' } },
    {
      type: 'reasoning',
      text: 'in short',
      summary: true,
      signature: { dialect: 'openai-responses', value: 'enc', id: 'rs_1' },
    },
    { type: 'text', text: 'It is\n' },
    { type: 'tool-call', callId: 'a', name: 'f', arguments: '{"x":1}' },
    {
      type: 'tool-call',
      callId: 'b',
      name: 'g',
      arguments: '{}',
      signature: { dialect: 'gemini', value: 'thought' },
    },
  ])
})

test('a failure is told once, and ends the stream without a terminator', () => {
  const error = new GatewayError('upstream_truncated', 'It broke.')
  const frames = encode([...foreign.slice(0, 9), { type: 'fail', error }, ...foreign.slice(9)])
  assert.deepEqual(JSON.parse(frames.at(-1)!.data), {
    error: { message: 'It broke.', type: 'server_error', param: null, code: 'upstream_truncated' },
  })
  assert.ok(!frames.some(({ data }) => data.includes('"finish_reason":"') || data === '[DONE]'))
})

test('errors inside of a stream fail, in each of their forms', () => {
  const error = { message: 'no', type: 'invalid_request_error', code: 'tool_use_failed' }
  const decoder = dialect.stream.decoder()
  const [named] = decoder.push({ event: 'error', data: JSON.stringify({ error }) })
  assert.equal(named?.type === 'fail' && named.error.code, 'upstream_rejected')
  const beside = answerOf({ ...chunk({ content: 'x' }), error: { code: 502, message: 'gone' } })
  assert.equal(beside.error?.code, 'upstream_error')
  assert.deepEqual(
    dialect.stream
      .decoder()
      .push({ data: '{"id":' })
      .map(({ type }) => type),
    ['fail'],
  )
})

test('usage is taken from wherever it stands, and later explicit values win', () => {
  const usage = { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 }
  const later = { prompt_tokens: 5, completion_tokens: 2, total_tokens: null }
  const answer = answerOf(
    { ...chunk({ content: 'x' }), usage, service_tier: 'flex' },
    { ...chunk({}, 'stop'), usage: null },
    { id: 'c1', choices: [], usage: later },
  )
  assert.equal(answer.usage?.outputTokens, 2)
  assert.equal(answer.usage?.serviceTier, 'flex')
  assert.equal(answer.usage?.native?.value['total_tokens'], 6)
})

test('tokens that only the total counts are counted where the details name them', () => {
  const usageOf = (usage: JsonObject) => {
    const { usage: told } = answerOf({ ...chunk({ content: 'x' }), usage })
    return [told?.inputTokens, told?.outputTokens]
  }
  const counts = { prompt_tokens: 9, completion_tokens: 2 }
  const reasoning = { completion_tokens_details: { reasoning_tokens: 5 } }
  assert.deepEqual(usageOf({ ...counts, total_tokens: 16, ...reasoning }), [9, 7])
  assert.deepEqual(usageOf({ ...counts, total_tokens: 11, ...reasoning }), [9, 2])
  const audio = { prompt_tokens_details: { audio_tokens: 30 } }
  assert.deepEqual(usageOf({ ...counts, total_tokens: 41, ...audio }), [39, 2])
  assert.deepEqual(usageOf({ ...counts, total_tokens: 40, ...audio }), [9, 2])
})

test('what only the provider knows is kept as one native event, without padding', () => {
  const events = decodeChunks(
    { choices: [], id: '', model: '', prompt_filter_results: [{ prompt_index: 0 }] },
    {
      ...chunk({ content: 'x', audio: { id: 'a', data: 'AA', transcript: 'he' } }),
      obfuscation: 'pad',
      p: 'pad',
    },
    { ...chunk({ audio: { data: 'BB', transcript: 'y' } }), citations: ['u'] },
    chunk({}, 'stop'),
  )
  const { natives, id } = foldAnswer(events)
  assert.equal(id, 'c1')
  assert.deepEqual(JSON.parse(JSON.stringify(natives)), [
    {
      dialect: 'openai-chat',
      value: {
        prompt_filter_results: [{ prompt_index: 0 }],
        citations: ['u'],
        choices: [{ index: 0, message: { audio: { id: 'a', data: 'AABB', transcript: 'hey' } } }],
      },
    },
  ])
})

test('an empty finish_reason is no end in a stream, but a whole answer has ended', () => {
  assert.deepEqual(answerOf(chunk({ content: 'x' }, '')).finishes, [])
  const body = { choices: [{ index: 0, message: { content: 'x' }, finish_reason: '' }] }
  assert.equal(foldAnswer(dialect.response.decode(body)).finishes[0]?.reason, 'stop')
})

test('ends of other dialects are told in OpenAI’s words', () => {
  const wordOf = (reason: GenEvent & { type: 'finish' }) => {
    const [, frame] = encode([reason])
    return (parsed([frame!])[0]!['choices'] as readonly JsonObject[])[0]!['finish_reason']
  }
  const finish = { type: 'finish', choice: 0 } as const
  assert.equal(wordOf({ ...finish, reason: 'stop', native: 'end_turn' }), 'stop')
  assert.equal(wordOf({ ...finish, reason: 'length', native: 'MAX_TOKENS' }), 'length')
  assert.equal(wordOf({ ...finish, reason: 'refusal', native: 'refusal' }), 'content_filter')
  assert.equal(wordOf({ ...finish, reason: 'pause', native: 'pause_turn' }), 'length')
  assert.equal(wordOf({ ...finish, reason: 'stop', native: 'eos' }), 'eos')
})

test('pictures in an answer are carried as images', () => {
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
  const events = decodeChunks(chunk({ images: [image] }), chunk({}, 'stop'))
  const [block] = foldAnswer(events).blocks
  assert.deepEqual(block?.kind === 'media' && block.source, {
    at: 'base64',
    mimeType: 'image/png',
    data: 'AAAA',
  })
  assert.deepEqual(deltasOf(encode(events))[1], { images: [image] })
})

test('no chunk and no body makes the decoder throw', () => {
  const member = fc.constantFrom(
    'choices',
    'delta',
    'message',
    'index',
    'tool_calls',
    'function',
    'function_call',
    'arguments',
    'content',
    'reasoning_details',
    'logprobs',
    'usage',
    'finish_reason',
    'error',
    'annotations',
    'images',
    'audio',
    'type',
    'id',
    '__proto__',
  )
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom<Json>(null, true, 0, -1, 1e300, '', 'text', 'reasoning.text', 'thinking', [], {}),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(member, tie('value'), { maxKeys: 5 }) as fc.Arbitrary<Json>,
    ),
  }))
  const chunks = fc.array(
    fc.record({
      id: fc.constant('c'),
      choices: fc.array(
        fc.record({ index: fc.nat(1), delta: value, finish_reason: value, logprobs: value }),
        { maxLength: 2 },
      ),
      usage: value,
    }),
    { maxLength: 4 },
  )
  fc.assert(
    fc.property(chunks, value, (list, body) => {
      for (const events of [decodeChunks(...list), decodeChunks(body), dialect.response.decode(body)]) {
        encode(events)
        dialect.response.encode(events, context)
      }
    }),
    { numRuns: 300 },
  )
})

import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { hasOpenApi, OpenApiJudge } from '../../../test/support/openapi.ts'
import { foldAnswer } from '../../core/answer.ts'
import { GatewayError } from '../../core/error.ts'
import type { GenEvent } from '../../core/event.ts'
import { asArray, asObject, type Json, type JsonObject, parseJson } from '../../core/json.ts'
import { openaiResponses } from './dialect.ts'

const context = { id: 'resp_1', model: 'assistant', nowMs: 1_760_000_000_000, includeUsage: true }
const start: GenEvent = { type: 'start', id: 'msg_01A', model: 'claude' }
const finish: GenEvent = { type: 'finish', choice: 0, reason: 'stop', native: 'end_turn' }

function encode(events: readonly GenEvent[]): JsonObject[] {
  const encoder = openaiResponses.stream.encoder(context)
  const frames = [...events.flatMap((event) => encoder.push(event)), ...encoder.end()]
  return frames.map(({ event, data }) => {
    const value = asObject(parseJson(data)) ?? {}
    assert.equal(event, value['type'])
    return value
  })
}

function decode(...events: readonly JsonObject[]): GenEvent[] {
  const decoder = openaiResponses.stream.decoder()
  return [...events.flatMap((event) => decoder.push({ data: JSON.stringify(event) })), ...decoder.end()]
}

function text(block: number, value: string): GenEvent[] {
  return [
    { type: 'block-start', block, choice: 0, kind: 'text' },
    { type: 'block-delta', block, text: value },
    { type: 'block-end', block },
  ]
}

const types = (events: readonly JsonObject[]) => events.map(({ type }) => type)

test('reasoning that is shown as it is has a content part, without which clients cannot gather it', () => {
  const native = { dialect: 'openai-responses', fields: { id: 'rs_1' } } as const
  const events = encode([
    start,
    { type: 'block-start', block: 0, choice: 0, kind: 'reasoning', native },
    { type: 'block-delta', block: 0, text: 'Because' },
    { type: 'block-end', block: 0 },
    finish,
  ])
  assert.deepEqual(types(events).slice(2, -1), [
    'response.output_item.added',
    'response.content_part.added',
    'response.reasoning_text.delta',
    'response.reasoning_text.done',
    'response.content_part.done',
    'response.output_item.done',
  ])
})

test('the grammar of a text answer', () => {
  const events = encode([
    start,
    ...text(0, 'Hi'),
    finish,
    { type: 'usage', usage: { inputTokens: 9, outputTokens: 2, cacheReadTokens: 4 } },
  ])
  assert.deepEqual(types(events), [
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.delta',
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.completed',
  ])
  assert.deepEqual(
    events.map((event) => event['sequence_number']),
    [...events.keys()],
  )
  const response = asObject(events.at(-1)?.['response'])
  assert.deepEqual(response?.['output'], [
    {
      id: 'msg_weir_msg_01A_0',
      type: 'message',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Hi', annotations: [], logprobs: [] }],
    },
  ])
  assert.deepEqual(response?.['usage'], {
    input_tokens: 9,
    input_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
    output_tokens: 2,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 11,
  })
})

test('the terminal event waits for usage that comes after the finish, at the longest for the end', () => {
  const encoder = openaiResponses.stream.encoder(context)
  const isTerminal = ({ event }: { event?: string }) => event === 'response.completed'
  for (const event of [start, ...text(0, 'a'), finish]) assert.ok(!encoder.push(event).some(isTerminal))
  const [last, ...rest] = encoder.push({ type: 'usage', usage: { inputTokens: 1, outputTokens: 1 } })
  assert.ok(last && isTerminal(last))
  assert.deepEqual([...rest, ...encoder.end()], [])
  assert.equal(encode([start, ...text(0, 'a'), finish]).at(-1)?.['type'], 'response.completed')
  assert.ok(!types(encode([start, ...text(0, 'a')])).includes('response.completed'))
})

test('neighbouring texts are parts of one message; an annotation may follow the end of its block', () => {
  const events = encode([
    start,
    ...text(0, 'one'),
    { type: 'annotation', block: 0, value: { url: 'https://a.example', title: 'A' } },
    ...text(1, 'two'),
    finish,
  ])
  const [message, ...others] = asArray(asObject(events.at(-1)?.['response'])?.['output'])
  assert.deepEqual(others, [])
  assert.deepEqual(asObject(message)?.['content'], [
    {
      type: 'output_text',
      text: 'one',
      annotations: [
        { type: 'url_citation', url: 'https://a.example', title: 'A', start_index: 0, end_index: 3 },
      ],
      logprobs: [],
    },
    { type: 'output_text', text: 'two', annotations: [], logprobs: [] },
  ])
  const order = types(events)
  assert.ok(
    order.indexOf('response.output_text.annotation.added') < order.indexOf('response.output_text.done'),
  )
})

test('blocks that interleave are items that are open at once', () => {
  const events = encode([
    start,
    { type: 'block-start', block: 0, choice: 0, kind: 'text' },
    { type: 'block-start', block: 1, choice: 0, kind: 'tool', callId: 'call_a', name: 'f' },
    { type: 'block-start', block: 2, choice: 0, kind: 'tool', callId: 'call_b', name: 'g', freeform: true },
    { type: 'block-delta', block: 1, text: '{"x":' },
    { type: 'block-delta', block: 2, text: 'SEL' },
    { type: 'block-delta', block: 0, text: 'late' },
    { type: 'block-delta', block: 1, text: '1}' },
    { type: 'block-delta', block: 2, text: 'ECT' },
    { type: 'block-end', block: 2 },
    { type: 'block-end', block: 0 },
    { type: 'block-end', block: 1 },
    { type: 'finish', choice: 0, reason: 'tool-calls', native: 'tool_use' },
  ])
  const answer = foldAnswer(decode(...events))
  assert.deepEqual(
    answer.blocks.map((block) => [block.kind, block.text]),
    [
      ['text', 'late'],
      ['tool', '{"x":1}'],
      ['tool', 'SELECT'],
    ],
  )
  assert.equal(answer.finishes[0]?.reason, 'tool-calls')
})

test("a tool call's id carries the signature that comes with its end, in every event", () => {
  const events = encode([
    start,
    { type: 'block-start', block: 0, choice: 0, kind: 'tool', callId: 'call_a', name: 'f' },
    { type: 'block-delta', block: 0, text: '{}' },
    { type: 'block-end', block: 0, signature: { dialect: 'gemini', value: 'proof' } },
    { type: 'finish', choice: 0, reason: 'tool-calls', native: 'STOP' },
  ])
  const ids = events.flatMap(({ item }) => asObject(item)?.['call_id'] ?? [])
  assert.equal(ids.length, 2)
  assert.equal(new Set(ids).size, 1)
  const request = openaiResponses.request.decode({
    model: 'm',
    input: [{ type: 'function_call', call_id: ids[0]!, name: 'f', arguments: '{}' }],
  })
  assert.deepEqual(request.turns[0]?.parts[0], {
    type: 'tool-call',
    callId: 'call_a',
    signature: { dialect: 'gemini', value: 'proof' },
    name: 'f',
    arguments: '{}',
    native: { dialect: 'openai-responses', fields: {} },
  })
})

test('reasoning of another dialect is a summary with a sealed signature, and comes back as it was', () => {
  const events = encode([
    start,
    { type: 'block-start', block: 0, choice: 0, kind: 'reasoning' },
    { type: 'block-delta', block: 0, text: 'Let me think.' },
    { type: 'block-end', block: 0, signature: { dialect: 'anthropic-messages', value: 'sig' } },
    { type: 'block-start', block: 1, choice: 0, kind: 'reasoning', redacted: true },
    { type: 'block-end', block: 1, signature: { dialect: 'anthropic-messages', value: 'hidden' } },
    finish,
  ])
  const output = asArray(asObject(events.at(-1)?.['response'])?.['output'])
  assert.deepEqual(asObject(output[0])?.['summary'], [{ type: 'summary_text', text: 'Let me think.' }])
  assert.deepEqual(asObject(output[1])?.['summary'], [])
  const { turns } = openaiResponses.request.decode({ model: 'm', input: output })
  assert.deepEqual(
    turns[0]?.parts.map((part) => part.type === 'reasoning' && [part.text, part.redacted, part.signature]),
    [
      ['Let me think.', undefined, { dialect: 'anthropic-messages', value: 'sig' }],
      ['', true, { dialect: 'anthropic-messages', value: 'hidden' }],
    ],
  )
})

test('an image is a call of the image tool; other media, choices and foreign native blocks are left out', () => {
  const events = encode([
    start,
    {
      type: 'block-start',
      block: 0,
      choice: 0,
      kind: 'media',
      media: 'image',
      source: { at: 'base64', mimeType: 'image/png', data: 'aGk=' },
    },
    { type: 'block-end', block: 0 },
    { type: 'block-start', block: 1, choice: 0, kind: 'native', dialect: 'gemini', value: {} },
    { type: 'block-end', block: 1 },
    { type: 'block-start', block: 2, choice: 1, kind: 'text' },
    { type: 'block-delta', block: 2, text: 'other' },
    finish,
  ])
  assert.deepEqual(asObject(events.at(-1)?.['response'])?.['output'], [
    { id: 'ig_weir_msg_01A_0', type: 'image_generation_call', status: 'completed', result: 'aGk=' },
  ])
})

test('a failure is an error event and a failed response, and nothing after', () => {
  const error = new GatewayError('upstream_truncated', 'It ended early.')
  const events = encode([
    start,
    ...text(0, 'part').slice(0, 2),
    { type: 'fail', error },
    ...text(1, 'x'),
    finish,
  ])
  assert.deepEqual(types(events).slice(-2), ['error', 'response.failed'])
  const told = events.at(-2)
  assert.equal(told?.['code'], 'upstream_truncated')
  assert.equal(asObject(told?.['error'])?.['message'], 'It ended early.')
  const response = asObject(events.at(-1)?.['response'])
  assert.equal(response?.['status'], 'failed')
  assert.deepEqual(response?.['error'], { code: 'server_error', message: 'It ended early.' })
  assert.equal(asObject(asArray(response?.['output'])[0])?.['status'], 'incomplete')
  const again = foldAnswer(decode(...events))
  assert.equal(again.error?.code, 'upstream_error')
  assert.deepEqual(again.finishes, [])
  if (!hasOpenApi) return
  const judge = new OpenApiJudge()
  for (const event of events) assert.deepEqual(judge.validate('ResponseStreamEvent', event), [])
})

test('the reason of an ending becomes status and details, and comes back', () => {
  const statusOf = (reason: (GenEvent & { type: 'finish' })['reason']) => {
    const body = openaiResponses.response.encode(
      [start, ...text(0, 'a'), { ...finish, reason } as GenEvent],
      context,
    )
    return [body['status'], asObject(body['incomplete_details'])?.['reason']]
  }
  assert.deepEqual(statusOf('stop'), ['completed', undefined])
  assert.deepEqual(statusOf('length'), ['incomplete', 'max_output_tokens'])
  assert.deepEqual(statusOf('content-filter'), ['incomplete', 'content_filter'])
  assert.deepEqual(statusOf('refusal'), ['incomplete', 'content_filter'])
  assert.deepEqual(statusOf('pause'), ['incomplete', undefined])
  const cut = { status: 'incomplete', incomplete_details: { reason: 'something_new' }, output: [] }
  const events = openaiResponses.response.decode(cut)
  assert.equal(foldAnswer(events).finishes[0]?.native, 'something_new')
  assert.deepEqual(openaiResponses.response.encode(events, context)['incomplete_details'], {
    reason: 'something_new',
  })
})

test('log probabilities and a refusal survive both forms', () => {
  const logprobs = [
    {
      token: 'é',
      logprob: -0.5,
      bytes: [195, 169],
      top_logprobs: [{ token: 'e', logprob: -1, bytes: [101] }],
    },
  ]
  const body = {
    id: 'resp_x',
    object: 'response',
    status: 'completed',
    output: [
      {
        id: 'msg_x',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [
          { type: 'output_text', text: 'é', annotations: [], logprobs },
          { type: 'refusal', refusal: 'No.' },
        ],
      },
    ],
  }
  const events = openaiResponses.response.decode(body)
  assert.equal(foldAnswer(events).finishes[0]?.reason, 'refusal')
  const again = openaiResponses.response.encode(events, context)
  assert.deepEqual(again['output'], body.output)
  const streamed = decode(...encode(events))
  assert.deepEqual(foldAnswer(streamed).blocks, foldAnswer(events).blocks)
})

test('what no delta told is taken from the item, else from the response, and never twice', () => {
  const item = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    content: [{ type: 'output_text', text: 'whole' }],
  }
  const call = { id: 'fc_1', type: 'function_call', call_id: 'c', name: 'f', arguments: '{"a":1}' }
  const created = { type: 'response.created', response: { id: 'r', model: 'm' } }
  const completed = { type: 'response.completed', response: { id: 'r', output: [item, call] } }
  const textsOf = (events: GenEvent[]) => foldAnswer(events).blocks.map((block) => block.text)
  const itemDone = { type: 'response.output_item.done', output_index: 0, item }
  assert.deepEqual(textsOf(decode(created, itemDone, completed)), ['whole', '{"a":1}'])
  assert.deepEqual(textsOf(decode(created, completed)), ['whole', '{"a":1}'])
  const added = { type: 'response.output_item.added', output_index: 0, item: { ...item, content: [] } }
  const delta = { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'who' }
  assert.deepEqual(textsOf(decode(created, added, delta, completed)), ['whole', '{"a":1}'])
  assert.deepEqual(textsOf(decode(created, added, delta, itemDone, itemDone, completed)), [
    'whole',
    '{"a":1}',
  ])
})

test('a stream that is joined in the middle gives what is left of it', () => {
  const delta = (delta: string) => ({
    type: 'response.output_text.delta',
    output_index: 1,
    content_index: 0,
    item_id: 'msg_1',
    delta,
  })
  const item = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    content: [{ type: 'output_text', text: 'abcd' }],
  }
  const events = decode(
    delta('c'),
    delta('d'),
    { type: 'response.output_item.done', output_index: 1, item },
    {
      type: 'response.completed',
      response: { id: 'r', model: 'm', output: [item], usage: { input_tokens: 1 } },
    },
  )
  const answer = foldAnswer(events)
  assert.deepEqual(
    answer.blocks.map((block) => block.text),
    ['cd'],
  )
  assert.equal(answer.id, 'r')
  assert.equal(answer.finishes.length, 1)
})

test('events of another type survive; those of the progress of an item are left out', () => {
  const events = decode(
    { type: 'response.created', response: { id: 'r', model: 'm' } },
    { type: 'response.rate_limits', sequence_number: 1, limits: [] },
    { type: 'response.web_search_call.searching', output_index: 0, item_id: 'ws_1' },
    { type: 'response.completed', response: { id: 'r', output: [] } },
  )
  const [native] = events.filter((event) => event.type === 'native')
  assert.deepEqual(native?.value, { type: 'response.rate_limits', limits: [] })
  assert.ok(types(encode(events)).includes('response.rate_limits'))
  assert.ok(!types(encode(events)).includes('response.web_search_call.searching'))
})

test('an error ends the stream with the status that its words stand for', () => {
  const codeOf = (event: JsonObject) => foldAnswer(decode(event)).error?.code
  assert.equal(codeOf({ type: 'error', code: 'rate_limit_exceeded', message: 'm' }), 'upstream_rate_limit')
  assert.equal(codeOf({ type: 'error', error: { code: 'server_error', message: 'm' } }), 'upstream_error')
  const failed = { status: 'failed', error: { code: 'invalid_prompt', message: 'Bad.' } }
  assert.equal(codeOf({ type: 'response.failed', response: failed }), 'upstream_rejected')
  assert.equal(foldAnswer(openaiResponses.response.decode(failed)).error?.message, 'Bad.')
})

test('the decoders never throw, and what they cannot read is a failure', () => {
  const names = [
    'type',
    'item',
    'output_index',
    'content_index',
    'delta',
    'part',
    'response',
    'output',
    'id',
    'error',
  ]
  const words = [
    'response.created',
    'response.output_item.added',
    'response.output_item.done',
    'response.completed',
    'response.output_text.delta',
    'response.function_call_arguments.delta',
    'response.content_part.added',
    'response.output_text.annotation.added',
    'response.failed',
    'error',
    'message',
    'function_call',
    'reasoning',
  ]
  const leaf = fc.oneof(fc.constantFrom(...words), fc.integer({ max: 3 }), fc.constant(null), fc.string())
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom(...names, 'content', 'summary', 'call_id', 'name', 'status'),
        tie('value'),
      ),
    ),
  }))
  fc.assert(
    fc.property(fc.array(value, { maxLength: 8 }), (values) => {
      const decoder = openaiResponses.stream.decoder()
      const events = values.flatMap((item) => decoder.push({ data: JSON.stringify(item) }))
      const open = new Set<number>()
      for (const event of events) {
        if (event.type === 'block-start') open.add(event.block)
        if (event.type === 'block-delta') assert.ok(open.has(event.block))
        if (event.type === 'block-end') assert.ok(open.delete(event.block))
      }
      for (const item of values) openaiResponses.response.decode(item)
      encode(events)
    }),
  )
  assert.equal(foldAnswer(openaiResponses.response.decode('text')).error?.code, 'upstream_protocol')
  assert.equal(foldAnswer(openaiResponses.response.decode({})).error?.code, 'upstream_protocol')
})

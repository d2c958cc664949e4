import assert from 'node:assert/strict'
import test from 'node:test'
import { readRecorded, type Recorded, recordedEntries } from '../../../test/support/recorded.ts'
import { foldAnswer } from '../../core/answer.ts'
import type { GenEvent } from '../../core/event.ts'
import { asArray, asObject, asString, isObject, type JsonObject, parseJson } from '../../core/json.ts'
import type { GenRequest } from '../../core/request.ts'
import { SseParser } from '../../framing/sse.ts'
import { openaiChat } from '../openai-chat/dialect.ts'
import { cohereChat as dialect } from './dialect.ts'

const entries = recordedEntries('cohere-chat-v2')
const skip = entries.length === 0 ? 'the recorded exchanges are not in this checkout' : false
const context = { id: 'id', model: 'model', nowMs: 0, includeUsage: false }
const target = { model: 'command-a' }

function decode({ response }: Recorded): readonly GenEvent[] {
  if (response.sse === undefined) return dialect.response.decode(response.body ?? null)
  const decoder = dialect.stream.decoder()
  return new SseParser().push(Buffer.from(response.sse)).flatMap((frame) => decoder.push(frame))
}

const events = (sse: string): readonly JsonObject[] =>
  sse.split('\n').flatMap((line) => {
    const value = line.startsWith('data: {') ? parseJson(line.slice(6)) : undefined
    return isObject(value) ? [value] : []
  })

/** What a recording tells, read without the decoder under test. */
function told({ response }: Recorded) {
  const body = asObject(response.body) ?? {}
  const all = events(response.sse ?? '')
  const deltas = all.map((event) => asObject(asObject(event['delta'])?.['message']) ?? {})
  const end = asObject(all.at(-1)?.['delta']) ?? body
  const message = asObject(body['message']) ?? {}
  const contents = [
    ...asArray(message['content']).map(asObject),
    ...deltas.map(({ content }) => asObject(content)),
  ]
  const joined = (name: string) => contents.map((content) => asString(content?.[name]) ?? '').join('')
  const billed = asObject(asObject(end['usage'])?.['billed_units'])
  return {
    text: [message, ...deltas].map(({ tool_plan }) => asString(tool_plan) ?? '').join('') + joined('text'),
    thinking: joined('thinking'),
    calls: [...asArray(message['tool_calls']), ...all.filter(({ type }) => type === 'tool-call-start')]
      .length,
    usage: [billed?.['input_tokens'], billed?.['output_tokens']],
    reason: end['finish_reason'],
  }
}

test(
  'recorded answers tell what they told: text, thinking, calls, what is billed, why they ended',
  { skip },
  () => {
    const answers = entries.map(readRecorded).filter(({ response }) => response.status === 200)
    for (const recorded of answers) {
      const answer = foldAnswer(decode(recorded))
      const textOf = (kind: string) =>
        answer.blocks.flatMap((block) => (block.kind === kind ? [block.text] : [])).join('')
      const calls = answer.blocks.filter(({ kind }) => kind === 'tool')
      for (const { text } of calls) assert.ok(isObject(parseJson(text)), recorded.file)
      const found = {
        text: textOf('text'),
        thinking: textOf('reasoning'),
        calls: calls.length,
        usage: [answer.usage?.inputTokens, answer.usage?.outputTokens],
        reason: answer.finishes[0]?.native,
      }
      assert.deepEqual(found, told(recorded), recorded.file)
    }
    assert.equal(answers.length, 52)
  },
)

test('recorded requests survive decoding and encoding', { skip }, () => {
  let count = 0
  for (const recorded of entries.map(readRecorded)) {
    const body = asObject(recorded.request?.body)
    if (body === undefined) continue
    const request = dialect.request.decode(body)
    const encoded = dialect.request.encode(request, { model: request.model })
    assert.deepEqual(encoded.dropped, [], recorded.file)
    assert.deepEqual(dialect.request.decode(encoded.body), request, recorded.file)
    count++
  }
  assert.equal(count, 47)
})

const request = (fields: Partial<GenRequest>): GenRequest => ({
  model: 'm',
  stream: false,
  turns: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
  ...fields,
})
const encode = (fields: Partial<GenRequest>) => dialect.request.encode(request(fields), target)

test('a Chat Completions request becomes Cohere’s', () => {
  const decoded = openaiChat.request.decode({
    model: 'm',
    messages: [
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }] },
      {
        role: 'assistant',
        content: 'I will look.',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'a cat' },
    ],
    tools: [
      { type: 'function', function: { name: 'look', parameters: { type: 'object' }, strict: true } },
      { type: 'function', function: { name: 'other' } },
    ],
    tool_choice: { type: 'function', function: { name: 'look' } },
    max_tokens: 9,
    top_p: 1,
    stop: 'END',
    response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } },
    reasoning_effort: 'low',
    logprobs: true,
  })
  assert.deepEqual(dialect.request.encode(decoded, target), {
    body: {
      model: 'command-a',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }] },
        {
          role: 'assistant',
          tool_plan: 'I will look.',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'a cat' },
      ],
      stream: false,
      tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }],
      strict_tools: true,
      tool_choice: 'REQUIRED',
      response_format: { type: 'json_object', json_schema: { type: 'object' } },
      thinking: { type: 'enabled', token_budget: 2048 },
      max_tokens: 9,
      p: 0.99,
      stop_sequences: ['END'],
    },
    dropped: ['logprobs', 'top_p>0.99'],
  })
})

test('text documents stand beside the messages; other media are reported', () => {
  const { body, dropped } = encode({
    turns: [
      {
        role: 'user',
        parts: [
          { type: 'media', media: 'document', source: { at: 'text', text: 'Facts.' }, title: 'facts.txt' },
          { type: 'media', media: 'audio', source: { at: 'base64', mimeType: 'audio/wav', data: '' } },
          { type: 'text', text: 'What?' },
        ],
      },
    ],
  })
  assert.deepEqual(body['documents'], [{ id: 'doc:0', data: { text: 'Facts.', title: 'facts.txt' } }])
  assert.deepEqual(body['messages'], [{ role: 'user', content: 'What?' }])
  assert.deepEqual(dropped, ['turns[0].audio'])
})

test('what the API has no member for is reported', () => {
  const { dropped } = encode({
    choices: 2,
    logitBias: { a: 1 },
    user: 'u',
    parallelToolCalls: false,
    presencePenalty: -1,
    stop: ['1', '2', '3', '4', '5', '6'],
  })
  assert.deepEqual(dropped.toSorted(), [
    'logit_bias',
    'n',
    'parallel_tool_calls',
    'presence_penalty<0',
    'stop',
    'user',
  ])
  assert.deepEqual(encode({ choices: 1, serviceTier: 'auto', toolChoice: { type: 'none' } }).dropped, [])
})

test('reasoning goes back where it is wanted, unless another provider signed it', () => {
  const signature = { dialect: 'gemini', value: 's' } as const
  const turns: GenRequest['turns'] = [
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'why' },
        { type: 'reasoning', text: 'b', signature },
      ],
    },
  ]
  const taking = dialect.request.encode(request({ turns }), { ...target, takesReasoning: true })
  assert.deepEqual(taking.body['messages'], [
    { role: 'assistant', content: [{ type: 'thinking', thinking: 'why' }] },
  ])
  assert.deepEqual(taking.dropped, ['turns[0].reasoning'])
  assert.deepEqual(encode({ turns }).body['messages'], [])
})

test('what is billed counts; what the model read is kept beside it', () => {
  const usage = {
    billed_units: { input_tokens: 11, output_tokens: 4 },
    tokens: { input_tokens: 506, output_tokens: 5, reasoning_tokens: 2 },
    cached_tokens: 448,
  }
  const answer = (body: JsonObject) =>
    foldAnswer(dialect.response.decode({ message: {}, finish_reason: 'COMPLETE', ...body }))
  assert.deepEqual(answer({ usage }).usage, {
    inputTokens: 11,
    outputTokens: 4,
    native: { dialect: 'cohere-chat', value: usage },
  })
  const { billed_units: _billed, ...tokens } = usage
  const { native: _native, ...counts } = answer({ usage: tokens }).usage!
  assert.deepEqual(counts, { inputTokens: 506, outputTokens: 5, cacheReadTokens: 448, reasoningTokens: 2 })
})

test('arguments of null are none, whole and streamed', () => {
  const call = (text: string) => ({ id: 'c', type: 'function', function: { name: 'now', arguments: text } })
  const whole = dialect.response.decode({
    message: { tool_calls: [call('null')] },
    finish_reason: 'TOOL_CALL',
  })
  assert.equal(foldAnswer(whole).blocks[0]!.text, '{}')
  for (const pieces of [['null'], ['nu', 'll'], ['{', '}'], []]) {
    const decoder = dialect.stream.decoder()
    const wire: JsonObject[] = [
      { type: 'tool-call-start', index: 0, delta: { message: { tool_calls: call('') } } },
      ...pieces.map((piece) => {
        const tool_calls = { function: { arguments: piece } }
        return { type: 'tool-call-delta', index: 0, delta: { message: { tool_calls } } }
      }),
      { type: 'tool-call-end', index: 0 },
      { type: 'message-end', delta: { finish_reason: 'TOOL_CALL' } },
    ]
    const decoded = wire.flatMap((value) => decoder.push({ data: JSON.stringify(value) }))
    assert.equal(foldAnswer(decoded).blocks[0]!.text, '{}', pieces.join('|'))
  }
})

test('an answer that ends in an error fails; the failure is told as one', () => {
  const body = { id: 'a', message: { content: [{ type: 'text', text: 'Hal' }] } }
  const failed = (finish_reason: string) => foldAnswer(dialect.response.decode({ ...body, finish_reason }))
  assert.equal(failed('ERROR').error?.code, 'upstream_error')
  assert.equal(failed('TIMEOUT').error?.code, 'upstream_timeout')
  assert.deepEqual(failed('TIMEOUT').finishes, [])
  const encoder = dialect.stream.encoder(context)
  const frames = encoder.push({ type: 'fail', error: failed('ERROR').error! })
  const decoder = dialect.stream.decoder()
  assert.equal(foldAnswer(frames.flatMap((frame) => decoder.push(frame))).error?.code, 'upstream_error')
  assert.deepEqual(encoder.end(), [])
})

test('an answer that does not say why it ended has not ended; an error with status 200 is one', () => {
  const cut = foldAnswer(dialect.response.decode({ message: { content: [] }, finish_reason: null }))
  assert.deepEqual(cut.finishes, []) // the guard makes a failure of it
  const error = foldAnswer(dialect.response.decode({ id: 'a', message: 'Overloaded' })).error
  assert.deepEqual([error?.code, error?.upstream?.message], ['upstream_error', 'Overloaded'])
})

test('hostile answers fail, and never throw', () => {
  const hostile = [null, [], {}, { message: 5 }, 'x']
  for (const body of hostile) assert.ok(foldAnswer(dialect.response.decode(body)).error, JSON.stringify(body))
  const odd = [
    '',
    '{',
    '[]',
    '{"type":"content-delta"}',
    '{"type":"tool-call-delta","delta":{"message":{"tool_calls":{"function":{"arguments":"x"}}}}}',
  ]
  for (const data of odd) dialect.stream.decoder().push({ data })
})

test('a citation is placed by offsets only where they point at its words', () => {
  const cite = (start: number) => ({ start, end: start + 3, text: 'cat', sources: [], content_index: 0 })
  const message = { content: [{ type: 'text', text: 'A cat.' }], citations: [cite(2), cite(0)] }
  const [right, wrong] = foldAnswer(dialect.response.decode({ message, finish_reason: 'COMPLETE' }))
    .blocks[0]!.citations!
  assert.deepEqual([right?.startIndex, right?.endIndex], [2, 5])
  assert.equal(wrong?.startIndex, undefined)
  assert.equal(wrong?.citedText, 'cat')
})

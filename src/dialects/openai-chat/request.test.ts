import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../core/error.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { GenRequest, Part } from '../../core/request.ts'
import { openaiChat as dialect } from './dialect.ts'

const base = { model: 'gpt', messages: [{ role: 'user', content: 'Hi' }] }

const decode = (body: JsonObject): GenRequest => dialect.request.decode({ ...base, ...body })

/** A request as a decoder of another dialect makes it. */
function foreign(fields: Partial<GenRequest>): GenRequest {
  const turns = [{ role: 'user' as const, parts: [{ type: 'text' as const, text: 'Hi' }] }]
  return { model: 'route', stream: false, turns, native: { dialect: 'gemini', fields: {} }, ...fields }
}

const encode = (fields: Partial<GenRequest>, takesReasoning = false) =>
  dialect.request.encode(foreign(fields), { model: 'm', takesReasoning })

const messagesOf = (body: JsonObject) => body['messages'] as readonly JsonObject[]

test('every role becomes a turn, and results stand in turns of their own', () => {
  const { turns } = decode({
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'developer', content: [{ type: 'text', text: 'Really.' }], name: 'dev' },
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'hm',
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
      },
      { role: 'tool', tool_call_id: 'a', content: 'done' },
      { role: 'assistant', content: '', refusal: 'No.' },
    ],
  })
  assert.deepEqual(turns, [
    { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
    { role: 'developer', parts: [{ type: 'text', text: 'Really.' }], name: 'dev' },
    { role: 'user', parts: [{ type: 'text', text: 'Hi' }] },
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'hm' },
        { type: 'tool-call', callId: 'a', name: 'f', arguments: '{"x":1}' },
      ],
    },
    {
      role: 'tool',
      parts: [{ type: 'tool-result', callId: 'a', content: [{ type: 'text', text: 'done' }] }],
    },
    { role: 'assistant', parts: [{ type: 'refusal', text: 'No.' }] },
  ])
})

test('legacy functions are tools, and their calls and results find each other', () => {
  const request = decode({
    functions: [{ name: 'f', parameters: { type: 'object' } }],
    function_call: { name: 'f' },
    messages: [
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
      { role: 'function', name: 'f', content: 'one' },
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
      { role: 'function', name: 'f', content: 'two' },
    ],
  })
  assert.deepEqual(request.tools, [{ type: 'function', name: 'f', schema: { type: 'object' } }])
  assert.deepEqual(request.toolChoice, { type: 'tool', name: 'f' })
  const ids = request.turns.flatMap(({ parts }) => parts.map((part) => 'callId' in part && part.callId))
  assert.deepEqual(ids, ['call_legacy_1', 'call_legacy_1', 'call_legacy_2', 'call_legacy_2'])
})

test('media parts have their sources, in the forms of each provider', () => {
  const parts = [
    { type: 'image_url', image_url: { url: 'https://a.example/a.png', detail: 'low' } },
    { type: 'image_url', image_url: 'data:image/png;base64,AAAA' },
    { type: 'input_audio', input_audio: { data: 'BBBB', format: 'mp3' } },
    { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,CCCC' } },
    { type: 'file', file: { file_id: 'file-1' } },
    { type: 'document_url', document_url: 'https://a.example/a.pdf' },
    { type: 'video_url', video_url: { url: 'https://a.example/a.mp4' } },
    { type: 'hologram', data: 1 },
  ]
  const [turn] = decode({ messages: [{ role: 'user', content: parts }] }).turns
  const told = turn?.parts.map((part): unknown =>
    part.type === 'media' ? [part.media, part.source] : part.type === 'native' ? part.value : part,
  )
  assert.deepEqual(told, [
    ['image', { at: 'url', url: 'https://a.example/a.png' }],
    ['image', { at: 'base64', mimeType: 'image/png', data: 'AAAA' }],
    ['audio', { at: 'base64', mimeType: 'audio/mpeg', data: 'BBBB' }],
    ['document', { at: 'base64', mimeType: 'application/pdf', data: 'CCCC' }],
    ['document', { at: 'file', id: 'file-1' }],
    ['document', { at: 'url', url: 'https://a.example/a.pdf' }],
    ['video', { at: 'url', url: 'https://a.example/a.mp4' }],
    { type: 'hologram', data: 1 },
  ])
})

test('options have their canonical names; what is not known stays with the dialect', () => {
  const {
    turns: _turns,
    model: _model,
    stream: _stream,
    ...rest
  } = decode({
    max_tokens: 5,
    stop: 'END',
    n: 2,
    logprobs: true,
    stream_options: { include_usage: true, include_obfuscation: false },
    reasoning_effort: 'low',
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'a', schema: { type: 'object' }, strict: true },
    },
    tool_choice: {
      type: 'allowed_tools',
      allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] },
    },
    safety_identifier: 'u1',
    prompt_cache_key: 's1',
    thinking: { type: 'enabled' },
    seed: null,
  })
  assert.deepEqual(JSON.parse(JSON.stringify(rest)), {
    maxOutputTokens: 5,
    stop: ['END'],
    choices: 2,
    topLogprobs: 0,
    includeUsage: true,
    reasoning: { effort: 'low' },
    format: { type: 'json-schema', name: 'a', schema: { type: 'object' }, strict: true },
    toolChoice: { type: 'allowed', mode: 'required', names: ['f'] },
    user: 'u1',
    session: 's1',
    native: {
      dialect: 'openai-chat',
      fields: { thinking: { type: 'enabled' }, stream_options: { include_obfuscation: false } },
    },
  })
})

test('OpenRouter’s reasoning options are read', () => {
  assert.deepEqual(decode({ reasoning: { max_tokens: 2000 } }).reasoning, { budgetTokens: 2000 })
  assert.deepEqual(decode({ reasoning: { enabled: true, exclude: true } }).reasoning, {
    adaptive: true,
    show: false,
  })
  assert.deepEqual(decode({ reasoning: { enabled: false } }).reasoning, { effort: 'none' })
  assert.equal(decode({ reasoning: { effort: 'boundless' } }).reasoning, undefined)
})

test('a body of the wrong shape is refused with the path of the fault', () => {
  const faults: readonly (readonly [Json, string])[] = [
    [[], ''],
    [{ messages: [] }, 'model'],
    [{ model: 'm' }, 'messages'],
    [{ ...base, messages: 'Hi' }, 'messages'],
    [{ ...base, messages: [{ role: 'robot', content: '' }] }, 'messages[0].role'],
    [{ ...base, messages: [{ role: 'user', content: 5 }] }, 'messages[0].content'],
    [{ ...base, messages: [{ role: 'user', content: [{ type: 'text' }] }] }, 'messages[0].content[0].text'],
    [{ ...base, messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id'],
    [{ ...base, messages: [{ role: 'assistant', tool_calls: [{}] }] }, 'messages[0].tool_calls[0].function'],
    [{ ...base, temperature: 'hot' }, 'temperature'],
    [{ ...base, max_tokens: -1 }, 'max_tokens'],
    [{ ...base, stop: ['a', 1] }, 'stop[1]'],
    [{ ...base, logit_bias: { '5': 'x' } }, 'logit_bias.5'],
    [{ ...base, tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
    [{ ...base, tool_choice: { type: 'function' } }, 'tool_choice.function'],
  ]
  for (const [body, param] of faults) {
    assert.throws(
      () => dialect.request.decode(body),
      (error) => error instanceof GatewayError && error.code === 'invalid_request' && error.param === param,
      param,
    )
  }
})

test('no body makes the request decoder throw anything but its own error', () => {
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom<Json>(null, true, 0, '', 'text', 'user', 'assistant', 'tool', 'function', [], {}),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom(
          'role',
          'content',
          'type',
          'text',
          'tool_calls',
          'function',
          'name',
          'id',
          '__proto__',
          'file',
          'image_url',
          'reasoning_details',
          'signature',
        ),
        tie('value'),
        { maxKeys: 5 },
      ) as fc.Arbitrary<Json>,
    ),
  }))
  const body = fc.record(
    {
      model: fc.constant('m'),
      messages: fc.array(
        fc.record(
          {
            role: fc.constantFrom('user', 'assistant', 'tool'),
            content: value,
            tool_call_id: fc.constant('a'),
            tool_calls: value,
            reasoning_details: value,
          },
          { requiredKeys: ['role'] },
        ),
        { maxLength: 3 },
      ),
      tools: value,
      tool_choice: value,
      response_format: value,
      stream_options: value,
      reasoning: value,
      stop: value,
    },
    { requiredKeys: ['model', 'messages'] },
  )
  fc.assert(
    fc.property(fc.oneof(body, value), (hostile) => {
      try {
        dialect.request.encode(dialect.request.decode(hostile), { model: 'm' })
      } catch (error) {
        assert.ok(error instanceof GatewayError, String(error))
      }
    }),
    { numRuns: 500 },
  )
})

test('a request of another dialect becomes one that OpenAI takes, and the rest is reported', () => {
  const { body, dropped } = encode({
    stream: true,
    topK: 40,
    maxOutputTokens: 9,
    metadata: { a: 'b' },
    serviceTier: 'standard_only',
    reasoning: { budgetTokens: 4000 },
    tools: [
      { type: 'function', name: 'f', schema: { type: 'object' } },
      { type: 'function', name: 'g' },
      { type: 'native', dialect: 'gemini', value: { googleSearch: {} } },
    ],
    toolChoice: { type: 'allowed', mode: 'required', names: ['f'] },
    format: { type: 'json-schema', schema: { type: 'object' } },
    native: { dialect: 'gemini', fields: { safetySettings: [] } },
  })
  assert.deepEqual(body, {
    model: 'm',
    messages: [{ role: 'user', content: 'Hi' }],
    stream: true,
    stream_options: { include_usage: true },
    tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
    tool_choice: 'required',
    response_format: { type: 'json_schema', json_schema: { name: 'response', schema: { type: 'object' } } },
    reasoning_effort: 'medium',
    max_completion_tokens: 9,
    service_tier: 'default',
  })
  assert.deepEqual(dropped.toSorted(), [
    'metadata',
    'reasoning_budget',
    'safetySettings',
    'tools[2]',
    'top_k',
  ])
})

test('pictures in a tool’s result follow in a user message, behind all results', () => {
  const picture: Part = {
    type: 'media',
    media: 'image',
    source: { at: 'base64', mimeType: 'image/png', data: 'AA' },
  }
  const result = (callId: string, content: readonly Part[]) =>
    ({ role: 'tool', parts: [{ type: 'tool-result', callId, content }] }) as const
  const { body, dropped } = encode({
    turns: [
      result('a', [{ type: 'text', text: 'seen' }, picture]),
      result('b', []),
      { role: 'assistant', parts: [{ type: 'text', text: 'Ah.' }] },
    ],
  })
  assert.deepEqual(messagesOf(body), [
    { role: 'tool', tool_call_id: 'a', content: 'seen' },
    { role: 'tool', tool_call_id: 'b', content: '' },
    { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } }] },
    { role: 'assistant', content: 'Ah.' },
  ])
  assert.deepEqual(dropped, ['turns[0].tool_result.media_position'])
})

test('foreign reasoning goes only to models that take it; proofs never go to strangers', () => {
  const turns: GenRequest['turns'] = [
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'hm', signature: { dialect: 'anthropic-messages', value: 'proof' } },
        { type: 'tool-call', callId: 'a', name: 'f', arguments: '' },
      ],
    },
  ]
  const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }
  const without = encode({ turns })
  assert.deepEqual(messagesOf(without.body), [{ role: 'assistant', content: null, tool_calls: [call] }])
  assert.deepEqual(without.dropped, ['turns[0].reasoning'])
  const taking = encode({ turns }, true)
  assert.deepEqual(messagesOf(taking.body), [
    { role: 'assistant', content: null, reasoning_content: 'hm', tool_calls: [call] },
  ])
  assert.deepEqual(taking.dropped, [])
})

test('media of other dialects become parts, or are reported', () => {
  const media = (kind: 'audio' | 'document', source: (Part & { type: 'media' })['source']): Part => ({
    type: 'media',
    media: kind,
    source,
  })
  const { body, dropped } = encode({
    turns: [
      {
        role: 'user',
        parts: [
          media('audio', { at: 'base64', mimeType: 'audio/wav', data: 'AA' }),
          media('audio', { at: 'url', url: 'https://a.example/a.wav' }),
          media('document', { at: 'text', text: 'Hi' }),
          media('document', { at: 'file', id: 'file-1' }),
        ],
      },
    ],
  })
  assert.deepEqual(messagesOf(body)[0]?.['content'], [
    { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
    { type: 'file', file: { filename: 'document.pdf', file_data: 'data:text/plain;base64,SGk=' } },
    { type: 'file', file: { file_id: 'file-1' } },
  ])
  assert.deepEqual(dropped, ['turns[0].audio'])
})

import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../core/error.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { GenRequest, Part, Turn } from '../../core/request.ts'
import { anthropicMessages as dialect } from './dialect.ts'

const hello: Turn = { role: 'user', parts: [{ type: 'text', text: 'Hello' }] }
const target = { model: 'claude' }

function encode(request: Partial<GenRequest>, to: Parameters<typeof dialect.request.encode>[1] = target) {
  return dialect.request.encode({ model: 'route', stream: false, turns: [hello], ...request }, to)
}

function messages(turns: readonly Turn[]): { messages: Json; dropped: readonly string[] } {
  const { body, dropped } = encode({ turns })
  return { messages: body['messages'] as Json, dropped }
}

function fault(body: Json): string | undefined {
  try {
    dialect.request.decode(body)
    return undefined
  } catch (error) {
    assert.ok(error instanceof GatewayError, String(error))
    assert.equal(error.code, 'invalid_request')
    return error.param
  }
}

test('a fault in the request names its field', () => {
  const block = (content: Json) => ({ model: 'm', messages: [{ role: 'user', content: ['x'] }, content] })
  const blocks = (...content: readonly Json[]) => ({ model: 'm', messages: [{ role: 'user', content }] })
  const cases: readonly [Json, string | undefined][] = [
    [null, 'body'],
    [[], 'body'],
    [{}, 'model'],
    [{ model: 7 }, 'model'],
    [{ model: 'm' }, 'messages'],
    [{ model: 'm', messages: {} }, 'messages'],
    [{ model: 'm', messages: [7] }, 'messages.0'],
    [{ model: 'm', messages: [{ role: 'robot' }] }, 'messages.0.role'],
    [{ model: 'm', messages: [{ role: 'user' }] }, 'messages.0.content'],
    [block({ role: 'user', content: 7 }), 'messages.0.content.0'],
    [blocks({ text: 'x' }), 'messages.0.content.0.type'],
    [blocks({ type: 'text', text: 'x' }, { type: 'text' }), 'messages.0.content.1.text'],
    [blocks({ type: 'image' }), 'messages.0.content.0.source'],
    [blocks({ type: 'image', source: { type: 'url' } }), 'messages.0.content.0.source.url'],
    [blocks({ type: 'tool_use', id: 'a', name: 'b', input: [] }), 'messages.0.content.0.input'],
    [
      blocks({ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'tool_result', tool_use_id: 'b' }] }),
      'messages.0.content.0.content.0.type',
    ],
    [
      { model: 'm', messages: [{ role: 'assistant', content: [{ type: 'tool_result', tool_use_id: 'a' }] }] },
      'messages.0.content.0.type',
    ],
    [{ model: 'm', messages: [], max_tokens: 1.5 }, 'max_tokens'],
    [{ model: 'm', messages: [], temperature: 'hot' }, 'temperature'],
    [{ model: 'm', messages: [], stop_sequences: [7] }, 'stop_sequences[0]'],
    [{ model: 'm', messages: [], tools: [{ description: 'x' }] }, 'tools.0.name'],
    [{ model: 'm', messages: [], tool_choice: { type: 'sometimes' } }, 'tool_choice.type'],
    [{ model: 'm', messages: [], thinking: { type: 'enabled' } }, 'thinking.budget_tokens'],
    [{ model: 'm', messages: [], system: { text: 'x' } }, 'system'],
    [{ model: 'm', messages: [], metadata: { user_id: 7 } }, 'metadata.user_id'],
    [blocks({ type: 'block_of_the_future', anything: 1 }), undefined],
    [{ model: 'm', messages: [], temperature: null, tools: null, thinking: null }, undefined],
  ]
  for (const [body, param] of cases) assert.equal(fault(body), param, JSON.stringify(body))
})

test('a hostile body is refused or read, and never breaks the decoder', () => {
  const members = [
    'model',
    'messages',
    'system',
    'tools',
    'tool_choice',
    'thinking',
    'output_config',
    'metadata',
  ]
  const body = fc.oneof(
    fc.jsonValue() as fc.Arbitrary<Json>,
    fc
      .dictionary(fc.constantFrom(...members), fc.jsonValue())
      .map((rest) => ({ model: 'm', messages: [], ...rest })),
    fc.jsonValue().map((content) => ({ model: 'm', messages: [{ role: 'user', content }] })),
    fc
      .record({
        type: fc.constantFrom('text', 'image', 'document', 'thinking', 'tool_use', 'tool_result'),
        source: fc.jsonValue(),
        text: fc.jsonValue(),
        id: fc.jsonValue(),
        content: fc.jsonValue(),
        cache_control: fc.jsonValue(),
        citations: fc.jsonValue(),
      })
      .map((block) => ({ model: 'm', messages: [{ role: 'user', content: [block] }] })),
  ) as fc.Arbitrary<Json>
  fc.assert(
    fc.property(body, (value) => void fault(value)),
    { numRuns: 2000 },
  )
})

test('system turns become the system prompt; a later one loses its place, and that is reported', () => {
  const { body, dropped } = encode({
    turns: [
      { role: 'system', parts: [{ type: 'text', text: 'A' }] },
      { role: 'developer', parts: [{ type: 'text', text: 'B' }] },
      hello,
      { role: 'system', parts: [{ type: 'text', text: 'C' }] },
    ],
  })
  assert.deepEqual(
    body['system'],
    ['A', 'B', 'C'].map((text) => ({ type: 'text', text })),
  )
  assert.deepEqual(dropped, ['turns[3].role'])
})

test('tool turns join the user message, results first', () => {
  const call: Part = { type: 'tool-call', callId: 'call:1', name: 'f', arguments: '{"a":1}' }
  const result: Part = {
    type: 'tool-result',
    callId: 'call:1',
    content: [{ type: 'text', text: '2' }],
    isError: false,
  }
  assert.deepEqual(
    messages([
      hello,
      { role: 'assistant', parts: [{ type: 'text', text: '' }, call] },
      { role: 'user', parts: [{ type: 'text', text: 'Well?' }] },
      { role: 'tool', parts: [result] },
    ]),
    {
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'f', input: { a: 1 } }] },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'call_1',
              content: [{ type: 'text', text: '2' }],
              is_error: false,
            },
            { type: 'text', text: 'Well?' },
          ],
        },
      ],
      dropped: [],
    },
  )
})

test('a conversation that no user opens gets an opening, and that is reported', () => {
  const { messages: list, dropped } = messages([{ role: 'assistant', parts: [{ type: 'text', text: 'Hi' }] }])
  assert.deepEqual(
    (list as readonly JsonObject[]).map(({ role }) => role),
    ['user', 'assistant'],
  )
  assert.deepEqual(dropped, ['turns[0].role'])
})

test('only reasoning that this dialect signed goes back to it', () => {
  const parts: Part[] = [
    { type: 'reasoning', text: 'own', signature: { dialect: 'anthropic-messages', value: 's' } },
    {
      type: 'reasoning',
      text: '',
      redacted: true,
      signature: { dialect: 'anthropic-messages', value: 'd' },
    },
    { type: 'reasoning', text: 'foreign', signature: { dialect: 'gemini', value: 'g' } },
    { type: 'reasoning', text: 'unsigned' },
    { type: 'text', text: 'ok' },
  ]
  const { messages: list, dropped } = messages([hello, { role: 'assistant', parts }])
  assert.deepEqual((list as readonly JsonObject[])[1]?.['content'], [
    { type: 'thinking', thinking: 'own', signature: 's' },
    { type: 'redacted_thinking', data: 'd' },
    { type: 'text', text: 'ok' },
  ])
  assert.deepEqual(dropped, ['turns[1].reasoning'])
})

test('media that the API does not take is reported; text documents are sent as text', () => {
  const file = (mimeType: string): Part => ({
    type: 'media',
    media: 'document',
    source: { at: 'base64', mimeType, data: 'aMOp' },
    filename: 'a',
  })
  const audio: Part = {
    type: 'media',
    media: 'audio',
    source: { at: 'base64', mimeType: 'audio/wav', data: 'x' },
  }
  const parts = [file('application/pdf'), file('text/csv'), file('application/msword'), audio]
  const { messages: list, dropped } = messages([{ role: 'user', parts }])
  assert.deepEqual((list as readonly JsonObject[])[0]?.['content'], [
    {
      type: 'document',
      source: { type: 'base64', media_type: 'application/pdf', data: 'aMOp' },
      title: 'a',
    },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'hé' }, title: 'a' },
  ])
  assert.deepEqual(dropped, ['turns[0].document', 'turns[0].audio'])
})

test('parameters without a member here are reported; values that ask for nothing are not', () => {
  const { body, dropped } = encode({
    seed: 1,
    choices: 2,
    topLogprobs: 0,
    presencePenalty: 0,
    frequencyPenalty: 0.5,
    logitBias: { 50256: -100 },
    verbosity: 'low',
    temperature: 1.4,
    stop: ['END', '\n\n'],
    format: { type: 'json' },
    metadata: { team: 'a' },
    user: 'u1',
    serviceTier: 'flex',
    native: { dialect: 'openai-chat', fields: { prediction: {} } },
  })
  assert.deepEqual(
    dropped.toSorted(),
    'frequency_penalty logit_bias logprobs metadata n prediction response_format seed service_tier'
      .split(' ')
      .concat('stop', 'temperature>1', 'verbosity'),
  )
  assert.deepEqual(body, {
    model: 'claude',
    max_tokens: 4096,
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
    temperature: 1,
    stop_sequences: ['END'],
    metadata: { user_id: 'u1' },
  })
})

test('max_tokens is the client’s, else the model’s, else a default', () => {
  assert.equal(encode({ maxOutputTokens: 7 }, { model: 'm', maxOutputTokens: 9 }).body['max_tokens'], 7)
  assert.equal(encode({}, { model: 'm', maxOutputTokens: 9 }).body['max_tokens'], 9)
  assert.equal(encode({}).body['max_tokens'], 4096)
})

test('reasoning options become thinking and effort', () => {
  const wire = (request: Partial<GenRequest>, max?: number) => {
    const to = max === undefined ? target : { ...target, maxOutputTokens: max }
    const { body, dropped } = encode({ maxOutputTokens: 1000, ...request }, to)
    return [body['thinking'], body['output_config'], body['max_tokens'], dropped]
  }
  const enabled = { type: 'enabled', budget_tokens: 2000 }
  assert.deepEqual(wire({ reasoning: { effort: 'xhigh' } }), [
    { type: 'adaptive' },
    { effort: 'xhigh' },
    1000,
    [],
  ])
  assert.deepEqual(wire({ reasoning: { effort: 'minimal' } })[3], ['reasoning_effort=minimal'])
  assert.deepEqual(wire({ reasoning: { effort: 'none' } }), [{ type: 'disabled' }, undefined, 1000, []])
  assert.deepEqual(wire({ reasoning: { budgetTokens: 2000 } }), [enabled, undefined, 3000, []])
  assert.deepEqual(wire({ reasoning: { budgetTokens: 2000 } }, 2500), [enabled, undefined, 2500, []])
  assert.deepEqual(wire({ reasoning: { budgetTokens: 2000 } }, 1500)[2], 2001)
  assert.deepEqual(wire({ reasoning: { budgetTokens: 2000 }, maxOutputTokens: 9000 })[2], 9000)
  assert.deepEqual(wire({ reasoning: { budgetTokens: 5 } })[3], ['reasoning_budget<1024'])
  assert.deepEqual(wire({ reasoning: { adaptive: true, show: false } })[0], {
    type: 'adaptive',
    display: 'omitted',
  })
  const forced = {
    tools: [{ type: 'function' as const, name: 'f' }],
    toolChoice: { type: 'required' as const },
  }
  assert.deepEqual(wire({ reasoning: { budgetTokens: 2000 }, ...forced }), [
    undefined,
    undefined,
    1000,
    ['reasoning'],
  ])
  assert.deepEqual(wire({ reasoning: { adaptive: true }, temperature: 0.2, topK: 4 })[3], [
    'temperature',
    'top_k',
  ])
})

test('thinking is not asked for in a tool round that another model began', () => {
  const turns: Turn[] = [
    hello,
    { role: 'assistant', parts: [{ type: 'tool-call', callId: 'a', name: 'f', arguments: '{}' }] },
    { role: 'tool', parts: [{ type: 'tool-result', callId: 'a', content: [] }] },
  ]
  const { body, dropped } = encode({ turns, reasoning: { budgetTokens: 2000 } })
  assert.equal(body['thinking'], undefined)
  assert.deepEqual(dropped, ['reasoning'])
})

test('tools and their choice', () => {
  const tools = [
    { type: 'function' as const, name: 'f', schema: { properties: {} }, strict: true },
    { type: 'function' as const, name: 'g', description: 'G' },
    { type: 'native' as const, dialect: 'gemini' as const, value: {} },
  ]
  const choice = (request: Partial<GenRequest>) => encode({ tools, ...request }).body['tool_choice']
  const { body, dropped } = encode({ tools })
  assert.deepEqual(body['tools'], [
    { name: 'f', strict: true, input_schema: { type: 'object', properties: {} } },
    { name: 'g', description: 'G', input_schema: { type: 'object' } },
  ])
  assert.deepEqual(dropped, ['tools[2]'])
  assert.equal(choice({}), undefined)
  assert.deepEqual(choice({ parallelToolCalls: false }), { type: 'auto', disable_parallel_tool_use: true })
  assert.deepEqual(choice({ toolChoice: { type: 'required' } }), { type: 'any' })
  assert.deepEqual(choice({ toolChoice: { type: 'tool', name: 'f' }, parallelToolCalls: true }), {
    type: 'tool',
    name: 'f',
    disable_parallel_tool_use: false,
  })
  assert.deepEqual(choice({ toolChoice: { type: 'none' }, parallelToolCalls: false }), { type: 'none' })
  const allowed = encode({ tools, toolChoice: { type: 'allowed', mode: 'required', names: ['g'] } }).body
  assert.deepEqual(allowed['tool_choice'], { type: 'any' })
  assert.equal((allowed['tools'] as readonly Json[]).length, 1)
  assert.deepEqual(encode({ toolChoice: { type: 'required' } }).dropped, ['tool_choice'])
  assert.deepEqual(encode({ toolChoice: { type: 'auto' } }).dropped, [])
})

test('what an Anthropic client sends comes out again, also where it has no canonical form', () => {
  const body: JsonObject = {
    model: 'claude',
    max_tokens: 100,
    system: [{ type: 'text', text: 'S', cache_control: { type: 'ephemeral', ttl: '1h' } }],
    messages: [
      {
        role: 'user',
        content: [
          {
            type: 'document',
            source: { type: 'content', content: [] },
            citations: { enabled: true },
          },
          { type: 'document', source: { type: 'url', url: 'https://a.example/a.pdf' }, context: 'C' },
          { type: 'search_result', source: 's', title: 't', content: [] },
        ],
      },
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 'a', name: 'f', input: {}, caller: { type: 'direct' } }],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', is_error: true, cache_control: { type: 'ephemeral' } },
        ],
      },
      { role: 'system', content: [{ type: 'text', text: 'From now on ...' }] },
    ],
    tools: [
      { type: 'custom', name: 'f', input_schema: { type: 'object' }, defer_loading: true },
      { type: 'web_search_20250305', name: 'web_search', max_uses: 2 },
    ],
    tool_choice: { type: 'none' },
    thinking: { type: 'disabled' },
    output_config: { effort: 'low', task_budget: { type: 'tokens', total: 9 } },
    metadata: { user_id: 'u', extra: 1 },
    temperature: 0.5,
    top_p: 0.9,
    top_k: 5,
    stop_sequences: ['a'],
    service_tier: 'standard_only',
    stream: true,
    cache_control: { type: 'ephemeral' },
    container: 'c1',
    context_management: { edits: [] },
  }
  const decoded = dialect.request.decode(body)
  assert.equal(decoded.reasoning?.effort, 'none')
  assert.deepEqual(dialect.request.encode(decoded, target), { body, dropped: [] })
})

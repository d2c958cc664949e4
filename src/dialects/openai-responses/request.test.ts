import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { hasOpenApi, OpenApiJudge } from '../../../test/support/openapi.ts'
import { GatewayError } from '../../core/error.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { GenRequest, Part, Turn } from '../../core/request.ts'
import { openaiResponses } from './dialect.ts'

const target = { model: 'gpt-x' }
const { decode, encode } = openaiResponses.request
const foreign = (rest: Partial<GenRequest>): GenRequest => ({ model: 'm', stream: false, turns: [], ...rest })
const user = (...parts: Part[]): Turn => ({ role: 'user', parts })
const said = (text: string): Part => ({ type: 'text', text })

function faultOf(body: Json): [string | undefined, string] {
  try {
    decode(body)
  } catch (error) {
    assert.ok(error instanceof GatewayError)
    assert.equal(error.code, 'invalid_request')
    return [error.param, error.message]
  }
  throw new Error('decoded')
}

test('a bad field is named by its path', () => {
  const body = (rest: JsonObject) => ({ model: 'm', input: 'hi', ...rest })
  assert.deepEqual(faultOf({ input: 'hi' }), ['model', '`model` is required.'])
  assert.equal(faultOf({ model: 'm' })[0], 'input')
  assert.deepEqual(faultOf(body({ input: 3 })), ['input', '`input` must be an array, not a number.'])
  const paths: [JsonObject, string][] = [
    [{ input: ['x'] }, 'input[0]'],
    [{ input: [{ role: 'narrator', content: 'x' }] }, 'input[0].role'],
    [{ input: [{ role: 'user' }] }, 'input[0].content'],
    [{ input: [{ role: 'user', content: [{ type: 'input_text' }] }] }, 'input[0].content[0].text'],
    [{ input: [{ role: 'user', content: [{ type: 'input_image' }] }] }, 'input[0].content[0]'],
    [{ input: [{ type: 'function_call', call_id: 1 }] }, 'input[0].call_id'],
    [{ input: [{ type: 'function_call_output', call_id: 'c', output: {} }] }, 'input[0].output'],
    [{ input: [{ type: 'reasoning', summary: [{}] }] }, 'input[0].summary[0].text'],
    [{ tools: [{}] }, 'tools[0].type'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].name'],
    [{ tool_choice: 'maybe' }, 'tool_choice'],
    [{ text: { format: { type: 'json_schema' } } }, 'text.format.schema'],
    [{ reasoning: { effort: 3 } }, 'reasoning.effort'],
    [{ max_output_tokens: -1 }, 'max_output_tokens'],
    [{ stream: 'yes' }, 'stream'],
  ]
  for (const [rest, param] of paths) assert.equal(faultOf(body(rest))[0], param)
})

test('no body makes the decoder throw anything but invalid_request', () => {
  const names = [
    'model',
    'input',
    'type',
    'role',
    'content',
    'text',
    'tools',
    'tool_choice',
    'reasoning',
    'format',
    'call_id',
    'output',
    'summary',
    'include',
    'conversation',
    'id',
    'image_url',
    '__proto__',
    'instructions',
  ]
  const words = [
    'message',
    'user',
    'assistant',
    'input_text',
    'input_image',
    'function_call',
    'reasoning',
    'function',
  ]
  const leaf = fc.oneof(fc.constantFrom(...words), fc.integer(), fc.constant(null), fc.string(), fc.boolean())
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie('value')),
    ),
  }))
  const body = fc.oneof(
    value,
    fc.record(
      { model: fc.constant('m'), input: value, tools: value, text: value },
      { requiredKeys: ['model'] },
    ),
  )
  fc.assert(
    fc.property(body, (json) => {
      try {
        const request = decode(JSON.parse(JSON.stringify(json)) as Json)
        encode(request, target)
        encode({ ...request, native: { dialect: 'gemini', fields: {} } }, target)
      } catch (error) {
        assert.ok(error instanceof GatewayError && error.code === 'invalid_request', String(error))
      }
    }),
  )
})

test('the instructions lead as a system turn; a system item stays where it stands', () => {
  const body = {
    model: 'm',
    instructions: 'Be brief.',
    input: [
      { type: 'message', role: 'system', content: 'Also be kind.' },
      { type: 'message', role: 'developer', content: 'D' },
      { type: 'message', role: 'user', content: 'Hi' },
    ],
  }
  const request = decode(body)
  assert.deepEqual(
    request.turns.map((turn) => turn.role),
    ['system', 'system', 'developer', 'user'],
  )
  assert.deepEqual(encode(request, { model: 'm' }), { body, dropped: [] })
})

test('what the model made in one step is one turn, and separate items again when it goes back', () => {
  const input = [
    { type: 'message', role: 'user', content: 'Weather?' },
    {
      type: 'reasoning',
      id: 'rs_1',
      summary: [
        { type: 'summary_text', text: 'a' },
        { type: 'summary_text', text: 'b' },
      ],
      encrypted_content: 'E',
    },
    {
      type: 'message',
      role: 'assistant',
      id: 'msg_1',
      status: 'completed',
      phase: 'commentary',
      content: [
        { type: 'output_text', text: 'one', annotations: [] },
        { type: 'refusal', refusal: 'no' },
      ],
    },
    {
      type: 'message',
      role: 'assistant',
      id: 'msg_2',
      status: 'completed',
      content: [{ type: 'output_text', text: 'two', annotations: [] }],
    },
    { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'f', arguments: '{}', status: 'completed' },
    { type: 'custom_tool_call', call_id: 'c2', name: 'sql', input: 'SELECT 1' },
    { type: 'web_search_call', id: 'ws_1', status: 'completed' },
    { type: 'function_call_output', call_id: 'c1', output: 'sunny' },
    {
      type: 'custom_tool_call_output',
      call_id: 'c2',
      output: [
        { type: 'input_image', image_url: 'data:image/png;base64,aGk=' },
        { type: 'input_text', text: 'x' },
      ],
    },
    { type: 'computer_call_output', call_id: 'c3', output: { type: 'computer_screenshot' } },
    { type: 'item_reference', id: 'msg_0' },
  ]
  const request = decode({ model: 'm', input })
  assert.deepEqual(
    request.turns.map((turn) => [turn.role, turn.parts.map((part) => part.type)]),
    [
      ['user', ['text']],
      [
        'assistant',
        ['reasoning', 'reasoning', 'text', 'refusal', 'text', 'tool-call', 'tool-call', 'native'],
      ],
      ['tool', ['tool-result', 'tool-result', 'native']],
      ['assistant', ['native']],
    ],
  )
  assert.deepEqual(encode(request, target), { body: { model: 'gpt-x', input }, dropped: [] })
})

test('what has no canonical form goes back as it came', () => {
  const body: JsonObject = {
    model: 'gpt-x',
    input: [
      {
        type: 'message',
        role: 'user',
        content: [{ type: 'input_text', text: 'x', prompt_cache_breakpoint: {} }],
      },
    ],
    stream: true,
    background: true,
    conversation: { id: 'conv_1' },
    include: ['message.output_text.logprobs'],
    reasoning: { effort: 'low', summary: 'detailed', context: 'auto' },
    text: { format: { type: 'grammar', syntax: 'lark' }, verbosity: 'low' },
    tools: [
      { type: 'function', name: 'f', parameters: null, defer_loading: true },
      { type: 'web_search', search_context_size: 'low' },
    ],
    tool_choice: { type: 'web_search' },
    user: 'u1',
    max_tool_calls: 3,
  }
  const request = decode(body)
  assert.equal(request.session, 'conv_1')
  assert.equal(request.user, 'u1')
  assert.equal(request.topLogprobs, 0)
  assert.deepEqual(encode(request, target), { body, dropped: [] })
})

const conversation = foreign({
  turns: [
    { role: 'system', parts: [said('Be brief.')] },
    { role: 'system', parts: [said('Be kind.')] },
    user(
      said('Look'),
      { type: 'media', media: 'image', source: { at: 'url', url: 'https://a.example/i.png' }, detail: 'low' },
      {
        type: 'media',
        media: 'document',
        source: { at: 'base64', mimeType: 'application/pdf', data: 'aGk=' },
      },
      { type: 'media', media: 'document', source: { at: 'text', text: 'plain' }, title: 'notes.txt' },
      { type: 'media', media: 'video', source: { at: 'url', url: 'https://a.example/v.mp4' } },
      { type: 'media', media: 'audio', source: { at: 'base64', mimeType: 'audio/wav', data: 'aGk=' } },
    ),
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'theirs', signature: { dialect: 'anthropic-messages', value: 's' } },
        {
          type: 'reasoning',
          text: 'ours',
          signature: { dialect: 'openai-responses', value: 'E', id: 'rs_1' },
        },
        { type: 'text', text: 'Calling.', citations: [{ url: 'https://a.example' }] },
        { type: 'tool-call', callId: 'toolu_1', name: 'f', arguments: '{"a":1}' },
        { type: 'tool-call', callId: 'toolu_2', name: 'g', arguments: 'go', freeform: true },
      ],
    },
    {
      role: 'tool',
      parts: [
        { type: 'tool-result', callId: 'toolu_1', content: [], isError: true },
        { type: 'tool-result', callId: 'toolu_2', content: [said('a'), said('b')] },
      ],
    },
  ],
})

test('a conversation of another dialect: what is carried, and what is named as dropped', () => {
  const { body, dropped } = encode(conversation, target)
  assert.deepEqual(body, {
    model: 'gpt-x',
    instructions: 'Be brief.\n\nBe kind.',
    input: [
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'Look' },
          { type: 'input_image', image_url: 'https://a.example/i.png', detail: 'low' },
          { type: 'input_file', filename: 'document.pdf', file_data: 'data:application/pdf;base64,aGk=' },
          { type: 'input_file', filename: 'notes.txt', file_data: 'data:text/plain;base64,cGxhaW4=' },
        ],
      },
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'E' },
      { type: 'message', role: 'assistant', content: 'Calling.' },
      { type: 'function_call', call_id: 'toolu_1', name: 'f', arguments: '{"a":1}' },
      { type: 'custom_tool_call', call_id: 'toolu_2', name: 'g', input: 'go' },
      { type: 'function_call_output', call_id: 'toolu_1', output: '' },
      {
        type: 'custom_tool_call_output',
        call_id: 'toolu_2',
        output: [
          { type: 'input_text', text: 'a' },
          { type: 'input_text', text: 'b' },
        ],
      },
    ],
    include: ['reasoning.encrypted_content'],
    store: false,
  })
  assert.deepEqual(dropped, [
    'turns[2].video',
    'turns[2].audio',
    'turns[3].reasoning',
    'turns[3].citations',
    'turns[4].is_error',
  ])
})

test('the options of another dialect', () => {
  const { body, dropped } = encode(
    foreign({
      turns: [user(said('x'))],
      stream: true,
      tools: [
        { type: 'function', name: 'f' },
        { type: 'native', dialect: 'gemini', value: { googleSearch: {} } },
      ],
      toolChoice: { type: 'allowed', mode: 'required', names: ['f'] },
      parallelToolCalls: false,
      format: { type: 'json-schema', schema: { type: 'object' } },
      reasoning: { budgetTokens: 8000, show: true },
      verbosity: 'low',
      maxOutputTokens: 5,
      topLogprobs: 2,
      user: 'x'.repeat(80),
      session: 's1',
      metadata: { a: 'b' },
      serviceTier: 'standard_only',
      stop: ['\n'],
      seed: 1,
      choices: 2,
      topK: 5,
      presencePenalty: 1,
      logitBias: { 1: 2 },
      cache: {},
      native: { dialect: 'gemini', fields: { labels: {} } },
    }),
    target,
  )
  assert.deepEqual(body, {
    model: 'gpt-x',
    input: [{ type: 'message', role: 'user', content: 'x' }],
    stream: true,
    tools: [{ type: 'function', name: 'f', strict: false, parameters: { type: 'object', properties: {} } }],
    tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'f' }] },
    parallel_tool_calls: false,
    text: { format: { type: 'json_schema', name: 'answer', schema: { type: 'object' } }, verbosity: 'low' },
    reasoning: { effort: 'medium', summary: 'auto' },
    max_output_tokens: 16,
    include: ['reasoning.encrypted_content', 'message.output_text.logprobs'],
    top_logprobs: 2,
    prompt_cache_key: 's1',
    metadata: { a: 'b' },
    service_tier: 'default',
    store: false,
  })
  assert.deepEqual(dropped.toSorted(), [
    'cache',
    'labels',
    'logit_bias',
    'max_output_tokens<16',
    'n',
    'presence_penalty',
    'reasoning_budget',
    'seed',
    'stop',
    'tools[1]',
    'top_k',
    'user',
  ])
})

test(
  'a translated request is valid by the OpenAPI document',
  { skip: !hasOpenApi && 'no document here' },
  () => {
    const judge = new OpenApiJudge()
    const { body } = encode(conversation, target)
    assert.deepEqual(judge.validate('CreateResponse', { ...body, input: 'x' }), [])
    // The document's union of both takes a plain message for two of its members at once.
    for (const item of body['input'] as JsonObject[]) {
      const schema = item['type'] === 'message' ? 'EasyInputMessage' : 'Item'
      assert.deepEqual(judge.validate(schema, item), [], JSON.stringify(item))
    }
  },
)

test("reasoning whose id the gateway made is not sent as the provider's own", () => {
  const item = { type: 'reasoning', summary: [{ type: 'summary_text', text: 't' }] }
  const at = (id: string) => encode(decode({ model: 'm', input: [{ ...item, id }] }), target)
  assert.deepEqual(at('rs_weir_1_0').dropped, ['turns[0].reasoning'])
  assert.deepEqual(at('rs_68c').body['input'], [{ ...item, id: 'rs_68c' }])
  const sealed = { ...item, id: 'rs_68c', encrypted_content: 'weir.gemini..sig' }
  assert.deepEqual(encode(decode({ model: 'm', input: [sealed] }), target).dropped, ['turns[0].reasoning'])
})

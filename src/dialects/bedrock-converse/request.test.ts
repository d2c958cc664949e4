import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../core/error.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { GenRequest, Part, Turn } from '../../core/request.ts'
import { bedrockConverse as dialect } from './dialect.ts'

const hello: Turn = { role: 'user', parts: [{ type: 'text', text: 'Hello' }] }
const claude = { model: 'us.anthropic.claude-sonnet-4-6' }
const llama = { model: 'us.meta.llama4-maverick-17b-instruct-v1:0' }
const tool = { type: 'function', name: 'look' } as const

function encode(request: Partial<GenRequest>, target: { readonly model: string } = claude) {
  return dialect.request.encode({ model: 'route', stream: false, turns: [hello], ...request }, target)
}

function fault(body: Json): string | undefined {
  try {
    dialect.request.decode(body, { model: 'm', stream: false })
    return undefined
  } catch (error) {
    assert.ok(error instanceof GatewayError, String(error))
    assert.equal(error.code, 'invalid_request')
    return error.param
  }
}

test('a fault in the request names its field', () => {
  const blocks = (...content: readonly Json[]) => ({ messages: [{ role: 'user', content }] })
  const cases: readonly [Json, string | undefined][] = [
    [null, 'body'],
    [{ messages: {} }, 'messages'],
    [{ messages: [7] }, 'messages.0'],
    [{ messages: [{ role: 'system', content: [] }] }, 'messages.0.role'],
    [{ messages: [{ role: 'user' }] }, 'messages.0.content'],
    [{ messages: [{ role: 'user', content: 'text' }] }, 'messages.0.content'],
    [blocks({}), 'messages.0.content.0'],
    [blocks({ text: 7 }), 'messages.0.content.0.text'],
    [blocks({ toolUse: { name: 'a', input: {} } }), 'messages.0.content.0.toolUse.toolUseId'],
    [blocks({ toolUse: { toolUseId: 'a', name: 'a' } }), 'messages.0.content.0.toolUse.input'],
    [blocks({ toolResult: { toolUseId: 'a' } }), 'messages.0.content.0.toolResult.content'],
    [
      blocks({ toolResult: { toolUseId: 'a', content: [{ text: 7 }] } }),
      'messages.0.content.0.toolResult.content.0.text',
    ],
    [blocks({ reasoningContent: {} }), 'messages.0.content.0.reasoningContent.reasoningText'],
    [
      { messages: [{ role: 'assistant', content: [{ toolResult: { toolUseId: 'a', content: [] } }] }] },
      'messages.0.content',
    ],
    [{ inferenceConfig: { maxTokens: 1.5 } }, 'inferenceConfig.maxTokens'],
    [{ inferenceConfig: { temperature: 'hot' } }, 'inferenceConfig.temperature'],
    [{ inferenceConfig: { stopSequences: [1] } }, 'inferenceConfig.stopSequences[0]'],
    [{ toolConfig: { tools: [{ toolSpec: {} }] } }, 'toolConfig.tools.0.toolSpec.name'],
    [{ toolConfig: { toolChoice: {} } }, 'toolConfig.toolChoice.tool'],
    [
      { outputConfig: { textFormat: { structure: { jsonSchema: { schema: '[' } } } } },
      'outputConfig.textFormat.structure.jsonSchema.schema',
    ],
    [{ messages: [{ role: 'user', content: [] }] }, undefined],
  ]
  for (const [body, param] of cases) assert.equal(fault(body), param, JSON.stringify(body))
  assert.throws(() => dialect.request.decode({ messages: [] }), { param: 'modelId' })
})

test('blocks of every kind are read, and written as they were', () => {
  const body: JsonObject = {
    system: [{ text: 'Be brief.' }, { cachePoint: { type: 'default', ttl: '1h' } }],
    messages: [
      {
        role: 'user',
        content: [
          { cachePoint: { type: 'default' } },
          { text: 'What is this?' },
          { image: { format: 'png', source: { bytes: 'AAAA' } } },
          {
            document: {
              format: 'pdf',
              source: { bytes: 'AAAA' },
              name: 'paper',
              context: 'c',
              citations: { enabled: true },
            },
          },
          { document: { format: 'txt', name: 'parts', source: { content: [{ text: 'a' }] } } },
          { video: { format: 'mp4', source: { s3Location: { uri: 's3://bucket/film' } } } },
          { audio: { format: 'mp3', source: { bytes: 'AAAA' } } },
          { guardContent: { text: { text: 'guarded', qualifiers: ['query'] } } },
          { guardContent: { image: { format: 'png', source: { bytes: 'AAAA' } } } },
          { searchResult: { title: 't' } },
          { cachePoint: { type: 'default' } },
        ],
      },
      {
        role: 'assistant',
        content: [
          { reasoningContent: { reasoningText: { text: 'hm', signature: 'proof' } } },
          { reasoningContent: { redactedContent: 'cHJvb2Y=' } },
          { citationsContent: { content: [{ text: 'so' }], citations: [{ title: 'paper' }] } },
          { toolUse: { toolUseId: 'server', name: 'nova', input: {}, type: 'server_tool_use' } },
          { toolUse: { toolUseId: 'one', name: 'look', input: { at: 'it' } } },
        ],
      },
      {
        role: 'user',
        content: [
          {
            toolResult: {
              toolUseId: 'one',
              content: [
                { json: { a: [1] } },
                { text: 'b' },
                { image: { format: 'webp', source: { bytes: 'AA==' } } },
              ],
              status: 'error',
            },
          },
          { cachePoint: { type: 'default' } },
          { text: 'go on' },
        ],
      },
    ],
    inferenceConfig: { maxTokens: 9, temperature: 0.5, topP: 0.9, stopSequences: [' '] },
    toolConfig: {
      tools: [
        {
          toolSpec: {
            name: 'look',
            description: 'Looks',
            strict: true,
            inputSchema: { json: { type: 'object' } },
          },
        },
        { cachePoint: { type: 'default' } },
        { systemTool: { name: 'nova_grounding' } },
      ],
      toolChoice: { tool: { name: 'look' } },
    },
    outputConfig: {
      textFormat: {
        type: 'json_schema',
        structure: { jsonSchema: { schema: '{"type":"object"}', name: 'n' } },
      },
    },
    additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2000 }, top_k: 5 },
    requestMetadata: { team: 'river' },
    serviceTier: { type: 'flex' },
    performanceConfig: { latency: 'optimized' },
    guardrailConfig: { guardrailIdentifier: 'g' },
  }
  const request = dialect.request.decode(body, { model: 'route', stream: true })
  assert.deepEqual(
    [request.stream, request.topK, request.reasoning, request.toolChoice, request.serviceTier],
    [true, 5, { budgetTokens: 2000 }, { type: 'tool', name: 'look' }, 'flex'],
  )
  assert.deepEqual(
    request.turns.map(({ role }) => role),
    ['system', 'user', 'assistant', 'tool', 'user'],
  )
  const json = request.turns[3]?.parts[0]
  assert.ok(json?.type === 'tool-result' && json.isError === true)
  assert.deepEqual(json.content[0]?.type === 'text' && json.content[0].text, '{"a":[1]}')
  const again = dialect.request.encode(request, { model: 'any' })
  assert.deepEqual(again.dropped, [])
  assert.deepEqual(again.body, body)
})

test('neighbours become one message, with tool results first and their cache points behind them', () => {
  const result = (callId: string): Part => ({ type: 'tool-result', callId, content: [], cache: {} })
  const call: Part = { type: 'tool-call', callId: 'a', name: 'look', arguments: '{"x":1}' }
  const { body } = encode({
    turns: [
      { role: 'developer', parts: [{ type: 'text', text: 'Be brief.' }] },
      hello,
      { role: 'assistant', parts: [call] },
      hello,
      { role: 'tool', parts: [result('a')] },
      hello,
    ],
    tools: [tool],
  })
  const text = { text: 'Hello' }
  const cachePoint = { cachePoint: { type: 'default' } }
  assert.deepEqual(body['system'], [{ text: 'Be brief.' }])
  assert.deepEqual(body['messages'], [
    { role: 'user', content: [text] },
    { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'look', input: { x: 1 } } }] },
    {
      role: 'user',
      content: [{ toolResult: { toolUseId: 'a', content: [] } }, cachePoint, text, text],
    },
  ])
})

test('what the API would refuse is mended, and what that costs is told', () => {
  const rows: readonly [string, Partial<GenRequest>, readonly string[], JsonObject][] = [
    ['blank text', { turns: [hello, { role: 'user', parts: [{ type: 'text', text: ' ' }] }] }, [], {}],
    [
      'a cache hint that is taken',
      { turns: [{ role: 'user', parts: [{ type: 'text', text: 'Hello', cache: {} }] }] },
      [],
      { messages: [{ role: 'user', content: [{ text: 'Hello' }, { cachePoint: { type: 'default' } }] }] },
    ],
    [
      'no user first',
      { turns: [{ role: 'assistant', parts: [{ type: 'text', text: 'Hi' }] }, hello] },
      ['turns[0].role'],
      {
        messages: [
          { role: 'user', content: [{ text: '(The conversation begins.)' }] },
          { role: 'assistant', content: [{ text: 'Hi' }] },
          { role: 'user', content: [{ text: 'Hello' }] },
        ],
      },
    ],
    ['temperature', { temperature: 1.5 }, ['temperature>1'], { inferenceConfig: { temperature: 1 } }],
    ['stop', { stop: ['\n', 'end'] }, ['stop'], { inferenceConfig: { stopSequences: ['end'] } }],
    ['tiers', { serviceTier: 'priority' }, [], { serviceTier: { type: 'priority' } }],
    ['an unknown tier', { serviceTier: 'scale' }, ['service_tier'], {}],
    ['a tier that asks for nothing', { serviceTier: 'auto' }, [], {}],
    ['metadata', { metadata: { a: 'b', c: 1 } }, ['metadata'], { requestMetadata: { a: 'b' } }],
    ['JSON mode', { format: { type: 'json' } }, ['response_format'], {}],
    ['no tools wanted', { tools: [tool], toolChoice: { type: 'none' } }, [], {}],
    ['a tool wanted without tools', { toolChoice: { type: 'required' } }, ['tool_choice'], {}],
    [
      'native tools of others',
      { tools: [{ type: 'native', dialect: 'gemini', value: {} }] },
      ['tools[0]'],
      {},
    ],
    [
      'a serial wish',
      { parallelToolCalls: false, seed: 1, user: 'u', choices: 2 },
      ['seed', 'n', 'parallel_tool_calls', 'user'],
      {},
    ],
    [
      'thinking and sampling',
      { reasoning: { effort: 'high' }, temperature: 0.5, topK: 3 },
      ['top_k', 'temperature'],
      { additionalModelRequestFields: { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } } },
    ],
    [
      'a small budget',
      { reasoning: { budgetTokens: 10 }, maxOutputTokens: 1000 },
      ['reasoning_budget<1024'],
      {
        additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } },
        inferenceConfig: { maxTokens: 2024 },
      },
    ],
    [
      'no thinking',
      { reasoning: { effort: 'none' } },
      [],
      { additionalModelRequestFields: { thinking: { type: 'disabled' } } },
    ],
    [
      'thinking with a forced tool',
      { reasoning: { effort: 'low' }, tools: [tool], toolChoice: { type: 'required' } },
      ['reasoning'],
      {
        toolConfig: {
          tools: [{ toolSpec: { name: 'look', inputSchema: { json: { type: 'object' } } } }],
          toolChoice: { any: {} },
        },
      },
    ],
  ]
  const plain = { messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }
  for (const [name, request, dropped, body] of rows) {
    assert.deepEqual(encode(request), { body: { ...plain, ...body }, dropped }, name)
  }
})

test('models differ in what they take', () => {
  const fields = (model: string, request: Partial<GenRequest>) => {
    const { body, dropped } = encode(request, { model })
    return [body['additionalModelRequestFields'], dropped]
  }
  const high = { reasoning: { effort: 'xhigh' as const } }
  const arn = 'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-6'
  assert.deepEqual(fields(arn, { topK: 7 }), [{ top_k: 7 }, []])
  assert.deepEqual(fields('amazon.nova-pro-v1:0', { topK: 7 }), [{ inferenceConfig: { topK: 7 } }, []])
  assert.deepEqual(fields('us.amazon.nova-2-lite-v1:0', high), [
    { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } },
    [],
  ])
  assert.deepEqual(fields('openai.gpt-oss-120b-1:0', high), [{ reasoning_effort: 'high' }, []])
  assert.deepEqual(fields('qwen.qwen3-32b-v1:0', high), [{ reasoning_config: 'high' }, []])
  assert.deepEqual(fields(llama.model, { ...high, topK: 7 }), [undefined, ['reasoning', 'top_k']])
  assert.deepEqual(fields(llama.model, { reasoning: { show: true } }), [undefined, []])
  const hinted: Turn = { role: 'user', parts: [{ type: 'text', text: 'Hello', cache: {} }] }
  assert.deepEqual(encode({ turns: [hinted] }, llama).dropped, ['cache'])
})

test('tools that only the messages know are declared, for the API wants them so', () => {
  const turns: Turn[] = [
    hello,
    { role: 'assistant', parts: [{ type: 'tool-call', callId: 'call.1', name: 'gone', arguments: '' }] },
    { role: 'tool', parts: [{ type: 'tool-result', callId: 'call.1', content: [] }] },
  ]
  const declared = { toolSpec: { name: 'gone', inputSchema: { json: { type: 'object' } } } }
  assert.deepEqual(encode({ turns }).body['toolConfig'], { tools: [declared] })
  const { body, dropped } = encode({ turns, toolChoice: { type: 'none' } })
  assert.deepEqual([body['toolConfig'], dropped], [{ tools: [declared] }, ['tool_choice']])
  assert.match(JSON.stringify(body), /"toolUseId":"call_1".*"toolUseId":"call_1"/)
})

test('media: formats by type, addresses of S3 alone, names that the API takes', () => {
  const media = (part: Omit<Part & { type: 'media' }, 'type'>) => {
    const { body, dropped } = encode({
      turns: [{ role: 'user', parts: [{ type: 'media', ...part }] }, hello],
    })
    const messages = body['messages'] as readonly { content: readonly Json[] }[]
    return dropped.length > 0 ? dropped : messages[0]!.content[0]
  }
  const base64 = (mimeType: string) => ({ at: 'base64', mimeType, data: 'AA==' }) as const
  const bytes = { source: { bytes: 'AA==' } }
  assert.deepEqual(media({ media: 'image', source: base64('image/jpg') }), {
    image: { format: 'jpeg', ...bytes },
  })
  assert.deepEqual(media({ media: 'image', source: base64('image/tiff') }), ['turns[0].image'])
  assert.deepEqual(media({ media: 'image', source: { at: 'url', url: 'https://x.example/a.png' } }), [
    'turns[0].image',
  ])
  assert.deepEqual(media({ media: 'document', source: { at: 'file', id: 'f' } }), ['turns[0].document'])
  const url = 's3://bucket/a'
  assert.deepEqual(media({ media: 'video', source: { at: 'url', url, mimeType: 'video/mp4' } }), {
    video: { format: 'mp4', source: { s3Location: { uri: url } } },
  })
  assert.deepEqual(media({ media: 'document', source: base64('text/x-python'), filename: 'a_b/c.py' }), {
    document: { format: 'txt', ...bytes, name: 'a-b-c-py' },
  })
  const parts: Part[] = [1, 2].map(() => ({
    type: 'media',
    media: 'document',
    source: { at: 'text', text: 'x' },
  }))
  const { body } = encode({ turns: [{ role: 'user', parts }] })
  assert.deepEqual(JSON.stringify(body).match(/"name":"[^"]*"/g), [
    '"name":"document"',
    '"name":"document (2)"',
  ])
})

test('the proofs of other dialects are not passed on', () => {
  const reasoning = (from: 'bedrock-converse' | 'gemini'): Turn => ({
    role: 'assistant',
    parts: [{ type: 'reasoning', text: 'hm', signature: { dialect: from, value: 'proof' } }],
  })
  assert.deepEqual(encode({ turns: [hello, reasoning('gemini')] }).dropped, ['turns[1].reasoning'])
  const own = encode({ turns: [hello, reasoning('bedrock-converse')] })
  assert.deepEqual(own.dropped, [])
  assert.match(JSON.stringify(own.body), /"reasoningText":\{"text":"hm","signature":"proof"\}/)
})

test('any text, tool and limit survives encoding and decoding', () => {
  const word = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.trim() !== '')
  const turn = fc.record({
    role: fc.constantFrom('user' as const, 'assistant' as const),
    text: word,
  })
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 6 }), fc.nat(), word, (list, limit, stop) => {
      const turns = [
        hello,
        ...list.map(({ role, text }): Turn => ({ role, parts: [{ type: 'text', text }] })),
      ]
      const { body } = encode({ turns, maxOutputTokens: limit, stop: [stop] })
      const again = dialect.request.decode(body, { model: 'm', stream: false })
      const texts = (all: readonly Turn[]) =>
        all.flatMap(({ role, parts }) => parts.map((part) => [role, part.type === 'text' && part.text]))
      assert.deepEqual(texts(again.turns), texts(turns))
      assert.deepEqual([again.maxOutputTokens, again.stop], [limit, [stop]])
    }),
  )
})

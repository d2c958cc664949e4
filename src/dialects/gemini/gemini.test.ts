import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { foldAnswer } from '../../core/answer.ts'
import { errorTable, type ErrorCode, GatewayError } from '../../core/error.ts'
import type { GenEvent } from '../../core/event.ts'
import { asArray, asObject, type Json, type JsonObject } from '../../core/json.ts'
import type { GenRequest, Part } from '../../core/request.ts'
import { gemini } from './dialect.ts'
import { PartialArgs } from './partial-args.ts'
import { jsonSchemaOf } from './schema.ts'

const context = { id: 'id-1', model: 'shown', nowMs: 0, includeUsage: true }
const target = { model: 'gemini-3-flash' }

function encodeStream(events: readonly GenEvent[]): JsonObject[] {
  const encoder = gemini.stream.encoder(context)
  const frames = [...events.flatMap((event) => encoder.push(event)), ...encoder.end()]
  return frames.map(({ data }) => JSON.parse(data) as JsonObject)
}

function decodeStream(chunks: readonly Json[]): GenEvent[] {
  const decoder = gemini.stream.decoder()
  return [...chunks.flatMap((chunk) => decoder.push({ data: JSON.stringify(chunk) })), ...decoder.end()]
}

const answer = (parts: readonly Json[], more: JsonObject = {}): JsonObject => ({
  candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0, ...more }],
  modelVersion: 'm',
  responseId: 'r',
})

function request(parts: Partial<GenRequest>): GenRequest {
  return {
    model: 'm',
    stream: false,
    turns: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
    ...parts,
  }
}

const bodyOf = (parts: Partial<GenRequest>, model = target.model) =>
  gemini.request.encode(request(parts), { model }).body as Record<string, never>

test('calls get ids that stay the same streamed and whole, and never reach the wire again', () => {
  const call = (n: number) => ({ functionCall: { name: 'f', args: { n } } })
  const whole = gemini.response.decode(answer([call(1), call(2)]))
  const streamed = decodeStream([
    { candidates: [{ content: { parts: [call(1)] } }], responseId: 'r' },
    { candidates: [{ content: { parts: [call(2)] }, finishReason: 'STOP' }], responseId: 'r' },
  ])
  const ids = (events: readonly GenEvent[]) =>
    events.flatMap((event) => (event.type === 'block-start' && event.kind === 'tool' ? event.callId : []))
  assert.deepEqual(ids(whole), ['gemini_call_r_0_0', 'gemini_call_r_0_1'])
  assert.deepEqual(ids(streamed), ids(whole))
  assert.equal(JSON.stringify(gemini.response.encode(whole, context)).includes('gemini_call'), false)
  assert.equal(foldAnswer(whole).finishes[0]?.reason, 'tool-calls')
})

test('candidates keep apart, however their parts interleave', () => {
  const piece = (index: number, text: string) => ({ candidates: [{ index, content: { parts: [{ text }] } }] })
  const end = (index: number) => ({ candidates: [{ index, finishReason: 'STOP' }] })
  const events = decodeStream([piece(0, 'a'), piece(1, 'x'), piece(0, 'b'), end(0), piece(1, 'y'), end(1)])
  const texts = (list: readonly GenEvent[]) =>
    foldAnswer(list).blocks.map(({ choice, text }) => `${choice}${text}`)
  assert.deepEqual(texts(events), ['0ab', '1xy'])
  assert.deepEqual(texts(decodeStream(encodeStream(events))), ['0ab', '1xy'])
})

test('a text, however it is cut into parts, is one block, streamed and whole', () => {
  const word = fc.string({ maxLength: 8 })
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), word), { maxLength: 12 }), (pieces) => {
      const parts = pieces.map(([thought, text]) => (thought ? { text, thought } : { text }))
      const whole = foldAnswer(gemini.response.decode(answer(parts)))
      const chunks = parts.map((part) => ({
        candidates: [{ content: { parts: [part] } }],
        modelVersion: 'm',
        responseId: 'r',
      }))
      assert.deepEqual(foldAnswer(decodeStream([...chunks, answer([])])), whole)
      const kinds = whole.blocks.map((block) => block.kind)
      assert.ok(kinds.every((kind, at) => at === 0 || kind !== kinds[at - 1]))
    }),
  )
})

test('a refused prompt is a whole answer, and comes back without candidates', () => {
  const body = { promptFeedback: { blockReason: 'SAFETY' }, modelVersion: 'm', responseId: 'r' }
  const events = gemini.response.decode(body)
  const { finishes } = foldAnswer(events)
  assert.deepEqual(finishes, [{ choice: 0, reason: 'content-filter', native: 'SAFETY' }])
  assert.deepEqual(gemini.response.encode(events, context), body)
  assert.deepEqual(foldAnswer(decodeStream(encodeStream(events))), foldAnswer(events))
})

test('an error in place of an answer fails, whole or streamed', () => {
  const error = { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' }
  for (const events of [gemini.response.decode([{ error }]), decodeStream([answer([]), { error }])]) {
    const last = events.at(-1)
    assert.equal(last?.type === 'fail' && last.error.code, 'upstream_overloaded')
  }
  for (const body of ['text', 7, null, true]) {
    const [event] = gemini.response.decode(body)
    assert.equal(event?.type === 'fail' && event.error.code, 'upstream_protocol')
  }
})

test('partial arguments come together along their paths', () => {
  const args = new PartialArgs()
  args.push([
    { jsonPath: '$.list[0].name', stringValue: 'ab', willContinue: true },
    { jsonPath: '$.list[0].name', stringValue: 'cd' },
    { jsonPath: "$['a key'].deep", numberValue: 1.5 },
    { jsonPath: '$.list[1]', boolValue: false },
    { jsonPath: '$.none', nullValue: 'NULL_VALUE' },
    { jsonPath: '$.__proto__.polluted', stringValue: 'x' },
    { jsonPath: '$.list[999999999]', numberValue: 1 },
    { jsonPath: '$.list.length', numberValue: 9 },
    { jsonPath: 'list', numberValue: 1 },
    'no piece',
  ])
  assert.equal(
    args.toJson(),
    '{"list":[{"name":"abcd"},false],"a key":{"deep":1.5},"none":null,"__proto__":{"polluted":"x"}}',
  )
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

test('offsets of grounding count bytes on the wire and UTF-16 units here, both ways', () => {
  const grounding = {
    groundingChunks: [{ web: { uri: 'https://a.example', title: 'A' } }],
    groundingSupports: [
      { segment: { startIndex: 7, endIndex: 10, text: 'end' }, groundingChunkIndices: [0] },
    ],
  }
  const events = gemini.response.decode(answer([{ text: 'é😀 end' }], { groundingMetadata: grounding }))
  const [citation] = foldAnswer(events).blocks[0]?.citations ?? []
  assert.deepEqual(
    [citation?.url, citation?.title, citation?.startIndex, citation?.endIndex],
    ['https://a.example', 'A', 4, 7],
  )
  const foreign: GenEvent[] = events.flatMap((event): GenEvent[] => {
    if (event.type === 'native') return []
    if (event.type !== 'annotation') return [event]
    const { native: _native, ...value } = event.value
    return [{ ...event, value }]
  })
  const [candidate] = gemini.response.encode(foreign, context)['candidates'] as JsonObject[]
  assert.deepEqual(candidate?.['groundingMetadata'], grounding)
})

const foreign: readonly GenEvent[] = [
  { type: 'start', id: 'chatcmpl-1', model: 'gpt', createdAtMs: 1000 },
  { type: 'block-start', block: 0, choice: 0, kind: 'reasoning' },
  { type: 'block-start', block: 1, choice: 0, kind: 'tool', callId: 'call_a', name: 'f' },
  { type: 'block-delta', block: 0, text: 'Hm' },
  { type: 'block-delta', block: 1, text: '{"x":' },
  { type: 'block-start', block: 2, choice: 0, kind: 'tool', callId: 'call_b', name: 'g' },
  { type: 'block-delta', block: 0, text: 'm' },
  { type: 'block-delta', block: 2, text: '{}' },
  { type: 'block-delta', block: 1, text: '1}' },
  { type: 'block-end', block: 0, signature: { dialect: 'anthropic-messages', value: 'sig==' } },
  { type: 'block-end', block: 2 },
  { type: 'block-end', block: 1 },
  { type: 'finish', choice: 0, reason: 'tool-calls', native: 'tool_calls' },
  { type: 'usage', usage: { inputTokens: 10, outputTokens: 7, reasoningTokens: 3, cacheReadTokens: 4 } },
]

test('an answer of another dialect: whole calls, finish and usage in the last chunk', () => {
  const chunks = encodeStream(foreign)
  const last = chunks.at(-1)
  assert.deepEqual(last?.['usageMetadata'], {
    promptTokenCount: 10,
    candidatesTokenCount: 4,
    totalTokenCount: 17,
    cachedContentTokenCount: 4,
    thoughtsTokenCount: 3,
  })
  const [candidate] = asArray(last?.['candidates'])
  assert.equal(asObject(candidate)?.['finishReason'], 'STOP')
  for (const chunk of chunks.slice(0, -1)) assert.equal(JSON.stringify(chunk).includes('finishReason'), false)
  const streamed = foldAnswer(decodeStream(chunks))
  assert.deepEqual(streamed, foldAnswer(gemini.response.decode(gemini.response.encode(foreign, context))))
  assert.deepEqual(
    streamed.blocks.map((block) => [block.kind, block.text, block.kind === 'tool' ? block.callId : '']),
    [
      ['reasoning', 'Hmm', ''],
      ['tool', '{"x":1}', 'call_a'],
      ['tool', '{}', 'call_b'],
    ],
  )
  assert.deepEqual(streamed.blocks[0]?.signature, { dialect: 'anthropic-messages', value: 'sig==' })
})

/** Events of answers whose blocks interleave, within a choice and across choices, as chat providers send them. */
const anyAnswer: fc.Arbitrary<GenEvent[]> = fc
  .array(
    fc.record({
      choice: fc.nat(1),
      kind: fc.constantFrom('text', 'reasoning', 'tool', 'media', 'native'),
      pieces: fc.array(fc.string({ maxLength: 5 }), { maxLength: 3 }),
      signature: fc.option(fc.string(), { nil: undefined }),
      order: fc.array(fc.nat(99), { minLength: 5, maxLength: 5 }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((blocks) => {
    const timed = blocks.flatMap(({ choice, kind, pieces, signature, order }, block) => {
      const start = startOf(block, choice, kind)
      const texts = kind === 'tool' ? ['{"a":', '[1]}'] : kind === 'media' || kind === 'native' ? [] : pieces
      const end: GenEvent = {
        type: 'block-end',
        block,
        ...(signature && { signature: { dialect: 'gemini', value: signature } }),
      }
      const deltas = texts.map((text): GenEvent => ({ type: 'block-delta', block, text }))
      const times = order.toSorted((a, b) => a - b)
      return [start, ...deltas, end].map((event, at) => ({ at: at === 0 ? -1 : (times[at - 1] ?? 0), event }))
    })
    const choices = [...new Set(blocks.map((block) => block.choice))]
    return [
      { type: 'start', id: 'r', model: 'm' },
      ...timed.toSorted((a, b) => a.at - b.at).map(({ event }) => event),
      { type: 'usage', usage: { inputTokens: 1, outputTokens: 2 } },
      ...choices.map(
        (choice) => ({ type: 'finish', choice, reason: 'length', native: 'MAX_TOKENS' }) as const,
      ),
    ] satisfies GenEvent[]
  })

function startOf(block: number, choice: number, kind: string): GenEvent {
  const at = { type: 'block-start', block, choice } as const
  switch (kind) {
    case 'tool':
      return { ...at, kind: 'tool', callId: `c${block}`, name: 'f' }
    case 'media':
      return {
        ...at,
        kind: 'media',
        media: 'image',
        source: { at: 'base64', mimeType: 'image/png', data: 'AA==' },
      }
    case 'native':
      return { ...at, kind: 'native', dialect: 'gemini', value: { executableCode: { code: '1' } } }
    case 'reasoning':
      return { ...at, kind: 'reasoning', summary: true }
    default:
      return { ...at, kind: 'text' }
  }
}

test('however the blocks of an answer interleave, its stream and its body tell the same', () => {
  const byChoice = (events: readonly GenEvent[]) => {
    const folded = foldAnswer(events)
    return { ...folded, blocks: folded.blocks.toSorted((a, b) => a.choice - b.choice) }
  }
  fc.assert(
    fc.property(anyAnswer, (events) => {
      const streamed = decodeStream(encodeStream(events))
      const whole = gemini.response.decode(gemini.response.encode(events, context))
      const sorted = byChoice(streamed)
      assert.deepEqual(
        { ...sorted, finishes: sorted.finishes.toSorted((a, b) => a.choice - b.choice) },
        byChoice(whole),
      )
      assert.deepEqual(byChoice(decodeStream(encodeStream(streamed))), sorted)
    }),
    { numRuns: 500 },
  )
})

test("another provider's signature is base64 for the client, as the field demands", () => {
  const thought = JSON.stringify(encodeStream(foreign)).match(/"thoughtSignature":"([^"]*)"/)?.[1] ?? ''
  assert.match(thought, /^[A-Za-z0-9+/]+=*$/)
  const { turns } = gemini.request.decode(
    { contents: [{ role: 'model', parts: [{ text: 'Hmm', thought: true, thoughtSignature: thought }] }] },
    { model: 'm' },
  )
  const [part] = turns[0]?.parts ?? []
  assert.deepEqual(part?.type === 'reasoning' && part.signature, {
    dialect: 'anthropic-messages',
    value: 'sig==',
  })
})

test('the pieces of a stream that a client kept are one turn again, with the signature where it belongs', () => {
  const chunks = encodeStream([
    ...foreign.slice(0, 1),
    { type: 'block-start', block: 0, choice: 0, kind: 'reasoning' },
    { type: 'block-delta', block: 0, text: 'H' },
    { type: 'block-delta', block: 0, text: 'm' },
    { type: 'block-end', block: 0, signature: { dialect: 'anthropic-messages', value: 'sig==' } },
    { type: 'block-start', block: 1, choice: 0, kind: 'text' },
    { type: 'block-delta', block: 1, text: 'Hel' },
    { type: 'block-delta', block: 1, text: 'lo' },
    { type: 'block-end', block: 1 },
    { type: 'finish', choice: 0, reason: 'stop', native: 'stop' },
  ])
  const contents = chunks.map((chunk) => asObject(asArray(chunk['candidates'])[0])?.['content'] ?? null)
  assert.equal(contents.length, 6)
  assert.deepEqual(gemini.request.decode({ contents }, { model: 'm' }).turns, [
    {
      role: 'assistant',
      parts: [
        {
          type: 'reasoning',
          text: 'Hm',
          summary: true,
          signature: { dialect: 'anthropic-messages', value: 'sig==' },
        },
        { type: 'text', text: 'Hello' },
      ],
    },
  ])
  const own = [{ text: 'Hello' }, { text: '', thoughtSignature: 'abc=' }]
  const body = { contents: [{ role: 'model', parts: own }] }
  assert.deepEqual(gemini.request.encode(gemini.request.decode(body, { model: 'm' }), target).body, body)
})

test('a stream that fails ends with the error and nothing after it', () => {
  const error = new GatewayError('upstream_truncated', 'Cut.')
  const chunks = encodeStream([...foreign.slice(0, 5), { type: 'fail', error }, ...foreign.slice(12)])
  assert.deepEqual(chunks.at(-1), gemini.error.encode(error))
  assert.doesNotMatch(JSON.stringify(chunks), /finishReason|functionCall/)
})

test('an answer that never finished is not dressed as one', () => {
  assert.equal(JSON.stringify(encodeStream(foreign.slice(0, 12))).includes('finishReason'), false)
})

test('a conversation of another dialect: calls, results of one turn together, a stand-in signature', () => {
  const call = (callId: string, name: string): Part => ({
    type: 'tool-call',
    callId,
    name,
    arguments: '{"a":1}',
  })
  const result = (callId: string, text: string, isError?: true): Part => ({
    type: 'tool-result',
    callId,
    content: [{ type: 'text', text }],
    ...(isError && { isError }),
  })
  const { body, dropped } = gemini.request.encode(
    request({
      turns: [
        { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
        { role: 'user', parts: [{ type: 'text', text: 'Go' }] },
        {
          role: 'assistant',
          parts: [
            { type: 'reasoning', text: 'Hm', signature: { dialect: 'anthropic-messages', value: 's' } },
            call('c1', 'f'),
            call('c2', 'g'),
          ],
        },
        { role: 'tool', parts: [result('c1', '{"ok":true}')] },
        { role: 'tool', parts: [result('c2', 'boom', true)] },
        { role: 'developer', parts: [{ type: 'text', text: 'Be kind.' }] },
      ],
    }),
    target,
  )
  assert.deepEqual(body, {
    contents: [
      { role: 'user', parts: [{ text: 'Go' }] },
      {
        role: 'model',
        parts: [
          { text: 'Hm', thought: true },
          {
            functionCall: { id: 'c1', name: 'f', args: { a: 1 } },
            thoughtSignature: 'skip_thought_signature_validator',
          },
          { functionCall: { id: 'c2', name: 'g', args: { a: 1 } } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'c1', name: 'f', response: { ok: true } } },
          { functionResponse: { id: 'c2', name: 'g', response: { error: 'boom' } } },
        ],
      },
    ],
    systemInstruction: { parts: [{ text: 'Be brief.' }, { text: 'Be kind.' }] },
  })
  assert.deepEqual(dropped, ['turns[2].signature'])
})

test("Gemini's own signature on a call goes back as it was", () => {
  const signature = { dialect: 'gemini', value: 'abc=' } as const
  const part: Part = { type: 'tool-call', callId: 'c1', name: 'f', arguments: '{}', signature }
  const { contents } = bodyOf({ turns: [{ role: 'assistant', parts: [part] }] })
  assert.match(JSON.stringify(contents), /"thoughtSignature":"abc="/)
})

test('calls and results without ids are paired by name and order', () => {
  const call = { functionCall: { name: 'f', args: {} } }
  const response = (output: string) => ({ functionResponse: { name: 'f', response: { output } } })
  const body = {
    contents: [
      { role: 'model', parts: [call, call] },
      { role: 'user', parts: [response('one'), response('two'), { text: 'And?' }] },
    ],
  }
  const { turns } = gemini.request.decode(body, { model: 'm' })
  const ids = turns.map(({ role, parts }) => [
    role,
    ...parts.map((part) => ('callId' in part ? part.callId : part.type)),
  ])
  assert.deepEqual(ids, [
    ['assistant', 'gemini_call_turn_0', 'gemini_call_turn_1'],
    ['tool', 'gemini_call_turn_0', 'gemini_call_turn_1'],
    ['user', 'text'],
  ])
  assert.deepEqual(gemini.request.encode(gemini.request.decode(body, { model: 'm' }), target).body, body)
})

test('thinking: a level for models that have levels, a budget for those before', () => {
  const cases: readonly [GenRequest['reasoning'], string, JsonObject][] = [
    [{ effort: 'low' }, 'gemini-3-pro', { thinkingLevel: 'LOW' }],
    [{ effort: 'max', budgetTokens: 9 }, 'gemini-3-pro', { thinkingLevel: 'HIGH' }],
    [{ effort: 'none' }, 'gemini-3-flash', { thinkingLevel: 'MINIMAL' }],
    [{ effort: 'medium', show: 'auto' }, 'gemini-2.5-flash', { thinkingBudget: 8192, includeThoughts: true }],
    [{ effort: 'high', budgetTokens: 9 }, 'gemini-2.5-flash', { thinkingBudget: 9 }],
    [{ budgetTokens: 9, show: false }, 'gemini-3-pro', { thinkingBudget: 9, includeThoughts: false }],
    [{ adaptive: true }, 'gemini-2.5-pro', { thinkingBudget: -1 }],
    [{ effort: 'none' }, 'gemini-2.5-flash', { thinkingBudget: 0 }],
  ]
  for (const [reasoning, model, expected] of cases) {
    assert.deepEqual(bodyOf({ ...(reasoning && { reasoning }) }, model)['generationConfig'], {
      thinkingConfig: expected,
    })
  }
})

test('tool choice in both directions; strict tools are validated', () => {
  const cases: readonly [GenRequest['toolChoice'], JsonObject][] = [
    [{ type: 'auto' }, { mode: 'AUTO' }],
    [{ type: 'none' }, { mode: 'NONE' }],
    [{ type: 'required' }, { mode: 'ANY' }],
    [
      { type: 'tool', name: 'f' },
      { mode: 'ANY', allowedFunctionNames: ['f'] },
    ],
    [
      { type: 'allowed', mode: 'required', names: ['f', 'g'] },
      { mode: 'ANY', allowedFunctionNames: ['f', 'g'] },
    ],
    [
      { type: 'allowed', mode: 'auto', names: ['f'] },
      { mode: 'VALIDATED', allowedFunctionNames: ['f'] },
    ],
  ]
  for (const [toolChoice, functionCallingConfig] of cases) {
    const body = bodyOf({ ...(toolChoice && { toolChoice }) })
    assert.deepEqual(body['toolConfig'], { functionCallingConfig })
    assert.deepEqual(gemini.request.decode(body, { model: 'm' }).toolChoice, toolChoice)
  }
  const strict = bodyOf({ tools: [{ type: 'function', name: 'f', strict: true }] })
  assert.deepEqual(strict['toolConfig'], { functionCallingConfig: { mode: 'VALIDATED' } })
})

test('what Gemini has no form of is listed', () => {
  const { dropped } = gemini.request.encode(
    request({
      parallelToolCalls: false,
      verbosity: 'low',
      logitBias: { 5: 1 },
      user: 'u',
      metadata: { a: 'b' },
      serviceTier: 'flex',
      tools: [{ type: 'native', dialect: 'openai-responses', value: { type: 'web_search' } }],
      turns: [
        { role: 'user', name: 'Ann', parts: [{ type: 'text', text: 'Hi', cache: {} }] },
        { role: 'assistant', parts: [{ type: 'native', dialect: 'anthropic-messages', value: {} }] },
      ],
    }),
    target,
  )
  assert.deepEqual(dropped.toSorted(), [
    'cache',
    'logit_bias',
    'metadata',
    'parallel_tool_calls',
    'service_tier',
    'tools[0]',
    'turns[0].name',
    'turns[1].native',
    'user',
    'verbosity',
  ])
})

test('a schema in the form of Google is read as JSON Schema, and sent back as it was unless it changed', () => {
  const responseSchema = {
    type: 'OBJECT',
    properties: {
      kind: { type: 'STRING', enum: ['a'], nullable: true },
      list: { type: 'ARRAY', items: { type: 'INTEGER' }, minItems: '2' },
    },
    propertyOrdering: ['kind', 'list'],
    required: ['kind'],
  }
  const schema = {
    type: 'object',
    properties: {
      kind: { type: ['string', 'null'], enum: ['a', null] },
      list: { type: 'array', items: { type: 'integer' }, minItems: 2 },
    },
    required: ['kind'],
  }
  assert.deepEqual(jsonSchemaOf(responseSchema), schema)
  const generationConfig = { responseMimeType: 'application/json', responseSchema }
  const decoded = gemini.request.decode({ contents: [], generationConfig }, { model: 'm' })
  assert.deepEqual(decoded.format, { type: 'json-schema', schema })
  assert.deepEqual(gemini.request.encode(decoded, target).body['generationConfig'], generationConfig)
  const changed: GenRequest = { ...decoded, format: { type: 'json-schema', schema: { type: 'string' } } }
  assert.deepEqual(gemini.request.encode(changed, target).body['generationConfig'], {
    responseMimeType: 'application/json',
    responseJsonSchema: { type: 'string' },
  })
})

test('names in snake_case are read as their camelCase form', () => {
  const { body } = gemini.request.encode(
    gemini.request.decode(
      {
        contents: [{ parts: [{ inline_data: { mime_type: 'image/png', data: 'AA==' } }] }],
        system_instruction: { parts: [{ text: 'Be brief.' }] },
        generation_config: { max_output_tokens: 5, thinking_config: { thinking_budget: 0 } },
        tools: [{ function_declarations: [{ name: 'f', parameters_json_schema: { a_b: true } }] }],
      },
      { model: 'models/m' },
    ),
    target,
  )
  assert.deepEqual(body, {
    contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: 'AA==' } }] }],
    systemInstruction: { parts: [{ text: 'Be brief.' }] },
    generationConfig: { maxOutputTokens: 5, thinkingConfig: { thinkingBudget: 0 } },
    tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: { a_b: true } }] }],
  })
})

test('a wrong type is refused with the path of the field', () => {
  const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }]
  const cases: readonly [Json, string | undefined][] = [
    [[], undefined],
    [{}, 'contents'],
    [{ contents: [{ role: 'system', parts: [] }] }, 'contents[0].role'],
    [{ contents: [{ parts: [{ text: 5 }] }] }, 'contents[0].parts[0].text'],
    [
      { contents: [{ parts: [{ functionCall: { name: 'f', args: [] } }] }] },
      'contents[0].parts[0].functionCall.args',
    ],
    [{ contents, generationConfig: { temperature: 'hot' } }, 'generationConfig.temperature'],
    [{ contents, generationConfig: { maxOutputTokens: -1 } }, 'generationConfig.maxOutputTokens'],
    [{ contents, generationConfig: { candidateCount: 0.5 } }, 'generationConfig.candidateCount'],
    [{ contents, generationConfig: { stopSequences: [1] } }, 'generationConfig.stopSequences[0]'],
    [{ contents, tools: [{ functionDeclarations: [{}] }] }, 'tools[0].functionDeclarations[0].name'],
  ]
  for (const [body, param] of cases) {
    assert.throws(
      () => gemini.request.decode(body, { model: 'm' }),
      (error) => error instanceof GatewayError && error.code === 'invalid_request' && error.param === param,
    )
  }
})

test('very many small contents and parts are read and written', () => {
  const piece = (at: number) => ({ text: 'x', thought: at % 2 === 0 })
  const pieces = Array.from({ length: 200_000 }, (_, at) => piece(at))
  const contents = [
    { role: 'user', parts: [{ text: 'a' }] },
    { role: 'user', parts: pieces },
    ...pieces.map((part) => ({ role: 'model', parts: [part] })),
  ]
  const decoded = gemini.request.decode({ contents }, { model: 'm' })
  assert.equal(decoded.turns.at(-1)?.parts.length, 200_000)
  assert.equal((gemini.request.encode(decoded, target).body['contents'] as Json[]).length, 2)
})

test('no request, answer or stream, however broken, throws anything but a GatewayError', () => {
  const names = [
    'contents',
    'parts',
    'text',
    'functionCall',
    'args',
    'name',
    'tools',
    'functionDeclarations',
    'candidates',
  ]
  const more = [
    'content',
    'finishReason',
    'usageMetadata',
    'groundingMetadata',
    'groundingSupports',
    'segment',
    'index',
  ]
  const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom<Json>(null, true, -1, 1e300, '', 'STOP', 'x'),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.oneof(fc.constantFrom(...names, ...more), fc.string()), tie('tree'), { maxKeys: 4 }),
    ),
  }))
  fc.assert(
    fc.property(tree, (value) => {
      try {
        gemini.request.encode(gemini.request.decode(value, { model: 'm' }), target)
      } catch (error) {
        assert.ok(error instanceof GatewayError, String(error))
      }
      const events = gemini.response.decode(value)
      gemini.response.encode(events, context)
      encodeStream(decodeStream([value, value]))
      assert.ok(gemini.error.decode(400, JSON.stringify(value)) instanceof GatewayError)
    }),
    { numRuns: 2000 },
  )
})

test('errors carry status, code and wait in the form of Google', () => {
  const error = new GatewayError('upstream_rate_limit', 'Slow down.', { retryAfterMs: 1500 })
  assert.deepEqual(gemini.error.encode(error), {
    error: {
      code: 429,
      message: 'Slow down.',
      status: 'RESOURCE_EXHAUSTED',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'UPSTREAM_RATE_LIMIT',
          domain: 'weir',
        },
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' },
      ],
    },
  })
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    const encoded = gemini.error.encode(new GatewayError(code, 'm'))['error'] as JsonObject
    assert.equal(encoded['code'], errorTable[code].status)
  }
})

test('a quota of the day is not a rate limit of the minute', () => {
  const body = (quotaId: string) =>
    JSON.stringify([
      {
        error: {
          code: 429,
          status: 'RESOURCE_EXHAUSTED',
          message: 'Quota.',
          details: [{ violations: [{ quotaId }] }],
        },
      },
    ])
  assert.equal(gemini.error.decode(429, body('RequestsPerDayPerProject')).code, 'upstream_quota')
  assert.equal(gemini.error.decode(429, body('RequestsPerMinutePerProject')).code, 'upstream_rate_limit')
  assert.equal(gemini.error.decode(502, '<html>').code, 'upstream_error')
})

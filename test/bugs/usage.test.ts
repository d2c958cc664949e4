/** Faults of the field in counting what a call used, 17 to 22, on real sockets: each must not be ours. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asNumber, asObject, type Json, type JsonObject, parseJson } from '../../src/core/json.ts'
import type { Usage } from '../../src/core/usage.ts'
import { priceUsage } from '../../src/models/cost.ts'
import { type ClientName, clients } from '../support/clients.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { type SourceName, sourceProviders } from '../support/sources.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const provider = await startScriptedProvider({ after })
const stack = await startStack({ after }, { config: { providers: sourceProviders(() => provider.url) } })

interface Told {
  /** As the record has it, without the provider's own block. */
  readonly record: JsonObject | undefined
  /** The usage blocks that the client was sent, in order. */
  readonly blocks: readonly JsonObject[]
}

/** What the provider answers, by a mark in the prompt, so that calls can be under way together. */
const scripts = new Map<string, JsonObject | JsonObject[]>()

provider.answerWith(({ body }, response) => {
  const answer = scripts.get(/case-\d+/.exec(body.toString())?.[0] ?? '')!
  const isStream = Array.isArray(answer)
  response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' })
  response.end(isStream ? answer.map(toEvent).join('') : JSON.stringify(answer))
})

/** Asks while the provider answers with this document, or streams these events. */
async function ask(client: ClientName, source: SourceName, answer: JsonObject | JsonObject[]): Promise<Told> {
  const stream = Array.isArray(answer)
  const mark = `case-${scripts.size + 1}`
  scripts.set(mark, answer)
  const question = { model: `${source}/m`, text: mark, stream }
  const { path, body } = clients[client]
  const includeUsage = stream && client === 'openai-chat' && { stream_options: { include_usage: true } }
  const response = await stack.post(path(question), { ...body(question), ...includeUsage })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  const record = await until('the request record', async () => {
    const found = await stack.admin(`/requests/${response.headers.get('x-weir-request-id')}`)
    return found['error'] === undefined ? found : undefined
  })
  assert.equal(record['code'], undefined)
  const { native: _native, ...counts } = asObject(record['usage']) ?? {}
  const documents = stream ? text.split('\n').flatMap(dataOf) : [asObject(parseJson(text)) ?? {}]
  return {
    record: record['usage'] === undefined ? undefined : counts,
    blocks: documents.flatMap(blocksIn),
  }
}

const toEvent = (value: JsonObject) =>
  `${typeof value['type'] === 'string' ? `event: ${value['type']}\n` : ''}data: ${JSON.stringify(value)}\n\n`

function dataOf(line: string): JsonObject[] {
  const value = line.startsWith('data:') ? asObject(parseJson(line.slice(5))) : undefined
  return value ? [value] : []
}

function blocksIn(document: JsonObject): JsonObject[] {
  const inner = [document, asObject(document['message']), asObject(document['response'])]
  return inner.flatMap((each) => {
    const block = asObject(each?.['usage'] ?? each?.['usageMetadata'])
    return block ? [block] : []
  })
}

// -- answers, as providers of each dialect give them

const chatWhole = (usage: Json | undefined): JsonObject => ({
  id: 'c1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'High' }, finish_reason: 'stop' }],
  ...(usage !== undefined && { usage }),
})

function chunk(
  delta: JsonObject | undefined,
  more: JsonObject = {},
  finish: string | null = null,
): JsonObject {
  const choices = delta === undefined ? [] : [{ index: 0, delta, finish_reason: finish }]
  return { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...more }
}

const messagesWhole = (usage: JsonObject): JsonObject => ({
  id: 'm1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{ type: 'text', text: 'High' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage,
})

function messagesStream(start: JsonObject | undefined, ...deltas: (JsonObject | undefined)[]): JsonObject[] {
  const message = { id: 'm1', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null }
  return [
    { type: 'message_start', message: { ...message, ...(start && { usage: start }) } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'High' } },
    { type: 'content_block_stop', index: 0 },
    ...deltas.map((usage, at) => ({
      type: 'message_delta',
      delta: { stop_reason: at === deltas.length - 1 ? 'end_turn' : null, stop_sequence: null },
      ...(usage && { usage }),
    })),
    { type: 'message_stop' },
  ]
}

const geminiAnswer = (usageMetadata: JsonObject | undefined): JsonObject => ({
  candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'High' }] }, finishReason: 'STOP' }],
  modelVersion: 'm',
  responseId: 'g1',
  ...(usageMetadata && { usageMetadata }),
})

const responsesWhole = (usage: JsonObject): JsonObject => ({
  id: 'r1',
  object: 'response',
  created_at: 1,
  status: 'completed',
  model: 'm',
  output: [
    {
      id: 'i1',
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'High', annotations: [] }],
    },
  ],
  usage,
})

const counted = { input_tokens: 100, output_tokens: 20, cache_read_tokens: 64 }

const chatUsage = {
  prompt_tokens: 100,
  completion_tokens: 20,
  total_tokens: 120,
  prompt_tokens_details: { cached_tokens: 64 },
}

for (const client of ['openai-chat', 'anthropic-messages'] as const) {
  test(`17: usage in the last chunk that has choices is kept, with its cached tokens, for ${client}`, async () => {
    const events = [chunk({ role: 'assistant', content: 'High' }), chunk({}, { usage: chatUsage }, 'stop')]
    const { record, blocks } = await ask(client, 'openai-chat', events)
    assert.deepEqual(record, counted)
    const last = blocks.at(-1)!
    if (client === 'openai-chat') assert.deepEqual(last, chatUsage)
    else {
      assert.deepEqual(
        [last['input_tokens'], last['cache_read_input_tokens'], last['output_tokens']],
        [36, 64, 20],
      )
    }
  })

  test(`17: usage in every chunk, and null in the last, keeps the last that tells something, for ${client}`, async () => {
    const early = { ...chatUsage, completion_tokens: 1, total_tokens: 101 }
    const events = [
      chunk({ role: 'assistant', content: 'Hi' }, { usage: early }),
      chunk({ content: 'gh' }, { usage: chatUsage }),
      chunk({}, { usage: null }, 'stop'),
    ]
    assert.deepEqual((await ask(client, 'openai-chat', events)).record, counted)
  })
}

// -- 18

const messagesUsage = { input_tokens: 36, cache_read_input_tokens: 64, output_tokens: 20 }
const geminiUsage = {
  promptTokenCount: 100,
  cachedContentTokenCount: 64,
  candidatesTokenCount: 20,
  totalTokenCount: 120,
}
const responsesUsage = {
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 64 },
  output_tokens: 20,
  total_tokens: 120,
}

interface Answers {
  readonly source: SourceName
  readonly whole: JsonObject
  readonly streamed: JsonObject[]
}

const cachedAnswers: readonly Answers[] = [
  {
    source: 'openai-chat',
    whole: chatWhole(chatUsage),
    streamed: [
      chunk({ role: 'assistant', content: 'High' }),
      chunk({}, {}, 'stop'),
      chunk(undefined, { usage: chatUsage }),
    ],
  },
  {
    source: 'anthropic-messages',
    whole: messagesWhole(messagesUsage),
    streamed: messagesStream({ ...messagesUsage, output_tokens: 1 }, { output_tokens: 20 }),
  },
  { source: 'gemini', whole: geminiAnswer(geminiUsage), streamed: [geminiAnswer(geminiUsage)] },
  {
    source: 'openai-responses',
    whole: responsesWhole(responsesUsage),
    streamed: [
      { type: 'response.created', sequence_number: 0, response: { id: 'r1', model: 'm', output: [] } },
      { type: 'response.completed', sequence_number: 1, response: responsesWhole(responsesUsage) },
    ],
  },
]

/** A dollar for a million tokens that came from the cache, ten for the others, a hundred for the output. */
const rates = { input: 10_000_000_000, cacheRead: 1_000_000_000, output: 100_000_000_000 }
const price = { periods: [{ tiers: [{ aboveTokens: 0, rates }] }] } as const

function costOf(record: JsonObject | undefined): number {
  const count = (name: string) => asNumber(record?.[name]) ?? 0
  const usage: Usage = {
    inputTokens: count('input_tokens'),
    outputTokens: count('output_tokens'),
    cacheReadTokens: count('cache_read_tokens'),
  }
  return priceUsage(price, usage, { atMs: 0 }).totalNanoUsd
}

for (const { source, whole, streamed } of cachedAnswers) {
  test(`18: what ${source} read from its cache costs the same streamed and whole`, async () => {
    const asked = (['openai-chat', 'anthropic-messages'] as const).flatMap((client) => [
      ask(client, source, whole),
      ask(client, source, streamed),
    ])
    for (const { record } of await Promise.all(asked)) {
      assert.deepEqual(record, counted)
      assert.equal(costOf(record), 36 * 10_000 + 64 * 1_000 + 20 * 100_000)
    }
  })
}

test('19: a later 0 counts, a later null and a later absence do not', async () => {
  const start = {
    input_tokens: 30,
    cache_creation_input_tokens: 50,
    cache_read_input_tokens: 5,
    output_tokens: 1,
  }
  const told = async (later: JsonObject) =>
    (await ask('anthropic-messages', 'anthropic-messages', messagesStream(start, later))).record
  const kept = { input_tokens: 85, output_tokens: 9, cache_read_tokens: 5, cache_write_tokens: 50 }
  const laters = [{}, { cache_creation_input_tokens: null }, { cache_creation_input_tokens: 0 }]
  assert.deepEqual(await Promise.all(laters.map((later) => told({ output_tokens: 9, ...later }))), [
    kept,
    kept,
    { ...kept, input_tokens: 35, cache_write_tokens: 0 },
  ])
})

// -- 20

/** That the parts sum to the total is told in each dialect's own names. */
function assertSums(client: ClientName, block: JsonObject): void {
  const count = (name: string) => asNumber(block[name]) ?? 0
  const within = (details: string, name: string) => asNumber(asObject(block[details])?.[name]) ?? 0
  switch (client) {
    case 'openai-chat':
      assert.equal(count('total_tokens'), count('prompt_tokens') + count('completion_tokens'))
      assert.deepEqual([count('prompt_tokens'), within('prompt_tokens_details', 'cached_tokens')], [100, 64])
      return
    case 'openai-responses':
      assert.equal(count('total_tokens'), count('input_tokens') + count('output_tokens'))
      assert.deepEqual([count('input_tokens'), within('input_tokens_details', 'cached_tokens')], [100, 64])
      return
    case 'anthropic-messages':
      assert.deepEqual([count('input_tokens'), count('cache_read_input_tokens')], [36, 64])
      assert.equal(count('output_tokens'), 20)
      return
    case 'gemini':
    case 'gemini-array':
      assert.equal(
        count('totalTokenCount'),
        count('promptTokenCount') + count('candidatesTokenCount') + count('thoughtsTokenCount'),
      )
      assert.deepEqual([count('promptTokenCount'), count('cachedContentTokenCount')], [100, 64])
  }
}

for (const client of ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const) {
  test(`20: the parts of the usage sum to its total for ${client}, from every dialect`, async () => {
    const asked = cachedAnswers.flatMap(({ source, whole, streamed }) => [
      ask(client, source, whole),
      ask(client, source, streamed),
    ])
    // Of a stream's blocks each later one replaces what it names, as a client of Messages reads them.
    for (const { blocks } of await Promise.all(asked))
      assertSums(client, Object.assign({}, ...blocks) as JsonObject)
  })
}

// -- 21

const all = { input_tokens: 40, output_tokens: 12 }

const placements: Readonly<Record<string, JsonObject[]>> = {
  'only at the start': messagesStream(all, undefined),
  'only in message_delta': messagesStream(undefined, all),
  split: messagesStream({ input_tokens: 40, output_tokens: 0 }, { output_tokens: 12 }),
  'nothing yet at the start': messagesStream({ input_tokens: 0, output_tokens: 0 }, all),
  repeated: messagesStream(all, { output_tokens: 5 }, all),
}

for (const [name, events] of Object.entries(placements)) {
  test(`21: usage ${name} is whole`, async () => {
    const [own, chat, google] = await Promise.all([
      ask('anthropic-messages', 'anthropic-messages', events),
      ask('openai-chat', 'anthropic-messages', events),
      ask('gemini', 'anthropic-messages', events),
    ])
    for (const { record } of [own, chat, google]) assert.deepEqual(record, all)
    assert.equal(chat.blocks.at(-1)!['prompt_tokens'], 40)
    assert.equal(google.blocks.at(-1)!['promptTokenCount'], 40)
  })
}

test('21: message_start tells the input of the prompt as soon as the provider does', async () => {
  const { blocks } = await ask('anthropic-messages', 'anthropic-messages', placements['split']!)
  assert.equal(blocks[0]!['input_tokens'], 40)
})

test('22: without usage from the provider nothing is recorded as measured', async () => {
  const answers: readonly [SourceName, JsonObject | JsonObject[]][] = [
    ['openai-chat', chatWhole(undefined)],
    ['openai-chat', [chunk({ role: 'assistant', content: 'High' }), chunk({}, {}, 'stop')]],
    ['gemini', geminiAnswer(undefined)],
    ['anthropic-messages', messagesStream(undefined, undefined)],
  ]
  const told = await Promise.all(answers.map(([source, answer]) => ask('openai-chat', source, answer)))
  assert.deepEqual(
    told.map(({ record }) => record),
    answers.map(() => undefined),
  )
})

/** The matrix of real clients, providers and features: what each cell must show, and why a cell may be absent. */

import assert from 'node:assert/strict'
import type { Receipt } from '../../src/simulator/receipts.ts'
import type { Stack, stackProviders } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { anthropicClient } from './clients/anthropic.ts'
import { type ClientOptions, type Said, type SdkClient, toolResult } from './clients/client.ts'
import { geminiClient } from './clients/gemini.ts'
import { langChainClient } from './clients/langchain.ts'
import { openAiChatClient } from './clients/openai-chat.ts'
import { openAiResponsesClient } from './clients/openai-responses.ts'
import { vercelClients } from './clients/vercel-ai.ts'
import { observed, type ObservedAnswer } from './observed.ts'
import { type ProviderDialect, readProviderBody } from './provider-body.ts'

export type ProviderName = (typeof stackProviders)[number]

export interface Row {
  readonly sdk: string
  readonly provider: ProviderName
  readonly feature: string
  /** Why this cell cannot be: the SDK or the provider has no such thing. */
  readonly absent?: string
  /** Rejects with AssertionError where the cell does not hold. */
  run(stack: Stack): Promise<void>
}

/** Every SDK, made for this gateway. */
export function createClients(options: ClientOptions): SdkClient[] {
  return [
    openAiChatClient(options),
    openAiResponsesClient(options),
    anthropicClient(options),
    geminiClient(options),
    ...vercelClients(options),
    langChainClient(options),
  ]
}

/** All cells, present and absent. */
export function matrixRows(
  clients: readonly SdkClient[],
  providers: readonly ProviderName[],
): readonly Row[] {
  return clients.flatMap((client) =>
    providers.flatMap((provider) =>
      features.map(({ name, absent, run }): Row => {
        const reason = absent?.(client, provider)
        return {
          sdk: client.name,
          provider,
          feature: name,
          ...(reason !== undefined && { absent: reason }),
          run: (stack) => run({ client, provider, stack }),
        }
      }),
    ),
  )
}

interface Cell {
  readonly client: SdkClient
  readonly provider: ProviderName
  readonly stack: Stack
}

interface Feature {
  readonly name: string
  absent?(client: SdkClient, provider: ProviderName): string | undefined
  run(cell: Cell): Promise<void>
}

const greeting = 'Grüße 🌊 from the river: 水 flows.'
// One transparent pixel.
const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const pictureUrl = 'https://pictures.example/river.png'
const person = { name: 'text', height: 0.5, city: 'Bern' }
const forecastCall = { name: 'forecast', arguments: { city: 'Bern', days: 1 } }

const noImages: readonly ProviderName[] = ['deepseek']
const countsItself: readonly ProviderName[] = ['openai', 'claude', 'google']
/** They bill the whole answer to a client that leaves, by their rows in the table of providers. */
const billsCancelled: readonly ProviderName[] = ['google', 'qwen', 'mistral']
const hasNoEmbeddings: readonly ProviderName[] = ['claude', 'deepseek']

/** In which dialect a provider must have been asked, by a client of another or of the same one. */
function dialectOf(provider: ProviderName, client: SdkClient, thinks: boolean): ProviderDialect {
  if (provider === 'claude') return 'anthropic-messages'
  if (provider === 'google') return 'gemini-generate'
  if (provider !== 'openai' || client.dialect === 'openai-chat') return 'openai-chat'
  // Only Responses carries OpenAI's reasoning from turn to turn.
  return client.dialect === 'openai-responses' || thinks ? 'openai-responses' : 'openai-chat'
}

interface Exchange<Value> {
  readonly value: Value
  readonly answers: readonly ObservedAnswer[]
  readonly receipts: readonly Receipt[]
}

/** Runs the client, and holds what came against what must be true of every successful call. */
async function exchange<Value>(
  { client, provider, stack }: Cell,
  run: () => Promise<Value>,
  expected: {
    calls: number
    stream: boolean
    thinks?: boolean
    /** What `x-weir-dropped` may name in the last answer. */
    mayDrop?: readonly string[]
  },
): Promise<Exchange<Value>> {
  const before = stack.simulator.receipts().at(-1)?.n ?? 0
  const { answers, outcome } = await observed(stack.gateway.url, run)
  const value = await outcome
  const receipts = stack.simulator.receipts(before)
  assert.equal(answers.length, expected.calls, 'calls to the gateway')
  for (const [at, { status, headers }] of answers.entries()) {
    assert.equal(status, 200)
    assert.equal(headers.get('x-weir-provider'), provider)
    assert.equal(headers.get('x-weir-attempts'), '1')
    const dropped = headers.get('x-weir-dropped')?.split(', ') ?? []
    const allowed = at === answers.length - 1 ? (expected.mayDrop ?? []) : []
    assert.deepEqual(
      dropped.filter((name) => !allowed.includes(name)),
      [],
      'x-weir-dropped',
    )
  }
  assert.equal(receipts.length, expected.calls, 'calls to the provider')
  for (const receipt of receipts) {
    assert.equal(receipt.dialect, dialectOf(provider, client, expected.thinks ?? false))
    assert.equal(receipt.stream, expected.stream)
    assert.equal(receipt.ended, 'complete')
    // The caller's key must never travel on: the receipt has the fingerprint of what did.
    assert.equal(receipt.credential, receipts[0]!.credential)
  }
  return { value, answers, receipts }
}

/** What the application was told of the usage is what the provider bills. */
function assertBilled(said: Said, receipt: Receipt): void {
  const { inputTokens, outputTokens } = receipt.billed!
  assert.deepEqual(said.usage, { inputTokens, outputTokens })
}

const bodyOf = (receipt: Receipt) => readProviderBody(receipt.dialect, receipt.body)

const textFeature = (stream: boolean): Feature => ({
  name: stream ? 'text, streamed' : 'text',
  async run(cell) {
    const question = {
      model: `${cell.provider}/echo`,
      text: greeting,
      stream,
      system: 'Be brief.',
      maxTokens: 400,
      temperature: 0.5,
    }
    const { value, receipts } = await exchange(cell, () => cell.client.ask(question), { calls: 1, stream })
    assert.equal(value.text, greeting)
    assertBilled(value, receipts[0]!)
    const { system, userText, maxTokens, temperature } = bodyOf(receipts[0]!)
    const asked = { system, userText, maxTokens, temperature }
    assert.deepEqual(asked, { system: 'Be brief.', userText: greeting, maxTokens: 400, temperature: 0.5 })
    assert.equal(receipts[0]!.model, 'echo')
  },
})

const cacheFeature = (stream: boolean): Feature => ({
  name: stream ? 'cached tokens, streamed' : 'cached tokens',
  async run(cell) {
    const question = { model: `${cell.provider}/fault/usage-cached`, text: greeting, stream }
    const { value, receipts } = await exchange(cell, () => cell.client.ask(question), { calls: 1, stream })
    assertBilled(value, receipts[0]!)
    assert.equal(value.cachedTokens, Math.floor(receipts[0]!.billed!.inputTokens / 2))
  },
})

const toolFeature = (model: string, calls: number, stream: boolean): Feature => ({
  name: `${calls === 1 ? 'tool' : 'parallel tools'}${stream ? ', streamed' : ''}`,
  async run(cell) {
    const question = { model: `${cell.provider}/${model}`, text: 'The weather?', stream }
    const run = () => cell.client.toolRound(question)
    const { value, receipts } = await exchange(cell, run, { calls: 2, stream })
    assert.deepEqual(value.calls, Array(calls).fill(forecastCall))
    assert.equal(value.final.text, 'The tool has answered.')
    assertBilled(value.final, receipts[1]!)
    const { toolNames, callIds, results } = bodyOf(receipts[1]!)
    assert.deepEqual(toolNames, ['forecast'])
    assert.equal(results.length, calls)
    for (const { text } of results) assert.ok(text.includes(toolResult), text)
    assert.deepEqual(
      results.map(({ callId }) => callId),
      callIds,
      'each result belongs to its call',
    )
  },
})

const imageFeature = (name: string, image: { base64: string } | { url: string }): Feature => ({
  name,
  absent(client, provider) {
    if (noImages.includes(provider)) return 'the provider takes no images'
    return 'url' in image && client.name === 'ai (google)' ? 'the SDK fetches it by itself' : undefined
  },
  async run(cell) {
    const question = { model: `${cell.provider}/echo`, text: greeting, stream: false, image }
    const { value, receipts } = await exchange(cell, () => cell.client.ask(question), {
      calls: 1,
      stream: false,
    })
    assert.equal(value.text, greeting)
    assert.deepEqual(bodyOf(receipts[0]!).images, [Object.values(image)[0]])
    assertBilled(value, receipts[0]!)
  },
})

const structuredFeature: Feature = {
  name: 'structured output',
  async run(cell) {
    const run = () => cell.client.person(`${cell.provider}/json`)
    const { value, receipts } = await exchange(cell, run, { calls: 1, stream: false })
    assert.deepEqual(value, person)
    // Which takes no JSON Schema: it is told in words.
    if (cell.provider === 'deepseek') return
    const { schema } = bodyOf(receipts[0]!)
    assert.deepEqual(Object.keys(Object(schema?.['properties']) as object), ['name', 'height', 'city'])
  },
}

/** Which reasoning comes back to the provider in the second turn of a tool round, with its proof. */
const reasoningFeature = (stream: boolean): Feature => ({
  name: `reasoning${stream ? ', streamed' : ''}`,
  absent: (client, provider) => reasoningAbsent(client, provider, stream),
  async run(cell) {
    const question = { model: `${cell.provider}/reason-4`, text: greeting, stream, thinks: true }
    const run = () => cell.client.toolRound(question)
    const mayDrop = takesReasoning(cell) ? [] : ['turns[1].reasoning']
    const { value, receipts } = await exchange(cell, run, { calls: 2, stream, thinks: true, mayDrop })
    assert.deepEqual(value.calls, [forecastCall])
    assert.equal(value.final.text, greeting)
    assert.equal(value.final.reasoning, 'river stone water measure')
    assert.ok(receipts[1]!.billed!.reasoningTokens > 0)
    const { valid, broken } = receipts[1]!.signatures
    assert.deepEqual({ valid, broken }, { valid: signs(cell.provider) ? 1 : 0, broken: 0 })
  },
})

const signs = (provider: ProviderName) =>
  provider === 'openai' || provider === 'claude' || provider === 'google'

/** Chat Completions has no field for reasoning; only what its own client sends in one passes. */
const takesReasoning = ({ client, provider }: Cell) =>
  signs(provider) || provider === 'deepseek' || client.dialect === 'openai-chat'

function reasoningAbsent(
  { name, dialect }: SdkClient,
  provider: ProviderName,
  stream: boolean,
): string | undefined {
  if (provider === 'openai' && dialect === 'openai-chat') return 'Chat Completions hides it'
  if (name === 'ai (google)' && stream && signs(provider) && provider !== 'google') {
    return 'the SDK loses a signature that comes in a chunk without text'
  }
  if (name === 'ai (openai chat)' || name === '@langchain/openai') return 'the client leaves it out'
  return undefined
}

interface ExpectedFailure {
  readonly name: string
  readonly model: (provider: ProviderName) => string
  readonly status: number
  readonly code: string
}

const failures: readonly ExpectedFailure[] = [
  { name: 'unknown model', model: () => 'nowhere/echo', status: 404, code: 'model_not_found' },
  {
    name: 'rate limit',
    model: (provider) => `${provider}/fault/http-429`,
    status: 429,
    code: 'upstream_rate_limit',
  },
  {
    name: 'provider fault',
    model: (provider) => `${provider}/fault/http-500`,
    status: 502,
    code: 'upstream_error',
  },
]

const failureFeature = ({ name, model, status, code }: ExpectedFailure, stream: boolean): Feature => ({
  name: `error: ${name}${stream ? ', streamed' : ''}`,
  async run({ client, provider }) {
    const error = await client.ask({ model: model(provider), text: greeting, stream }).then(
      () => assert.fail('the call must fail'),
      (thrown: unknown) => thrown,
    )
    assert.deepEqual(client.failureOf(error), { isTyped: true, status, code })
  },
})

/** An answer that breaks off must never look whole. */
const brokenFeature = (name: string, fault: string): Feature => ({
  name,
  async run({ client, provider }) {
    const model = `${provider}/fault/${fault}+words-20`
    await assert.rejects(client.ask({ model, text: greeting, stream: true }))
  },
})

/** The gateway lets go of the provider when the client does, or reads on where the provider bills on. */
const disconnectFeature: Feature = {
  name: 'disconnect, streamed',
  async run({ client, provider, stack }) {
    const before = stack.simulator.receipts().at(-1)?.n ?? 0
    const leaving = new AbortController()
    const billsOn = billsCancelled.includes(provider)
    const model = `${provider}/slow-${billsOn ? '3ms' : '50ms'}`
    const asked = client.ask({ model, text: greeting, stream: true, signal: leaving.signal })
    const receipt = await until('the first bytes of the answer', () =>
      stack.simulator.receipts(before).find(({ bytesSent }) => bytesSent > 0),
    )
    leaving.abort()
    // Some SDKs throw when they are stopped, some end quietly, some do either by how far they got.
    await asked.catch(() => undefined)
    await until('the end of the upstream call', () => (receipt.ended === 'open' ? undefined : true), 1000)
    assert.equal(receipt.ended, billsOn ? 'complete' : 'client-closed')
  },
}

const embeddingFeature: Feature = {
  name: 'embeddings',
  absent: (client, provider) =>
    client.embed === undefined
      ? 'the SDK has none'
      : hasNoEmbeddings.includes(provider)
        ? 'the provider has none'
        : undefined,
  async run({ client, provider, stack }) {
    const before = stack.simulator.receipts().at(-1)?.n ?? 0
    const texts = ['the river rises', 'the river falls', 'an unrelated matter']
    const vectors = await client.embed!(`${provider}/embed`, texts)
    assert.equal(vectors.length, 3)
    const dot = (a: number, b: number) => vectors[a]!.reduce((sum, x, at) => sum + x * vectors[b]![at]!, 0)
    assert.ok(Math.abs(dot(0, 0) - 1) < 1e-5)
    assert.ok(dot(0, 1) > dot(0, 2))
    assert.ok(stack.simulator.receipts(before).every((receipt) => receipt.provider === pathOf(provider)))
  },
}

const pathOf = (provider: ProviderName) =>
  provider === 'claude' ? 'anthropic' : provider === 'google' ? 'gemini' : provider

const countFeature: Feature = {
  name: 'count tokens',
  absent: (client) => (client.countTokens ? undefined : 'the SDK has none'),
  async run({ client, provider, stack }) {
    const before = stack.simulator.receipts().at(-1)?.n ?? 0
    const count = () => client.countTokens!(`${provider}/echo`, greeting)
    const { answers, outcome } = await observed(stack.gateway.url, count)
    const value = await outcome
    const counting = stack.simulator.receipts(before)
    if (countsItself.includes(provider)) {
      assert.equal(value, Math.ceil(Buffer.byteLength(greeting) / 4)) // the simulator's rule
      assert.equal(counting.length, 1)
    } else {
      assert.ok(value > 5 && value < 30)
      assert.equal(answers[0]!.headers.get('x-weir-estimate'), '1')
      assert.deepEqual(counting, [])
    }
  },
}

const features: readonly Feature[] = [
  textFeature(false),
  textFeature(true),
  toolFeature('tools', 1, false),
  toolFeature('tools', 1, true),
  toolFeature('tools-parallel', 2, false),
  toolFeature('tools-parallel', 2, true),
  cacheFeature(false),
  cacheFeature(true),
  imageFeature('image, inline', { base64: pixel }),
  imageFeature('image, by address', { url: pictureUrl }),
  structuredFeature,
  reasoningFeature(false),
  reasoningFeature(true),
  ...failures.flatMap((failure) => [failureFeature(failure, false), failureFeature(failure, true)]),
  brokenFeature('error: cut stream', 'fin-after-3'),
  brokenFeature('error: told mid-stream', 'err-event-after-3'),
  disconnectFeature,
  embeddingFeature,
  countFeature,
]

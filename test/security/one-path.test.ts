/** One path for every route that leads to a provider: key, budget, egress guard and ledger, whichever way in a caller takes. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { batchClient, chatLine } from '../support/batches.ts'
import { dataRoutes, filled, type RouteOfCallers } from '../support/caller-routes.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

const poorKey = 'poor-key-of-16-characters'
const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 }
const said = { type: 'message', role: 'assistant' } as const

/** Whole answers of the three APIs that batches are made of; elsewhere it does not matter what comes back. */
function answerOn(target: string): JsonObject {
  if (target.includes('/messages')) {
    const content = [{ type: 'text', text: 'y' }]
    return { id: 'x', ...said, model: 'm', content, stop_reason: 'end_turn', usage }
  }
  if (target.includes('/responses')) {
    const content = [{ type: 'output_text', text: 'y', annotations: [] }]
    const output = [{ id: 'y', ...said, status: 'completed', content }]
    return { id: 'x', object: 'response', status: 'completed', model: 'm', output, usage }
  }
  return {
    id: 'x',
    object: 'chat.completion',
    model: 'm',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'y' } }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  }
}

let connects = 0
/** Inside, where no provider may be. */
const canary = createServer((socket) => {
  connects++
  socket.destroy()
})
canary.listen(0, '127.0.0.1')
await once(canary, 'listening')
after(() => canary.close())
const inside = `https://127.0.0.1:${(canary.address() as AddressInfo).port}`

const provider = await startScriptedProvider({ after })
provider.answerWith(({ target }, response) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answerOn(target))),
)
const at = (type: string, baseUrl: string, more: JsonObject = {}): JsonObject => ({
  type,
  apiKey: 'env:PROVIDER_KEY',
  baseUrl,
  ...more,
})
const outside = { allowPrivateNetwork: true } as const
const price = { price: { input: 1, output: 4 }, maxOutputTokens: 100 }
const stack = await startStack(
  { after },
  {
    config: {
      providers: {
        openai: at('openai', `${provider.url}/v1`, outside),
        claude: at('anthropic', `${provider.url}/v1`, outside),
        google: at('gemini', `${provider.url}/v1beta`, outside),
        other: at('openai-compatible', `${provider.url}/v1`, outside),
        'inside-openai': at('openai', `${inside}/v1`),
        'inside-claude': at('anthropic', `${inside}/v1`),
        'inside-google': at('gemini', `${inside}/v1beta`),
        'inside-other': at('openai-compatible', `${inside}/v1`),
      },
      models: Object.fromEntries(
        ['openai', 'claude', 'google', 'other'].flatMap((name) => [
          [`${name}/*`, price],
          [`inside-${name}/*`, price],
        ]),
      ),
      keys: [
        { name: 'test', secret: 'env:WEIR_TEST_KEY' },
        {
          name: 'poor',
          secret: 'env:POOR_KEY',
          budgets: [{ usd: '0.000000001', period: 'total', cap: 'hard' }],
        },
      ],
    },
    env: { POOR_KEY: poorKey },
  },
)

const messages = [{ role: 'user', content: 'hi' }]
const contents = [{ parts: [{ text: 'hi' }] }]
type BodyOf = (side: '' | 'inside-') => JsonObject

/** What a caller sends on each route; a new route needs a line. */
const bodies: Readonly<Record<string, BodyOf>> = {
  '/v1/chat/completions': (side) => ({ model: `${side}openai/m`, messages }),
  '/v1/completions': (side) => ({ model: `${side}openai/m`, prompt: 'hi' }),
  '/v1/responses': (side) => ({ model: `${side}openai/m`, input: 'hi' }),
  '/v1/responses/input_tokens': (side) => ({ model: `${side}openai/m`, input: 'hi' }),
  '/v1/messages': (side) => ({ model: `${side}claude/m`, max_tokens: 9, messages }),
  '/v1/messages/count_tokens': (side) => ({ model: `${side}claude/m`, messages }),
  '/v1/embeddings': (side) => ({ model: `${side}openai/m`, input: 'hi' }),
  '/v1/moderations': (side) => ({ model: `${side}openai/m`, input: 'hi' }),
  '/v1/images/generations': (side) => ({ model: `${side}openai/m`, prompt: 'hi' }),
  '/v1/images/edits': (side) => ({ model: `${side}openai/m`, prompt: 'hi' }),
  '/v1/audio/speech': (side) => ({ model: `${side}openai/m`, input: 'hi', voice: 'x' }),
  '/v1/audio/transcriptions': (side) => ({ model: `${side}openai/m`, file: 'x' }),
  '/v1/audio/translations': (side) => ({ model: `${side}openai/m`, file: 'x' }),
  '/v1/rerank': (side) => ({ model: `${side}other/m`, query: 'hi', documents: ['x'] }),
  '/v1beta/models/{model}:generateContent': () => ({ contents }),
  '/v1beta/models/{model}:streamGenerateContent': () => ({ contents }),
  '/v1beta/models/{model}:countTokens': () => ({ contents }),
  '/v1beta/models/{model}:embedContent': () => ({ content: contents[0]! }),
  '/v1beta/models/{model}:batchEmbedContents': () => ({ requests: [{ content: contents[0]! }] }),
  '/providers/openai/files': () => ({ model: 'm' }),
}

interface Asked {
  readonly name: string
  readonly status: number
  readonly code: string
  readonly id: string
}

async function ask({ method, path }: RouteOfCallers, key: string, side: '' | 'inside-' = ''): Promise<Asked> {
  const bodyOf = bodies[path]
  assert.ok(bodyOf, `${path}: nothing in this test says what is sent there`)
  const target = filled(path).replace('google', `${side}google`).replace('/openai/', `/${side}openai/`)
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const response = await fetch(stack.gateway.url + target, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(hasBody && { 'content-type': 'application/json' }) },
    ...(hasBody && { body: JSON.stringify(bodyOf(side)) }),
  })
  const text = await response.text()
  const error = asObject(asObject(text.startsWith('{') ? (JSON.parse(text) as JsonObject) : {})?.['error'])
  return {
    name: `${method} ${path}: ${response.status} ${text.slice(0, 300)}`,
    status: response.status,
    code: [error?.['code'], error?.['type'], error?.['status'], error?.['message']].join(' '),
    id: response.headers.get('x-weir-request-id')!,
  }
}

/** Providers count tokens for nothing: there is nothing to hold, and no line. */
const isFree = ({ path }: RouteOfCallers) => /count_?tokens|input_tokens/i.test(path)

async function linesOf(request: string): Promise<number> {
  return asArray((await stack.admin(`/ledger?request=${request}`))['data']).length
}

test('without a key nothing reaches a provider', async () => {
  for (const route of dataRoutes) {
    const { status, name, id } = await ask(route, 'no-key-of-16-characters')
    assert.ok(status === 401 || status === 429, name)
    assert.equal(await linesOf(id), 0)
  }
  assert.equal(provider.received.length, 0)
})

test('with a budget that is used up nothing reaches a provider', async () => {
  for (const route of dataRoutes.filter((each) => !isFree(each))) {
    const { status, code, name } = await ask(route, poorKey)
    assert.ok(status === 429 || status === 400, name)
    // Where nothing bounds what a call costs, a hard cap refuses it for that.
    if (route.method !== 'HEAD') assert.match(code, /budget|A hard cap applies/i, name)
  }
  assert.equal(provider.received.length, 0)
})

test('a provider that is inside is not connected to', async () => {
  const asked: Asked[] = []
  for (const route of dataRoutes) asked.push(await ask(route, testKey, 'inside-'))
  assert.equal(connects, 0)
  for (const { id, name, status } of asked) {
    assert.ok(status >= 500, name)
    const code = await until(
      `the record of ${name}`,
      async () => (await stack.admin(`/requests/${id}`))['code'],
    )
    assert.equal(code, 'egress_blocked', name)
  }
})

test('what reaches a provider has its line in the ledger, and its record', async () => {
  const asked: (Asked & { readonly route: RouteOfCallers })[] = []
  for (const route of dataRoutes) {
    const before = provider.received.length
    const each = await ask(route, testKey)
    assert.ok(provider.received.length > before, each.name)
    asked.push({ ...each, route })
  }
  for (const { id, name, route } of asked) {
    await until(`the record of ${name}`, async () => (await stack.admin(`/requests/${id}`))['id'])
    if (isFree(route)) assert.equal(await linesOf(id), 0, name)
    else await until(`the line of ${name}`, async () => ((await linesOf(id)) > 0 ? true : undefined))
  }
})

const body = { model: 'openai/m', messages }
type Send = (key: string) => Promise<Response>
const post = (path: string, key: string, sent: unknown, headers: Record<string, string> = {}) =>
  stack.post(path, sent, { authorization: `Bearer ${key}`, ...headers })

/** The ways in by which a request is made later. */
const later: Readonly<Record<string, Send>> = {
  'a batch': async (key) => {
    const { upload, create } = batchClient(stack.gateway.url, key)
    const file = (await (await upload(JSON.stringify(chatLine('a', 'openai/m')))).json()) as JsonObject
    return create(asString(file['id'])!)
  },
  'a batch of messages': (key) =>
    post('/v1/messages/batches', key, {
      requests: [{ custom_id: 'a', params: { model: 'claude/m', max_tokens: 9, messages } }],
    }),
  'a deferred request': (key) => post('/v1/chat/completions', key, body, { 'x-weir-deferred': '1' }),
  'a response in the background': (key) =>
    post('/v1/responses', key, { model: 'openai/m', input: 'hi', background: true }),
}

async function finished(id: string): Promise<void> {
  const open = ['validating', 'in_progress', 'finalizing', 'cancelling']
  await until('the end', async () =>
    open.includes(asString((await stack.admin(`/batches/${id}`))['status']) ?? 'validating')
      ? undefined
      : true,
  )
}

for (const [way, send] of Object.entries(later)) {
  test(`${way}: refused by the same budget, and in the same ledger`, async () => {
    const linesOfKey = async (name: string) =>
      asArray((await stack.admin(`/ledger?key=${name}&limit=1000`))['data']).length
    assert.equal((await send('no-key-of-16-characters')).status >= 401, true)
    const before = provider.received.length
    const refused = await send(poorKey)
    const { id } = (await refused.json()) as JsonObject
    if (refused.ok) await finished(asString(id)!)
    assert.equal(provider.received.length, before, 'the budget is used up')
    assert.equal(await linesOfKey('poor'), 0)
    const lines = await linesOfKey('test')
    const made = await send(testKey)
    const batch = asString(((await made.json()) as JsonObject)['id'])!
    await finished(batch)
    assert.ok(provider.received.length > before)
    await until('the line', async () => ((await linesOfKey('test')) > lines ? true : undefined))
  })
}

/** No way in leads around a budget: what may cost money is refused where nothing is left, and no provider hears of it. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { dataPaths } from '../../src/http/routes.ts'
import { batchClient } from '../support/batches.ts'
import { adminToken, startStack } from '../support/stack.ts'

const price = { input: 1, output: 1_000 }
const stack = await startStack(
  { after },
  {
    config: {
      models: {
        'openai/*': { price, maxOutputTokens: 1_000 },
        'claude/*': { price, maxOutputTokens: 1_000 },
        'google/*': { price, maxOutputTokens: 1_000 },
      },
      routes: { pair: { targets: ['openai/echo', 'claude/echo'] } },
    },
  },
)

const chat = { model: 'openai/echo', messages: [{ role: 'user', content: 'hello' }] }
const gemini = { contents: [{ role: 'user', parts: [{ text: 'hello' }] }] }
const embedding = { content: { parts: [{ text: 'hello' }] } }

/** By path; those with a model in their path, and a provider's own, beside the fixed ones. */
const bodies: Readonly<Record<string, JsonObject>> = {
  '/v1/chat/completions': chat,
  '/v1/completions': { model: 'openai/echo', prompt: 'hello' },
  '/v1/responses': { model: 'openai/echo', input: 'hello' },
  '/v1/messages': { ...chat, max_tokens: 20 },
  '/v1/embeddings': { model: 'openai/embed', input: 'hello' },
  '/v1/moderations': { model: 'openai/moderate', input: 'hello' },
  '/v1/images/generations': { model: 'openai/image', prompt: 'a weir' },
  '/v1/images/edits': { model: 'openai/image', prompt: 'a weir' },
  '/v1/audio/speech': { model: 'openai/speech', input: 'hello', voice: 'a' },
  '/v1/audio/transcriptions': { model: 'openai/hear' },
  '/v1/audio/translations': { model: 'openai/hear' },
  '/v1/rerank': { model: 'openai/rank', query: 'hello', documents: ['a'] },
  '/v1beta/models/google/echo:generateContent': gemini,
  '/v1beta/models/google/echo:streamGenerateContent': gemini,
  '/v1beta/models/google/embed:embedContent': embedding,
  '/v1beta/models/google/embed:batchEmbedContents': { requests: [embedding] },
  '/providers/openai/chat/completions': { ...chat, model: 'echo' },
  '/providers/claude/messages': { ...chat, model: 'echo', max_tokens: 20 },
  '/providers/google/models/echo:generateContent': gemini,
}

const free = new Set(['/v1/responses/input_tokens', '/v1/messages/count_tokens'])

async function admin(method: string, path: string, body: JsonObject): Promise<JsonObject> {
  const response = await fetch(`${stack.gateway.url}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return (await response.json()) as JsonObject
}

const budgets = [{ usd: '0.000001', period: 'day', cap: 'hard' }]
const key = await admin('POST', '/keys', { name: 'poor', budgets })
const headers = { authorization: `Bearer ${asString(key['secret'])}` }

/** What a caller is told of money, in each dialect's own shape. */
function isRefusal(status: number, text: string): boolean {
  return (
    [400, 402, 403, 429].includes(status) &&
    /budget_exceeded|price_unknown|too small for this call|no room for this call|cannot be told/.test(text)
  )
}

test('every route of the data path is known here', () => {
  assert.deepEqual(
    dataPaths.filter((path) => bodies[path] === undefined && !free.has(path)),
    [],
  )
})

for (const [path, body] of Object.entries(bodies)) {
  for (const stream of path.includes('embed') || path.includes(':') ? [false] : [false, true]) {
    test(`${path}${stream ? ', streamed' : ''}`, async () => {
      const before = stack.simulator.receipts().length
      const response = await stack.post(path, { ...body, ...(stream && { stream }) }, headers)
      const text = await response.text()
      assert.ok(isRefusal(response.status, text), `${response.status} ${text}`)
      assert.equal(stack.simulator.receipts().length, before)
    })
  }
}

test('a route with several targets', async () => {
  const response = await stack.post('/v1/chat/completions', { ...chat, model: 'pair' }, headers)
  assert.ok(isRefusal(response.status, await response.text()))
  assert.equal(stack.simulator.receipts().length, 0)
})

test('a batch', async () => {
  const batches = batchClient(stack.gateway.url, asString(key['secret']))
  const line = { custom_id: 'one', method: 'POST', url: '/v1/chat/completions', body: chat }
  const batch = await batches.ended(await batches.submit([line]))
  assert.equal(asObject(batch['request_counts'])?.['completed'], 0)
  assert.match(JSON.stringify(await batches.lines(batch['error_file_id'])), /budget_exceeded/)
  assert.equal(stack.simulator.receipts().length, 0)
})

test('nothing is held, and nothing was spent', async () => {
  const { data } = await stack.admin('/budgets?scope=key')
  assert.deepEqual(asArray(asObject(asArray(data)[0])?.['states']), [])
  const { data: lines } = await stack.admin('/ledger')
  assert.deepEqual(lines, [])
})

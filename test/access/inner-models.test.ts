/** A key that is for some models reaches no other by naming it within a request: fall-backs of aggregators, tools that ask a model. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { asObject, type JsonObject } from '../../src/core/json.ts'
import { innerModelsOf } from '../../src/upstream/inner-models.ts'
import { batchClient } from '../support/batches.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { startStack, testKey } from '../support/stack.ts'

const narrowKey = 'narrow-key-of-16-characters'
const provider = await startScriptedProvider({ after })
provider.answerWith((_, response) =>
  response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"message":"seen"}}'),
)
const speaks = (type: string): JsonObject => ({
  type,
  apiKey: 'env:PROVIDER_KEY',
  baseUrl: provider.url,
  allowPrivateNetwork: true,
})
const stack = await startStack(
  { after },
  {
    config: {
      providers: { openai: speaks('openai'), claude: speaks('anthropic'), router: speaks('openrouter') },
      models: { 'openai/secret-*': { sensitive: ['internal'] } },
      keys: [
        { name: 'test', secret: 'env:WEIR_TEST_KEY' },
        { name: 'narrow', secret: 'env:NARROW_KEY', models: ['*/small', 'router/also-*'] },
      ],
    },
    env: { NARROW_KEY: narrowKey },
  },
)

const messages = [{ role: 'user', content: 'hi' }]
const chat = (more: JsonObject, target = 'router/small') =>
  ['/v1/chat/completions', { model: target, messages, ...more }] as const
const responses = (tool: JsonObject) =>
  ['/v1/responses', { model: 'openai/small', input: 'hi', tools: [tool] }] as const
const anthropic = (tool: JsonObject) =>
  ['/v1/messages', { model: 'claude/small', max_tokens: 5, messages, tools: [tool] }] as const

const beyond: Readonly<Record<string, readonly [path: string, body: JsonObject]>> = {
  'a list to fall back on': chat({ models: ['small', 'large'] }),
  'the same, for a provider of another name': chat({ models: ['openai/large'] }),
  'fall-backs as objects': chat({ fallbacks: [{ model: 'large' }] }),
  'a model deep in the members of a dialect': chat({ plugins: [{ id: 'x', options: { model: 'large' } }] }),
  'the image tool': responses({ type: 'image_generation', model: 'large' }),
  'an advisor': anthropic({ type: 'advisor_20260301', name: 'advisor', model: 'large' }),
  "a provider's own API": [
    '/providers/router/chat/completions',
    { model: 'small', messages, models: ['large'] },
  ],
  'a forwarded request': [
    '/v1/images/generations',
    { model: 'openai/small', prompt: 'x', fallback_models: ['large'] },
  ],
}

async function send(key: string, [path, body]: readonly [path: string, body: JsonObject]) {
  const before = provider.received.length
  const response = await fetch(stack.gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, text, reached: provider.received.length - before }
}

for (const [what, request] of Object.entries(beyond)) {
  test(`${what}: refused before the provider is asked, and no matter for a key that may use all`, async () => {
    const refused = await send(narrowKey, request)
    assert.deepEqual([refused.status, refused.reached], [403, 0], refused.text)
    assert.match(refused.text, /may not use the model/)
    const free = await send(testKey, request)
    assert.ok(free.reached > 0 || free.status === 501, `${free.status} ${free.text}`)
  })
}

test('what a key may use, it may name within a request; words of callers are no names of models', async () => {
  const allowed = [
    chat({ models: ['small', 'also-this'] }),
    chat({ metadata: { model: 'large' } }),
    responses({ type: 'image_generation', model: 'small' }),
    responses({ type: 'function', name: 'f', parameters: { properties: { model: { type: 'string' } } } }),
  ]
  for (const request of allowed) {
    const { status, reached, text } = await send(narrowKey, request)
    assert.ok(reached > 0, `${status} ${text}`)
  }
})

test('in a line of a batch too, whether the gateway asks or the provider has the batch', async (t) => {
  const own = await startStack(t, {
    config: { keys: [{ name: 'narrow', secret: 'env:NARROW_KEY', models: ['openai/gpt-5-mini'] }] },
    env: { NARROW_KEY: narrowKey },
  })
  const client = batchClient(own.gateway.url, narrowKey)
  const [, body] = responses({ type: 'image_generation', model: 'large' })
  const line = {
    custom_id: 'a',
    method: 'POST',
    url: '/v1/responses',
    body: { ...body, model: 'openai/gpt-5-mini' },
  }
  for (const native of [false, true]) {
    const batch = await client.ended(await client.submit([line], { endpoint: '/v1/responses', native }))
    assert.deepEqual(asObject(batch['request_counts']), { total: 1, completed: 0, failed: 1 })
    const [refused] = await client.lines(batch['error_file_id'])
    assert.match(JSON.stringify(refused), /may not use the model/)
  }
  assert.equal(
    own.simulator.receipts().filter(({ body: sent }) => JSON.stringify(sent).includes('large')).length,
    0,
  )
})

test('a sensitive model is for cleared keys, named within a request too', async () => {
  const { status, reached } = await send(testKey, responses({ type: 'image_generation', model: 'secret-1' }))
  assert.deepEqual([status, reached], [403, 0])
})

test('wherever a body that is passed on names a model, it is found', () => {
  const place = fc.constantFrom('plugins', 'tools', 'extra', 'a')
  fc.assert(
    fc.property(fc.array(fc.tuple(place, fc.boolean()), { maxLength: 5 }), (path) => {
      let body: unknown = { models: ['hidden'] }
      for (const [name, isList] of path) body = { [name]: isList ? [body] : body }
      assert.deepEqual(innerModelsOf(asObject({ model: 'm', ...(body as JsonObject) })!), ['hidden'])
    }),
  )
})

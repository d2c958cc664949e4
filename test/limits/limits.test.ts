/** Limits over a running gateway: what a caller sees, what reaches the provider, and what is given back. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asObject, type JsonObject } from '../../src/core/json.ts'
import { startStack } from '../support/stack.ts'

const key = (name: string, limits: JsonObject): JsonObject => ({
  name,
  secret: `${name}-key-of-16-characters`,
  limits,
})

const stack = await startStack(
  { after },
  {
    config: {
      allowPlaintextSecrets: true,
      keys: [
        { name: 'test', secret: 'env:WEIR_TEST_KEY' },
        key('rpm', { rpm: 2 }),
        key('tpm', { tpm: 3000 }),
        key('unused', { tpm: 3000 }),
        key('slots', { concurrency: 1 }),
        key('patient', { concurrency: 1, maxWaitMs: 10_000 }),
      ],
      limits: [
        { scope: 'user', rpm: 1 },
        { scope: 'provider', match: 'claude', rpm: 1 },
        { scope: 'model', match: 'mistral/*', rpm: 1 },
      ],
      routes: { both: { targets: ['claude/echo', 'openai/echo'] } },
    },
  },
)

const ask = (name: string, body: JsonObject = {}, headers: Readonly<Record<string, string>> = {}) =>
  stack.post(
    '/v1/chat/completions',
    { model: 'openai/echo', messages: [{ role: 'user', content: 'hello' }], ...body },
    { ...(name !== 'test' && { authorization: `Bearer ${name}-key-of-16-characters` }), ...headers },
  )

async function errorOf(response: Response): Promise<JsonObject> {
  return asObject(((await response.json()) as JsonObject)['error']) ?? {}
}

test('requests per minute: what is left is in every answer, and beyond it a 429 that SDKs may repeat', async () => {
  const first = await ask('rpm')
  assert.deepEqual(
    ['limit', 'remaining', 'reset'].map((name) => first.headers.get(`x-ratelimit-${name}-requests`)),
    ['2', '1', '30s'],
  )
  const streamed = await ask('rpm', { stream: true })
  assert.equal(streamed.headers.get('x-ratelimit-remaining-requests'), '0')
  await streamed.text()
  const before = stack.simulator.receipts.length
  const refused = await ask('rpm')
  assert.equal(refused.status, 429)
  assert.equal((await errorOf(refused))['code'], 'rate_limited')
  assert.ok(Number(refused.headers.get('retry-after')) > 20)
  assert.equal(refused.headers.get('x-should-retry'), 'true')
  assert.equal(refused.headers.get('x-ratelimit-remaining-requests'), '0')
  assert.equal(stack.simulator.receipts.length, before)
})

test('tokens are taken beforehand and given back once the answer shows what it took', async () => {
  for (let n = 0; n < 3; n++) {
    const response = await ask('tpm', { max_tokens: 2900 })
    assert.equal(response.status, 200)
    await response.text()
  }
  const long = await ask('tpm', { max_tokens: 2998, messages: [{ role: 'user', content: 'x'.repeat(400) }] })
  assert.equal(long.status, 429)
  assert.equal(long.headers.get('x-ratelimit-limit-tokens'), '3000')
})

test('a request that reaches no provider keeps no tokens', async () => {
  for (let n = 0; n < 2; n++) {
    const refused = await ask('unused', { max_tokens: 2900, model: 'openai/fault/http-400' })
    assert.equal(refused.status, 400)
  }
  assert.equal((await ask('unused', { max_tokens: 2900 })).status, 200)
})

test('one place: a second request is refused while the first runs, or waits for it where it may', async () => {
  const slow = await ask('slots', { model: 'openai/slow', stream: true })
  const refused = await ask('slots')
  assert.match(String((await errorOf(refused))['message']), /1 concurrent requests/)
  await slow.body!.cancel()
  const running = await ask('patient', { model: 'openai/slow', stream: true })
  const [waited, text] = await Promise.all([ask('patient'), running.text()])
  assert.equal(waited.status, 200)
  assert.match(text, /\[DONE\]/)
})

test('each user has its own limit, named by the caller or known by the key', async () => {
  assert.equal((await ask('test', {}, { 'x-weir-user': 'ada' })).status, 200)
  assert.equal((await ask('test', { user: 'ada' })).status, 429)
  assert.equal((await ask('test', { user: 'grace' })).status, 200)
})

test('a target at its limit is passed over; where it is the only one, that is told', async () => {
  const providers: (string | null)[] = []
  for (let n = 0; n < 3; n++) {
    const response = await ask('test', { model: 'both' })
    assert.equal(response.status, 200)
    providers.push(response.headers.get('x-weir-provider'))
  }
  assert.deepEqual(providers, ['claude', 'openai', 'openai'])
  assert.equal((await ask('test', { model: 'mistral/echo' })).status, 200)
  const refused = await ask('test', { model: 'mistral/echo' })
  assert.deepEqual([refused.status, (await errorOf(refused))['code']], [429, 'rate_limited'])
  assert.ok(Number(refused.headers.get('retry-after')) > 50)
})

test('all callers of the organisation share its limit, whichever their key', async (t) => {
  const shared = await startStack(t, {
    config: {
      allowPlaintextSecrets: true,
      keys: [{ name: 'test', secret: 'env:WEIR_TEST_KEY' }, key('other', {})],
      limits: [{ scope: 'organisation', rpm: 1 }],
    },
  })
  const body = { model: 'openai/echo', messages: [{ role: 'user', content: 'hello' }] }
  const first = await shared.post('/v1/chat/completions', body)
  assert.equal(first.status, 200)
  const other = { authorization: 'Bearer other-key-of-16-characters' }
  const refused = await shared.post('/v1/chat/completions', body, other)
  assert.deepEqual([refused.status, (await errorOf(refused))['code']], [429, 'rate_limited'])
})

/** Keys over a running gateway: made, changed, rotated and revoked by the admin API, and what a caller sees of it. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { adminToken, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const stack = await startStack(
  { after },
  {
    config: {
      allowPlaintextSecrets: true,
      keys: [
        { name: 'test', secret: 'env:WEIR_TEST_KEY' },
        { name: 'gone', secret: 'expired-key-of-16-characters', expiresAt: '2020-01-01T00:00:00Z' },
        { name: 'far', secret: 'bound-key-of-16-characters', allowedAddresses: ['192.0.2.0/24'] },
      ],
      models: {
        'openai/echo': { price: { input: 1, output: 2 }, maxOutputTokens: 1000 },
        'openai/echo-secret*': { sensitive: ['pii'] },
        'claude/echo': { sensitive: ['pii'] },
      },
      routes: { mixed: { targets: ['claude/echo', 'openai/echo'] } },
    },
  },
)

async function admin(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: JsonObject }> {
  const response = await fetch(`${stack.gateway.url}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as JsonObject) }
}

async function createKey(wish: JsonObject): Promise<{ id: string; secret: string }> {
  const { status, body } = await admin('POST', '/keys', wish)
  assert.equal(status, 201, JSON.stringify(body))
  return { id: asString(body['id'])!, secret: asString(body['secret'])! }
}

const ask = (secret: string, body: JsonObject = {}) =>
  stack.post(
    '/v1/chat/completions',
    { model: 'openai/echo', messages: [{ role: 'user', content: 'hello' }], ...body },
    { authorization: `Bearer ${secret}` },
  )

async function codeOf(response: Response): Promise<unknown> {
  return asObject(((await response.json()) as JsonObject)['error'])?.['code']
}

test('a key lives: made, used, changed, rotated, revoked', async () => {
  const team = await admin('POST', '/teams', { name: 'search', markup_percent: 12.5, credit_usd: '100' })
  assert.deepEqual([team.status, team.body['markup_percent'], team.body['credit_usd']], [201, 12.5, '100'])
  const user = await admin('POST', '/users', { name: 'Ada', email: 'ada@example.com', team: team.body['id'] })
  assert.equal(user.status, 201)
  const made = await createKey({
    name: 'app',
    user: user.body['id'],
    tags: ['prod'],
    max_usd_per_request: '0.25',
  })
  assert.equal((await ask(made.secret)).status, 200)
  assert.equal(await codeOf(await ask(made.secret, { model: 'openai/unpriced' })), 'price_unknown')

  const limited = await admin('PATCH', `/keys/${made.id}`, { models: ['claude/*'] })
  assert.deepEqual(limited.body['models'], ['claude/*'])
  assert.equal(limited.body['max_usd_per_request'], '0.25')
  assert.equal(await codeOf(await ask(made.secret)), 'model_not_allowed')
  const freed = await admin('PATCH', `/keys/${made.id}`, { models: null })
  assert.equal(freed.body['models'], undefined)

  const rotated = await admin('POST', `/keys/${made.id}/rotate`, { overlap_seconds: 3600 })
  const renewed = asString(rotated.body['secret'])!
  assert.equal((await ask(made.secret)).status, 200)
  assert.equal((await ask(renewed)).status, 200)
  assert.equal((await admin('POST', `/keys/${made.id}/rotate`, { overlap_seconds: 0 })).status, 200)
  assert.equal((await ask(renewed)).status, 401)

  const gone = await admin('DELETE', `/keys/${made.id}`)
  assert.deepEqual([gone.status, gone.body['status']], [200, 'revoked'])
  assert.equal((await ask(made.secret)).status, 401)
  assert.equal((await admin('PATCH', `/keys/${made.id}`, { name: 'again' })).status, 409)
  assert.equal((await admin('DELETE', '/keys/nosuchkey')).status, 404)
})

test('a stream that is under way when its key is revoked is told so, and ends', async () => {
  const { id, secret } = await createKey({ name: 'streaming' })
  const response = await ask(secret, { model: 'openai/slow', stream: true })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = (await reader.read()).value ?? ''
  assert.equal((await admin('DELETE', `/keys/${id}`)).status, 200)
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    text += value
  }
  assert.match(text, /"code":"authentication_failed"/)
  assert.doesNotMatch(text, /"finish_reason":"stop"/)
  assert.doesNotMatch(text, /\[DONE\]/)
})

test('removing a user revokes their keys', async () => {
  const user = await admin('POST', '/users', { name: 'Grace' })
  const { secret } = await createKey({ name: 'hers', user: user.body['id']! })
  assert.equal((await ask(secret)).status, 200)
  assert.equal((await admin('DELETE', `/users/${String(user.body['id'])}`)).status, 200)
  assert.equal((await ask(secret)).status, 401)
  assert.equal((await admin('GET', `/users/${String(user.body['id'])}`)).status, 404)
})

test('declared keys expire, are bound to addresses, and are changed in the configuration only', async () => {
  assert.equal((await ask('expired-key-of-16-characters')).status, 401)
  const far = await ask('bound-key-of-16-characters')
  assert.deepEqual([far.status, await codeOf(far)], [403, 'address_not_allowed'])
  const models = await fetch(`${stack.gateway.url}/v1/models`, {
    headers: { authorization: 'Bearer bound-key-of-16-characters' },
  })
  assert.equal(models.status, 403)
  const { body } = await admin('GET', '/keys?status=expired')
  assert.deepEqual(
    asArray(body['data']).map((key) => asObject(key)?.['id']),
    ['declared:gone'],
  )
  assert.equal((await admin('DELETE', '/keys/declared:test')).status, 409)
  assert.equal((await admin('GET', '/keys/declared:test')).body['source'], 'configuration')
})

test('sensitive models are for cleared keys, named directly or behind a route', async () => {
  const plain = await createKey({ name: 'plain' })
  const cleared = await createKey({ name: 'cleared', clearances: ['pii'] })
  assert.equal(await codeOf(await ask(plain.secret, { model: 'openai/echo-secret-1' })), 'model_not_allowed')
  const provider = async (secret: string) =>
    (await ask(secret, { model: 'mixed' })).headers.get('x-weir-provider')
  assert.equal(await provider(plain.secret), 'openai')
  assert.equal(await provider(cleared.secret), 'claude')
})

test("a key's own tags are on its records", async () => {
  const { secret } = await createKey({ name: 'tagged', tags: ['prod', 'eu'] })
  const response = await ask(secret)
  const record = await until('the record', async () => {
    const found = await stack.admin(`/requests/${response.headers.get('x-weir-request-id')}`)
    return found['error'] === undefined ? found : undefined
  })
  assert.deepEqual(record['tags'], ['prod', 'eu'])
})

test('the list is paged, and what cannot be is refused with the field at fault', async () => {
  const first = await admin('GET', '/keys?limit=1')
  assert.equal(asArray(first.body['data']).length, 1)
  const second = await admin('GET', `/keys?limit=1&cursor=${String(first.body['next_cursor'])}`)
  assert.notDeepEqual(second.body['data'], first.body['data'])
  const faults: readonly (readonly [JsonObject, string])[] = [
    [{ name: 'x', allowed_addresses: ['10.0.0.0/99'] }, 'allowed_addresses.0'],
    [{ name: 'x', max_usd_per_request: '-1' }, 'max_usd_per_request'],
    [{ name: 'x', team: 'team_none' }, 'team'],
    [{ name: 'x', secret_hash: 'mine' }, 'secret_hash'],
    [{ name: '' }, 'name'],
  ]
  for (const [wish, param] of faults) {
    const { status, body } = await admin('POST', '/keys', wish)
    assert.deepEqual([status, asObject(body['error'])?.['param']], [400, param])
  }
})

test('no answer, no error and no line of the log shows a secret again', async () => {
  const { id, secret } = await createKey({ name: 'canary' })
  const rotated = asString((await admin('POST', `/keys/${id}/rotate`, {})).body['secret'])!
  await ask(secret)
  await ask(`${secret.slice(0, -1)}_`)
  await admin('DELETE', `/keys/${id}`)
  await ask(secret)
  const shown = [
    ...(await Promise.all(
      ['/keys?limit=1000', `/keys/${id}`, '/teams', '/users', '/requests', '/openapi.json'].map(
        async (path) => JSON.stringify((await admin('GET', path)).body),
      ),
    )),
    await (await ask(secret)).text(),
    await (await fetch(`${stack.gateway.url}/metrics`)).text(),
    ...stack.log,
  ].join('\n')
  for (const text of [secret, rotated]) assert.ok(!shown.includes(text.slice(18, 40)))
})

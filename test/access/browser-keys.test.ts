/** Keys for browsers over a running gateway: made of an API key, narrower than it, for some pages, for a while. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { asOwner } from '../support/people.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const app = 'https://app.example'
const stack = await startStack(
  { after },
  { config: { access: { browserKeys: { origins: [app, 'http://localhost:5173'], maxTtlSeconds: 900 } } } },
)
const { url } = stack.gateway
const owner = asOwner(stack)
const messages = [{ role: 'user', content: 'hello' }]

async function createKey(wish: JsonObject = {}): Promise<{ id: string; secret: string }> {
  const { body } = await owner('POST', '/keys', { name: 'backend', ...wish })
  return { id: asString(body['id'])!, secret: asString(body['secret'])! }
}

const mint = (secret: string, wish: JsonObject = {}) =>
  stack.post(
    '/v1/browser-keys',
    { models: ['openai/echo*'], origins: [app], ...wish },
    { authorization: `Bearer ${secret}` },
  )

async function minted(secret: string, wish: JsonObject = {}): Promise<string> {
  const response = await mint(secret, wish)
  const body = (await response.json()) as JsonObject
  assert.equal(response.status, 201, JSON.stringify(body))
  return asString(body['secret'])!
}

const ask = (secret: string, given: JsonObject = {}, origin: string | undefined = app) =>
  stack.post(
    '/v1/chat/completions',
    { model: 'openai/echo', messages, ...given },
    { authorization: `Bearer ${secret}`, ...(origin !== '' && { origin }) },
  )

const codeOf = async (response: Response) =>
  asObject(((await response.json()) as JsonObject)['error'])?.['code']

test('a page asks with a key of its own, which counts for the key that made it', async () => {
  const { id, secret } = await createKey()
  const key = await minted(secret, { user: 'visitor-7' })
  const answer = await ask(key)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('access-control-allow-origin'), app)
  assert.equal(answer.headers.get('vary'), 'origin')
  assert.match(answer.headers.get('access-control-expose-headers') ?? '', /x-weir-request-id/)
  await answer.text()
  const { data } = await until('the line of the ledger', async () => {
    const page = await stack.admin(`/ledger?key=${id}`)
    return (page['data'] as unknown[]).length > 0 ? page : undefined
  })
  const [line] = data as JsonObject[]
  assert.deepEqual([line?.['key_id'], line?.['user']], [id, 'visitor-7'])
})

test('it is for its own pages and models, and for answers only', async () => {
  const { secret } = await createKey()
  const key = await minted(secret)
  for (const origin of ['https://evil.example', `${app}.evil.example`, 'http://localhost:5173', 'null', '']) {
    const refused = await ask(key, {}, origin)
    assert.deepEqual([refused.status, await codeOf(refused)], [403, 'permission_denied'], origin)
  }
  assert.equal(await codeOf(await ask(key, { model: 'claude/echo' })), 'model_not_allowed')
  const headers = { authorization: `Bearer ${key}`, origin: app }
  const keeping = { model: 'openai/echo', input: 'hello', store: true }
  assert.equal((await stack.post('/v1/responses', keeping, headers)).status, 403)
  for (const [method, path] of [
    ['GET', '/v1/responses/resp_1'],
    ['GET', '/v1/batches'],
    ['GET', '/v1/files'],
    ['GET', '/providers/openai/v1/models'],
    ['POST', '/v1/moderations'],
    ['POST', '/v1/browser-keys'],
  ] as const) {
    const response = await fetch(url + path, {
      method,
      headers: { ...headers, 'content-type': 'application/json' },
      ...(method === 'POST' && { body: '{"model":"openai/echo","input":"x"}' }),
    })
    assert.equal(response.status, 403, `${method} ${path}: ${await response.text()}`)
  }
  assert.equal((await fetch(`${url}/admin/v1/keys`, { headers })).status, 401)
})

test('nothing that is made is more than what it is made of, then and later', async () => {
  const { id, secret } = await createKey({
    models: ['openai/*'],
    max_usd_per_request: '0.5',
    clearances: ['pii'],
  })
  for (const wish of [{ models: ['*'] }, { models: ['claude/echo'] }, { max_usd_per_request: '0.6' }]) {
    assert.equal(await codeOf(await mint(secret, wish)), 'permission_denied', JSON.stringify(wish))
  }
  assert.equal((await mint(secret, { origins: ['https://evil.example'] })).status, 403)
  assert.equal((await mint(secret, { ttl_seconds: 901 })).status, 403)
  assert.equal((await mint(secret, { models: [] })).status, 400)
  const priced = await minted(secret, { max_usd_per_request: '0.000000001' })
  assert.equal((await ask(priced)).ok, false, 'its own bound on what a request may cost holds')
  await owner('PATCH', `/keys/${id}`, { max_usd_per_request: null })
  const key = await minted(secret)
  assert.equal((await ask(key)).status, 200)
  await owner('PATCH', `/keys/${id}`, { models: ['openai/words-*'] })
  assert.equal((await ask(key)).status, 403, 'its key may do less now')
})

test('it ends with its time, with its key, and with the secret that it was made by', async () => {
  const parent = await createKey()
  const brief = await minted(parent.secret, { ttl_seconds: 1 })
  await until('the end of its time', async () => ((await ask(brief)).status === 401 ? true : undefined))
  const rotated = await minted(parent.secret)
  await owner('POST', `/keys/${parent.id}/rotate`, { overlap_seconds: 0 })
  assert.equal((await ask(rotated)).status, 401)
  const other = await createKey()
  const key = await minted(other.secret)
  const stream = await ask(key, { model: 'openai/echo', stream: true })
  assert.equal(stream.status, 200)
  await stream.text()
  await owner('DELETE', `/keys/${other.id}`)
  assert.equal((await ask(key)).status, 401)
})

test('no changed character of it passes', async () => {
  const { secret } = await createKey()
  const key = await minted(secret)
  for (let at = 0; at < key.length; at += 7) {
    const changed = `${key.slice(0, at)}${key[at] === 'A' ? 'B' : 'A'}${key.slice(at + 1)}`
    // The last two bits of the last character are no part of the signature.
    if (changed.slice(0, -1) === key.slice(0, -1)) continue
    const response = await ask(changed)
    assert.ok([401, 429].includes(response.status), `at ${at}: ${response.status}`)
  }
})

test('browsers are let through for these keys and origins, and for nothing else', async () => {
  const preflight = (origin: string, path = '/v1/chat/completions') =>
    fetch(url + path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-stainless-os,cookie,x-forwarded-for',
      },
    })
  const allowed = await preflight(app)
  assert.equal(allowed.status, 204)
  assert.equal(allowed.headers.get('access-control-allow-origin'), app)
  assert.equal(
    allowed.headers.get('access-control-allow-headers'),
    'authorization, content-type, x-stainless-os',
  )
  assert.equal(allowed.headers.get('access-control-allow-credentials'), null)
  for (const [origin, path] of [
    ['https://evil.example', '/v1/chat/completions'],
    ['null', '/v1/chat/completions'],
    [app, '/admin/v1/keys'],
    [app, '/metrics'],
  ] as const) {
    const refused = await preflight(origin, path)
    assert.ok(refused.status >= 400, `${origin} ${path}`)
    assert.equal(refused.headers.get('access-control-allow-origin'), null)
  }
  const { secret } = await createKey()
  const longLived = await ask(secret)
  assert.equal(
    longLived.headers.get('access-control-allow-origin'),
    null,
    'a page finds no answer by a long-lived key',
  )
  const ended = await ask(`weirb_${'A'.repeat(40)}.${'A'.repeat(43)}`)
  assert.ok(ended.status >= 400)
  assert.equal(ended.headers.get('access-control-allow-origin'), app, 'a page can read why')
})

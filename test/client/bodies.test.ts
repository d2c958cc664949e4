/** Bodies that cannot be read or make no sense: a clear error in the client's dialect on every route, and no trace. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asObject, asString, type JsonObject, parseJson } from '../../src/core/json.ts'
import { type ClientName, clients } from '../support/clients.ts'
import { postBytes, RawSocket } from '../support/raw-socket.ts'
import { startStack, testKey } from '../support/stack.ts'

const maxBodyBytes = 65_536
const canary = 'canary-prompt-5e1f'
const narrowKey = 'narrow-key-of-16-characters'
const stack = await startStack(
  { after },
  {
    config: {
      server: { drain: { graceMs: 0, timeoutMs: 5000 }, limits: { maxBodyBytes } },
      allowPlaintextSecrets: true,
      keys: [
        { name: 'test', secret: 'env:WEIR_TEST_KEY' },
        { name: 'narrow', secret: narrowKey, models: ['claude/*'] },
      ],
    },
  },
)

interface DataPath {
  readonly path: string
  /** Which dialect's errors it speaks. */
  readonly speaks: ClientName
  /** A request that is answered. */
  readonly valid: JsonObject
}

const ask = { model: 'openai/echo', text: canary, stream: false }
const generation = (speaks: ClientName): DataPath => ({
  path: clients[speaks].path(ask),
  speaks,
  valid: clients[speaks].body(ask),
})

const paths: readonly DataPath[] = [
  generation('openai-chat'),
  generation('openai-responses'),
  generation('anthropic-messages'),
  generation('gemini'),
  { ...generation('gemini-array'), path: clients['gemini-array'].path({ ...ask, stream: true }) },
  { path: '/v1/embeddings', speaks: 'openai-chat', valid: { model: 'openai/embed', input: canary } },
  {
    path: '/v1/messages/count_tokens',
    speaks: 'anthropic-messages',
    valid: { model: 'openai/echo', messages: [{ role: 'user', content: canary }] },
  },
  {
    path: '/v1beta/models/openai%2Fecho:countTokens',
    speaks: 'gemini',
    valid: { contents: [{ role: 'user', parts: [{ text: canary }] }] },
  },
  {
    path: '/v1beta/models/openai%2Fembed:embedContent',
    speaks: 'gemini',
    valid: { content: { parts: [{ text: canary }] } },
  },
]

interface BadBody {
  readonly name: string
  body(valid: JsonObject): string | Buffer
  readonly headers?: Readonly<Record<string, string>>
  readonly status: number
  readonly code: string
}

const text = (value: unknown) => () => JSON.stringify(value)
const invalid = { status: 400, code: 'invalid_request' }
const tooLarge = { status: 413, code: 'request_too_large' }
const wrongType = { status: 415, code: 'unsupported_media_type' }
const whole = (valid: JsonObject) => JSON.stringify(valid)
const brackets = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

const badBodies: readonly BadBody[] = [
  { name: 'nothing', body: () => '', ...invalid },
  { name: 'half of it', body: (valid) => whole(valid).slice(0, -8), ...invalid },
  { name: 'a comma too many', body: (valid) => `${whole(valid).slice(0, -1)},}`, ...invalid },
  { name: 'something behind it', body: (valid) => `${whole(valid)} ${canary}`, ...invalid },
  { name: 'null', body: text(null), ...invalid },
  { name: 'a list', body: text([canary]), ...invalid },
  { name: 'a string', body: text(canary), ...invalid },
  { name: 'a number', body: text(1), ...invalid },
  { name: 'an empty object', body: text({}), ...invalid },
  { name: 'NaN', body: (valid) => `${whole(valid).slice(0, -1)},"x":NaN}`, ...invalid },
  {
    name: 'a number that is none any more',
    body: (valid) => `${whole(valid).slice(0, -1)},"seed":1e400}`,
    ...invalid,
  },
  {
    name: 'a byte that is not UTF-8',
    body: (valid) =>
      Buffer.concat([Buffer.from(`${whole(valid).slice(0, -2)}`), Buffer.from([0xff, 0x22, 0x7d])]),
    ...invalid,
  },
  { name: 'UTF-16', body: (valid) => Buffer.from(whole(valid), 'utf16le'), ...invalid },
  { name: 'brackets that never end', body: () => '['.repeat(60_000), ...tooLarge },
  { name: 'deep lists', body: () => brackets(20_000), ...tooLarge },
  { name: 'deep objects', body: () => `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`, ...tooLarge },
  {
    name: 'one level too many within it',
    body: (valid) => `${whole(valid).slice(0, -1)},"metadata":${brackets(64)}}`,
    ...tooLarge,
  },
  {
    name: 'too much of it',
    body: (valid) => whole({ ...valid, padding: 'x'.repeat(maxBodyBytes) }),
    ...tooLarge,
  },
  {
    name: 'a form',
    body: whole,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    ...wrongType,
  },
  { name: 'plain text', body: whole, headers: { 'content-type': 'text/plain' }, ...wrongType },
  {
    name: 'parts',
    body: whole,
    headers: { 'content-type': 'multipart/form-data; boundary=a' },
    ...wrongType,
  },
  { name: 'a compressed body', body: whole, headers: { 'content-encoding': 'gzip' }, ...wrongType },
]

const key = { authorization: `Bearer ${testKey}` }

/** What is wrong with an error answer for a client of the dialect; undefined where nothing is. */
function faultOf(
  speaks: ClientName,
  response: { status: number; body: string },
  status: number,
  code: string,
) {
  const { error, garbled } = clients[speaks].readWhole(response.body)
  if (garbled !== undefined) return `not JSON: ${garbled}`
  if (response.status !== status || error?.code !== code) {
    return `${response.status} ${String(error?.code)} instead of ${status} ${code}: ${response.body.slice(0, 200)}`
  }
  if (error.message === '') return 'an error without words'
  if (/\n\s+at |\.ts:\d|node:internal/.test(response.body)) return `a stack: ${response.body}`
  return undefined
}

for (const { path, speaks, valid } of paths) {
  test(`POST ${path}`, async () => {
    const found: string[] = []
    const before = stack.simulator.receipts().length
    for (const { name, body, headers, status, code } of badBodies) {
      const raw = RawSocket.open(stack.gateway.url, postBytes(path, body(valid), { ...key, ...headers }))
      const [response] = await raw.responses(1)
      const fault = faultOf(speaks, response!, status, code)
      if (fault !== undefined) found.push(`${name}: ${fault}`)
      // The connection serves on, or is closed; it does not hang.
      if (/connection: close/i.test(raw.received)) await raw.closed()
      else {
        raw.socket.write('GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n')
        assert.equal((await raw.responses(2))[1]?.status, 200, name)
      }
      raw.destroy()
    }
    assert.deepEqual(found, [])
    assert.equal(stack.simulator.receipts().length, before, 'a bad request reached a provider')
    assert.equal((await stack.post(path, valid)).status, 200)
  })

  test(`POST ${path}: a body without a length is cut off at the limit`, async () => {
    const raw = RawSocket.open(
      stack.gateway.url,
      postBytes(path, '', { ...key, 'content-length': '', 'transfer-encoding': 'chunked' }),
    )
    const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`
    for (let sent = 0; sent <= maxBodyBytes; sent += 0x4000) raw.socket.write(chunk)
    const [response] = await raw.responses(1)
    assert.equal(faultOf(speaks, response!, 413, 'request_too_large'), undefined)
    raw.destroy()
  })

  test(`POST ${path}: a length above the limit is refused before the body comes`, async () => {
    const raw = RawSocket.open(
      stack.gateway.url,
      postBytes(path, '', { ...key, 'content-length': String(maxBodyBytes + 1) }),
    )
    const [response] = await raw.responses(1)
    assert.equal(faultOf(speaks, response!, 413, 'request_too_large'), undefined)
    raw.destroy()
  })

  test(`POST ${path}: keys and models that do not fit`, async () => {
    const ask = async (headers: Record<string, string>, model: string) => {
      const body = { ...valid, ...(valid['model'] !== undefined && { model }) }
      const target = path.replace(/models\/.*:/, `models/${encodeURIComponent(model)}:`)
      const response = await stack.post(target, body, headers)
      return { status: response.status, body: await response.text() }
    }
    assert.equal(
      faultOf(
        speaks,
        await ask({ authorization: 'Bearer nobody' }, 'openai/echo'),
        401,
        'authentication_failed',
      ),
      undefined,
    )
    assert.equal(
      faultOf(
        speaks,
        await ask({ authorization: `Bearer ${narrowKey}` }, 'openai/echo'),
        403,
        'model_not_allowed',
      ),
      undefined,
    )
    for (const model of ['nobody/knows', 'no-such-model', 'openai/', '/', '__proto__', 'constructor/x']) {
      assert.equal(faultOf(speaks, await ask({}, model), 404, 'model_not_found'), undefined, model)
    }
  })
}

test('a field of a wrong type is named in the error, in every dialect', async () => {
  const wrong: readonly (readonly [ClientName, JsonObject, RegExp])[] = [
    ['openai-chat', { messages: 'hello' }, /messages/],
    ['openai-chat', { messages: [{ role: 'user', content: 7 }] }, /content/],
    ['openai-responses', { input: 7 }, /input/],
    ['anthropic-messages', { max_tokens: 'many' }, /max_tokens/],
    ['anthropic-messages', { messages: [{ role: 'user' }] }, /content/],
    ['gemini', { contents: 'hello' }, /contents/],
  ]
  for (const [name, change, named] of wrong) {
    const client = clients[name]
    // Of another dialect, so that the body is read rather than passed on.
    const target = { ...ask, model: name === 'anthropic-messages' ? 'openai/echo' : 'claude/echo' }
    const response = await stack.post(client.path(target), { ...client.body(target), ...change })
    const body = await response.text()
    assert.equal(faultOf(name, { status: response.status, body }, 400, 'invalid_request'), undefined)
    assert.match(body, named)
  }
})

test('the admin API refuses in the same way', async () => {
  const headers = { authorization: 'Bearer admin-token-of-16-characters' }
  for (const [path, status] of [
    ['/admin/v1/requests?limit=0', 400],
    ['/admin/v1/requests?limit=2000', 400],
    ['/admin/v1/requests?nonsense=1', 400],
    ['/admin/v1/requests?cursor=nonsense', 400],
    ['/admin/v1/requests?from=yesterday', 400],
    ['/admin/v1/requests/%ff', 400],
    ['/admin/v1/requests/no-such-id', 404],
    ['/admin/v1/no-such-thing', 404],
  ] as const) {
    const response = await fetch(stack.gateway.url + path, { headers })
    const error = asObject(asObject(parseJson(await response.text()))?.['error'])
    assert.equal(response.status, status, path)
    assert.match(asString(error?.['code']) ?? '', /^(invalid_request|not_found)$/)
  }
})

test('nothing of all this is in the log', () => {
  const log = stack.log.join('')
  for (const secret of [canary, testKey, narrowKey, 'provider-key-canary'])
    assert.ok(!log.includes(secret), secret)
  assert.doesNotMatch(log, /"level":"(error|fatal)"/)
})

/** A provider's own API: what passes in each direction, what never does, and who may call it. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { asObject, type JsonObject } from '../../src/core/json.ts'
import { checkedPath, checkedQuery } from '../../src/upstream/provider-api.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.ts'
import { type Lifetime, type Stack, startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

const providerKey = 'provider-key-canary-0123456789'
const narrowKey = 'narrow-key-of-16-characters'

async function startPair(t: Lifetime): Promise<{ provider: ScriptedProvider; stack: Stack }> {
  const provider = await startScriptedProvider(t)
  const at = (type: string, base: string): JsonObject => ({
    type,
    apiKey: 'env:PROVIDER_KEY',
    baseUrl: provider.url + base,
    allowPrivateNetwork: true,
  })
  const stack = await startStack(t, {
    config: {
      providers: {
        openai: at('openai', '/v1'),
        claude: at('anthropic', '/v1'),
        google: at('gemini', '/v1beta'),
      },
      keys: [
        { name: 'test', secret: 'env:WEIR_TEST_KEY' },
        { name: 'narrow', secret: narrowKey, models: ['openai/gpt-small', 'google/gemini-small'] },
        { name: 'broad', secret: 'broad-key-of-16-characters', models: ['openai/*'] },
      ],
      allowPlaintextSecrets: true,
    },
  })
  return { provider, stack }
}

function call(stack: Stack, path: string, init: RequestInit = {}): Promise<Response> {
  const { headers, ...rest } = init
  return fetch(`${stack.gateway.url}/providers${path}`, {
    ...rest,
    headers: { authorization: `Bearer ${testKey}`, ...(headers as Record<string, string>) },
  })
}

/** What the gateway answers to these bytes, until it closes the connection. */
async function sendRaw(stack: Stack, latin1: string): Promise<string> {
  const socket = RawSocket.open(stack.gateway.url, Buffer.from(latin1, 'latin1'))
  await socket.closed()
  socket.destroy()
  return socket.received
}

const json = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

async function recordOf(stack: Stack, response: Response): Promise<JsonObject> {
  const id = response.headers.get('x-weir-request-id')!
  return until('the record', async () => {
    const record = await stack.admin(`/requests/${id}`)
    return record['operation'] === undefined ? undefined : record
  })
}

test('any method and path below the base URL, with the query, and the version not said twice', async (t) => {
  const { provider, stack } = await startPair(t)
  const cases = [
    [
      'GET',
      '/openai/files/file-1/content?limit=2&after=x%20y',
      '/v1/files/file-1/content?limit=2&after=x%20y',
    ],
    ['GET', '/openai/v1/models', '/v1/models'],
    ['DELETE', '/openai/files/file-1', '/v1/files/file-1'],
    ['GET', '/openai', '/v1'],
    ['GET', '/claude/v1/models', '/v1/models'],
    ['GET', '/google/v1beta/models?key=test-key-of-16-characters&pageSize=3', '/v1beta/models?pageSize=3'],
  ] as const
  for (const [method, path, expected] of cases) {
    const response = await call(stack, path, { method })
    assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`)
    const { method: sent, target, body, headers } = provider.received.at(-1)!
    assert.deepEqual([sent, target, body.length], [method, expected, 0])
    assert.equal(headers['content-type'], undefined)
  }
  const head = await call(stack, '/openai/models', { method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.equal((await call(stack, '/openai/models', { method: 'OPTIONS' })).status, 405)
})

test("the provider's own key goes to the provider, and the caller's goes nowhere", async (t) => {
  const { provider, stack } = await startPair(t)
  for (const [name, header, value] of [
    ['openai', 'authorization', `Bearer ${providerKey}`],
    ['claude', 'x-api-key', providerKey],
    ['google', 'x-goog-api-key', providerKey],
  ] as const) {
    for (const spelling of ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key']) {
      const response = await fetch(
        `${stack.gateway.url}/providers/${name}/models?token=${testKey}&api_key=${testKey}`,
        {
          headers: { [spelling]: spelling === 'authorization' ? `Bearer ${testKey}` : testKey },
        },
      )
      assert.equal(response.status, 200)
      const sent = provider.received.at(-1)!
      assert.deepEqual(sent.headers[header], [value])
      const rest = JSON.stringify([sent.target, sent.headers])
      assert.ok(!rest.includes(testKey), `${name} by ${spelling}`)
      assert.equal(rest.split(providerKey).length, 2)
    }
  }
})

test('only listed headers pass, in both directions', async (t) => {
  const { provider, stack } = await startPair(t)
  provider.answerWith((_, response) =>
    response
      .writeHead(200, {
        'content-type': 'text/html',
        'content-disposition': 'attachment; filename="a.txt"',
        'set-cookie': 'a=b',
        'access-control-allow-origin': '*',
        'server-timing': 'x',
        'openai-organization': 'org-secret',
        location: 'https://elsewhere.example',
        'x-weir-cost-usd': '0',
        connection: 'keep-alive, x-hop',
        'x-hop': '1',
      })
      .end('<script>1</script>'),
  )
  const response = await call(stack, '/openai/files/f/content', {
    headers: {
      accept: 'text/plain',
      cookie: 'session=secret',
      'x-forwarded-for': '1.2.3.4',
      forwarded: 'for=1.2.3.4',
      'proxy-authorization': 'Basic x',
      'openai-organization': 'org-other',
      'openai-beta': 'assistants=v2',
      'anthropic-beta': 'not-for-this-one',
      'x-weir-user': 'ada',
      'accept-encoding': 'gzip',
      origin: 'https://evil.example',
    },
  })
  const { headers } = provider.received[0]!
  assert.deepEqual(Object.keys(headers).toSorted(), [
    'accept',
    'accept-encoding',
    'authorization',
    'connection',
    'host',
    'openai-beta',
    'user-agent',
  ])
  assert.deepEqual(headers['accept-encoding'], ['identity'])
  assert.deepEqual(headers['host'], [new URL(provider.url).host])
  const names = [...response.headers.keys()].filter((name) => !name.startsWith('x-weir-')).toSorted()
  assert.deepEqual(names, [
    'cache-control',
    'connection',
    'content-disposition',
    'content-security-policy',
    'content-type',
    'date',
    'keep-alive',
    'transfer-encoding',
    'x-accel-buffering',
    'x-content-type-options',
  ])
  assert.match(response.headers.get('content-security-policy')!, /sandbox/)
  assert.equal(response.headers.get('x-weir-cost-usd'), null)
})

test('a version header that the client chose stands in place of the usual one', async (t) => {
  const { provider, stack } = await startPair(t)
  await call(stack, '/claude/models', { headers: { 'anthropic-version': '2099-01-01' } })
  assert.deepEqual(provider.received[0]!.headers['anthropic-version'], ['2099-01-01'])
  await call(stack, '/claude/models')
  assert.deepEqual(provider.received[1]!.headers['anthropic-version'], ['2023-06-01'])
})

test('any header of a client: the request never fails within the gateway, and no key leaves', async (t) => {
  const { provider, stack } = await startPair(t)
  const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/)
  const value = fc.string({ unit: 'binary-ascii', maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(token, value), { maxLength: 8 }), async (pairs) => {
      const reserved =
        /^(host|connection|content-length|transfer-encoding|expect|upgrade|te|trailer|keep-alive)$/i
      const lines = pairs
        .filter(([name]) => !reserved.test(name))
        .map(([name, text]) => `${name}: ${text.replaceAll(/[\r\n\0]/g, '')}\r\n`)
      const received = provider.received.length
      const answer = await sendRaw(
        stack,
        `GET /providers/openai/models HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer ${testKey}\r\n${lines.join('')}\r\n`,
      )
      assert.match(answer, /^HTTP\/1\.1 (200|400|401|431) /)
      for (const sent of provider.received.slice(received)) {
        assert.ok(!JSON.stringify(sent.headers).includes(testKey))
        for (const name of Object.keys(sent.headers)) {
          assert.ok(
            [
              'accept',
              'accept-encoding',
              'authorization',
              'connection',
              'host',
              'openai-beta',
              'user-agent',
            ].includes(name),
            name,
          )
        }
      }
    }),
    { numRuns: 60 },
  )
})

test('an answer with headers that HTTP forbids is a fault of the provider, never two answers', async (t) => {
  const { provider, stack } = await startPair(t)
  const heads = [
    'content-type: text/plain\r\ncontent-disposition: a\rset-cookie: evil=1',
    'content-type: text/plain\ncontent-disposition: a\r\n evil: 1',
    'content-disposition: a\0b',
    'content-type: text/plain\u00e9\u0001',
    'content-length: 3\r\ncontent-length: 4',
    'content-length: 2\r\ntransfer-encoding: chunked',
  ]
  for (const head of heads) {
    provider.answerWith((_, response) => {
      response.socket!.end(Buffer.from(`HTTP/1.1 200 OK\r\n${head}\r\nconnection: close\r\n\r\nab`, 'latin1'))
    })
    const response = await call(stack, '/openai/models')
    const text = await response.text().catch(() => 'cut')
    assert.ok(response.status === 502 || response.status === 200, `${head}: ${response.status} ${text}`)
    assert.equal(response.headers.get('set-cookie'), null, head)
    assert.equal(response.headers.get('evil'), null, head)
  }
})

const tricks = [
  '/..',
  '/../admin',
  '/v1/../../x',
  '/.',
  '/./models',
  '/models/..',
  '/%2e%2e/x',
  '/%2E%2e/x',
  '/.%2e/x',
  '/..%2fx',
  '/a%2f..%2fb',
  '/a/%2f/b',
  '/%2f%2fevil.example',
  '//evil.example/x',
  '/a//b',
  '/\\evil.example',
  '/a\\..\\b',
  '/%5c%5cevil',
  '/a%00b',
  '/a%0d%0aHost:%20evil',
  '/a%0ab',
  '/a%09b',
  '/a%7fb',
  '/a#b',
  '/a%23b',
  '/a%3fb=c',
  '/a;b',
  '/%252e%252e/x',
  '/a%252fb',
  '/%',
  '/%zz',
  '/%e0%80%ae',
  '/%c0%ae%c0%ae/x',
  '/a b',
  '/\u00e9',
  '/a\tb',
  '@evil.example/x',
  ':80/x',
  '.evil.example/x',
]

test(`${tricks.length} tricks with the path reach no provider`, async (t) => {
  const { provider, stack } = await startPair(t)
  for (const trick of tricks) {
    const target = Buffer.from(`/providers/openai${trick}`, 'utf8').toString('latin1')
    const answer = await sendRaw(
      stack,
      `GET ${target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer ${testKey}\r\n\r\n`,
    )
    assert.match(answer, /^HTTP\/1\.1 (400|404) /, trick)
  }
  assert.equal(provider.received.length, 0)
})

test('a path that passes is the same for every reader, below the base', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('/', '.', '%', '2', 'e', 'f', '5', 'c', 'a', '@', ':', '\\', '#', '?', ';')),
      (parts) => {
        const path = `/${parts.join('')}`
        let passed: string
        try {
          passed = checkedPath(path)
        } catch {
          return
        }
        const url = new URL(`https://host.example/base${passed}`)
        assert.equal(url.pathname, `/base${passed}`)
        assert.equal(url.host, 'host.example')
        const decoded = new URL(`https://host.example/base${decodeURIComponent(passed)}`)
        assert.ok(decoded.pathname.startsWith('/base'))
        assert.ok(
          !decodeURIComponent(passed)
            .split('/')
            .some((part) => part === '.' || part === '..'),
        )
      },
    ),
    { numRuns: 5000 },
  )
  assert.equal(checkedQuery('a=1&Key=x&api%5Fkey=y&b'), 'a=1&b')
  for (const query of ['a\u00e9', 'a b', 'a"b', '%zz=1']) assert.throws(() => checkedQuery(query), /query/)
})

test('a redirect is not followed, not shown, and takes no credential along', async (t) => {
  const { provider, stack } = await startPair(t)
  const elsewhere = await startScriptedProvider(t)
  for (const status of [301, 302, 303, 307, 308]) {
    provider.answerWith((_, response) => response.writeHead(status, { location: elsewhere.url }).end())
    const response = await call(stack, '/openai/files', { redirect: 'manual' })
    assert.equal(response.status, 502)
    assert.equal(response.headers.get('location'), null)
  }
  assert.equal(elsewhere.received.length, 0)
})

test('a key for one model may generate with it and nothing else; a key for all may do all', async (t) => {
  const { provider, stack } = await startPair(t)
  const as = (key: string, path: string, body?: unknown): Promise<Response> =>
    call(stack, path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const allowed: [string, unknown][] = [
    ['/openai/chat/completions', { model: 'gpt-small', messages: [] }],
    ['/openai/v1/chat/completions', { model: 'gpt-small', messages: [] }],
    ['/google/models/gemini-small:generateContent', { contents: [] }],
  ]
  for (const [path, body] of allowed) assert.equal((await as(narrowKey, path, body)).status, 200, path)
  const count = provider.received.length
  const refused: [string, unknown?][] = [
    ['/openai/chat/completions', { model: 'gpt-large', messages: [] }],
    ['/openai/chat/completions', { messages: [] }],
    ['/openai/threads/t/messages', { model: 'gpt-small' }],
    ['/openai/batches', { model: 'gpt-small' }],
    ['/openai/models'],
    ['/google/models/gemini-large:generateContent', { model: 'gemini-small', contents: [] }],
    ['/google/models/gemini-small%2Fx:generateContent', { contents: [] }],
    ['/claude/messages', { model: 'gpt-small' }],
  ]
  for (const [path, body] of refused) assert.equal((await as(narrowKey, path, body)).status, 403, path)
  assert.equal(provider.received.length, count)
  assert.equal((await as('broad-key-of-16-characters', '/openai/batches', { a: 1 })).status, 200)
  assert.equal((await as('broad-key-of-16-characters', '/claude/models')).status, 403)
  assert.equal((await as('no-such-key-of-16-chars', '/openai/models')).status, 401)
})

test('of a member that is written twice, the provider gets the one that was authorised', async (t) => {
  const { provider, stack } = await startPair(t)
  const response = await call(stack, '/openai/chat/completions', {
    method: 'POST',
    headers: { authorization: `Bearer ${narrowKey}`, 'content-type': 'application/json' },
    body: '{"model":"gpt-large","messages":[],"model":"gpt-small"}',
  })
  assert.equal(response.status, 200)
  assert.equal(provider.received[0]!.body.toString(), '{"model":"gpt-small","messages":[]}')
})

test('an unknown provider is not found, whatever its name begins', async (t) => {
  const { provider, stack } = await startPair(t)
  for (const name of ['nobody', 'gpt-4', 'claude-x', 'openai.', 'models']) {
    assert.equal((await call(stack, `/${name}/models`)).status, 404, name)
  }
  assert.equal(provider.received.length, 0)
})

test("the provider's errors are the client's as they are, but for those about the gateway's key", async (t) => {
  const { provider, stack } = await startPair(t)
  const own = JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message: 'no' } })
  for (const status of [400, 404, 409, 422, 429, 500, 529]) {
    provider.answerWith((_, response) =>
      response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '7' }).end(own),
    )
    const response = await call(stack, '/claude/messages', json({ model: 'claude-x' }))
    assert.equal(response.status, status)
    assert.equal(await response.text(), own)
    assert.equal(response.headers.get('retry-after'), '7')
    assert.equal((await recordOf(stack, response))['status'], status)
  }
  for (const status of [401, 403]) {
    provider.answerWith((_, response) => response.writeHead(status).end(own))
    const response = await call(stack, '/claude/v1/messages', json({ model: 'claude-x' }))
    assert.equal(response.status, 502)
    assert.match(await response.text(), /upstream_auth/)
  }
})

test('what an answer in a known dialect cost is recorded, streamed and whole, while its bytes pass untouched', async (t) => {
  const stack = await startStack(t)
  for (const [path, body] of [
    ['/openai/chat/completions', { model: 'words-3', messages: [{ role: 'user', content: 'a b c' }] }],
    ['/openai/responses', { model: 'words-3', input: 'a b c' }],
    [
      '/claude/messages',
      { model: 'words-3', max_tokens: 50, messages: [{ role: 'user', content: 'a b c' }] },
    ],
    ['/google/models/words-3:generateContent', { contents: [{ role: 'user', parts: [{ text: 'a b c' }] }] }],
    ['/openai/embeddings', { model: 'embed', input: 'a b c' }],
  ] as const) {
    for (const stream of [false, true]) {
      if (stream && path.endsWith('embeddings')) continue
      const streamed = path.includes(':') ? path.replace(':generate', ':streamGenerate') : path
      const target = stream ? (streamed === path ? path : `${streamed}?alt=sse`) : path
      const response = await call(
        stack,
        target,
        json(path.includes(':') || !stream ? body : { ...body, stream }),
      )
      const text = await response.text()
      assert.equal(response.status, 200, text)
      const record = await recordOf(stack, response)
      assert.equal(record['operation'], 'forward')
      const billed = stack.simulator.receipts().at(-1)!.billed!
      const usage = asObject(record['usage']) ?? {}
      assert.equal(usage['input_tokens'] ?? usage['inputTokens'], billed.inputTokens, `${target} ${stream}`)
      assert.equal(
        usage['output_tokens'] ?? usage['outputTokens'],
        billed.outputTokens,
        `${target} ${stream}`,
      )
    }
  }
})

test('a stream passes while it is made, and ends at the provider when the client leaves', async (t) => {
  const { provider, stack } = await startPair(t)
  const closed = Promise.withResolvers<void>()
  provider.answerWith((_, response) => {
    response.on('close', () => closed.resolve())
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: {"a":1}\n\n')
  })
  const leave = new AbortController()
  const response = await call(stack, '/openai/threads/runs', {
    ...json({ stream: true }),
    signal: leave.signal,
  })
  const reader = response.body!.getReader()
  assert.equal(Buffer.from((await reader.read()).value!).toString(), 'data: {"a":1}\n\n')
  leave.abort()
  await closed.promise
})

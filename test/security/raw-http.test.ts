/** Bytes that two servers could read as different requests: refused, or read as every server must; and slow ones. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asObject, type JsonObject } from '../../src/core/json.ts'
import { clients } from '../support/clients.ts'
import { postBytes, RawSocket } from '../support/raw-socket.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { bodyOf, chat, chatHead, key, read, refused, smuggled } from '../support/smuggling.ts'
import { startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

const provider = await startScriptedProvider({ after })
const limits = {
  headersTimeoutMs: 300,
  bodyTimeoutMs: 300,
  keepAliveMs: 300,
  stalledReaderMs: 300,
  maxBodyBytes: 20_000,
}
const simulated = {
  type: 'openai',
  apiKey: 'env:PROVIDER_KEY',
  allowPrivateNetwork: true,
} satisfies JsonObject
const server = { drain: { graceMs: 0, timeoutMs: 5000 } }
const stack = await startStack(
  { after },
  {
    config: (simulatorUrl) => ({
      server,
      providers: {
        openai: { ...simulated, baseUrl: `${simulatorUrl}/openai/v1` },
        scripted: { ...simulated, baseUrl: provider.url },
      },
    }),
  },
)
const { body } = clients['openai-chat']
const impatient = await startStack({ after }, { config: { server: { ...server, limits } } })

for (const [what, bytes] of Object.entries(refused)) {
  test(`${what}: refused, and nothing behind it is a request`, async () => {
    const before = stack.simulator.receipts().length
    const raw = RawSocket.open(stack.gateway.url, Buffer.from(bytes, 'latin1'))
    await raw.saw('HTTP/1.1 4')
    // Where the refused request had a length of its own, what follows is not inside of it, and may be answered.
    const statuses = () =>
      [...raw.received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
    assert.ok([400, 413, 431].includes(statuses()[0]!), String(statuses()))
    await raw.closed()
    raw.destroy()
    assert.equal(stack.simulator.receipts().length, before, 'something of it was asked')
  })
}

for (const [what, [bytes, text]] of Object.entries(read)) {
  test(`${what}: one request, and the next one behind it`, async () => {
    const before = stack.simulator.receipts().length
    const raw = RawSocket.open(
      stack.gateway.url,
      `${bytes}GET /health/live HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`,
    )
    const [first, second] = await raw.responses(2)
    await raw.closed()
    raw.destroy()
    assert.equal(first?.status, 200, first?.body)
    assert.equal(clients['openai-chat'].readWhole(first.body).text, text)
    assert.deepEqual(asObject(JSON.parse(second!.body)), { status: 'ok' })
    assert.equal(stack.simulator.receipts().length, before + 1)
  })
}

test('a body on a GET is not the next request', async () => {
  const head = `GET /health/live HTTP/1.1\r\nhost: a\r\ncontent-length: ${smuggled.length}\r\n\r\n`
  const raw = RawSocket.open(
    stack.gateway.url,
    `${head}${smuggled}GET /health/ready HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`,
  )
  assert.equal((await raw.responses(2)).length, 2)
  await raw.closed()
  assert.equal(raw.received.split('HTTP/1.1 200').length, 3)
  raw.destroy()
})

// -- what the answer's head could be split by

const splitting = [
  '\r\nset-cookie: a=b',
  '\nset-cookie: a=b',
  '\r\n\r\n<html>',
  '\u0000',
  '\u010dset-cookie: a=b',
  '💧',
]

test('no name in a request splits the head of its answer', async () => {
  for (const injected of splitting) {
    for (const model of [`openai/echo${injected}`, `openai${injected}/echo`, injected]) {
      const response = await stack.post(chat, {
        model,
        messages: [{ role: 'user', content: 'over the weir' }],
      })
      const text = await response.text()
      assert.ok(
        response.status === 200 || (response.status >= 400 && response.status < 500),
        `${response.status} ${text}`,
      )
      assert.equal(response.headers.get('set-cookie'), null)
    }
    const path = `/v1/models/${encodeURIComponent(injected)}`
    const found = await fetch(stack.gateway.url + path, { headers: { authorization: `Bearer ${testKey}` } })
    assert.ok(found.status === 404 || found.status === 400)
  }
  const broken = await fetch(`${stack.gateway.url}/v1/models/%ff`, {
    headers: { authorization: `Bearer ${testKey}` },
  })
  assert.equal(broken.status, 400)
})

test("no header of a provider's answer splits the head of ours, and what is of its connection stays there", async () => {
  const values = {
    'x-request-id': 'a\u00ff',
    'retry-after': '1\u0080',
    'content-disposition': 'inline; filename="\u00e9"',
  }
  provider.answerWith((_, response) => {
    response.writeHead(200, {
      'content-type': 'application/json',
      ...values,
      connection: 'keep-alive, content-disposition',
      'content-location': '/elsewhere',
      'set-cookie': 'a=b',
      'access-control-allow-origin': '*',
      'server-timing': 'a;dur=1',
    })
    response.end('{}')
  })
  const response = await fetch(`${stack.gateway.url}/providers/scripted/things`, {
    headers: { authorization: `Bearer ${testKey}` },
  })
  assert.equal(response.status, 200)
  await response.text()
  for (const name of [
    'set-cookie',
    'access-control-allow-origin',
    'server-timing',
    'content-location',
    'content-disposition',
  ]) {
    assert.equal(response.headers.get(name), null, name)
  }
})

test('a header that the caller names as one of its connection goes no further', async () => {
  provider.answerWith((_, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
  )
  for (const [connection, expected] of [
    ['keep-alive', 'text/odd'],
    ['keep-alive, Accept', undefined],
  ] as const) {
    const raw = RawSocket.open(
      stack.gateway.url,
      `GET /providers/scripted/things HTTP/1.1\r\nhost: a\r\n${key}\r\naccept: text/odd\r\nconnection: ${connection}\r\n\r\n`,
    )
    await raw.saw('HTTP/1.1 200')
    raw.destroy()
    assert.equal(provider.received.at(-1)?.headers['accept']?.[0], expected)
  }
})

// -- who asks, and how much

test('a key in the query beside another one in a header is refused', async () => {
  const gemini = '/v1beta/models/openai%2Fecho:generateContent'
  const contents = [{ role: 'user', parts: [{ text: 'over the weir' }] }]
  for (const [query, status] of [
    [`?key=${testKey}`, 200],
    ['?key=another', 400],
  ] as const) {
    assert.equal((await stack.post(gemini + query, { contents })).status, status)
  }
})

test('whoever signs in sends no more than a password needs', async () => {
  const response = await fetch(`${stack.gateway.url}/admin/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ token: 'a'.repeat(20_000) }),
  })
  assert.equal(response.status, 413)
})

test('large bodies together take no more than their room, and it is free again when a request is over', async (t) => {
  const narrow = await startStack(t, {
    config: { server: { ...server, limits: { maxLargeBodyBytes: 600_000 } } },
  })
  const ask = (model: string) =>
    narrow.post(chat, body({ model, text: 'over the weir '.repeat(30_000), stream: false }))
  const first = ask('openai/slow-1s')
  await until('the call', () => narrow.simulator.receipts().at(-1))
  const second = await ask('openai/echo')
  assert.equal(second.status, 503)
  assert.ok(Number(second.headers.get('retry-after')) > 0)
  assert.equal((await narrow.post(chat, bodyOf('a small one'))).status, 200)
  assert.equal((await first).status, 200)
  assert.equal((await ask('openai/echo')).status, 200)
})

// -- time

const open = (text = '') => RawSocket.open(impatient.gateway.url, text)

async function dripUntilClosed(raw: RawSocket, byte: string): Promise<void> {
  await until('the end of the connection', () => {
    if (raw.socket.destroyed || raw.socket.readableEnded) return true
    raw.socket.write(byte)
    return undefined
  })
  raw.destroy()
}

test('headers that drip in have the time of all headers, not of each', async () => {
  const raw = open(`POST ${chat} HTTP/1.1\r\nhost: a\r\nx-slow: `)
  await dripUntilClosed(raw, 'a')
  assert.match(raw.received, /^HTTP\/1\.1 408 /)
})

test('a body that drips in has the time of the whole body, and no provider hears of it', async () => {
  const raw = open(chatHead('content-length: 19000'))
  await dripUntilClosed(raw, ' ')
  assert.match(raw.received, /^HTTP\/1\.1 408 /)
  const chunked = open(chatHead('transfer-encoding: chunked'))
  await dripUntilClosed(chunked, '1\r\n \r\n')
  assert.match(chunked.received, /^HTTP\/1\.1 4(?:08|13) /)
  assert.equal(impatient.simulator.receipts().length, 0)
})

test('a thousand connections that say nothing are closed, and meanwhile requests are answered', async (t) => {
  // Long enough to take all of them in before the first one is too late.
  const more = { ...server, limits: { ...limits, headersTimeoutMs: 3000, bodyTimeoutMs: 3000 } }
  const { url } = (await startStack(t, { config: { server: more } })).gateway
  const silent = Array.from({ length: 1000 }, () => RawSocket.open(url))
  const live = 'GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n'
  const used = Array.from({ length: 20 }, () => RawSocket.open(url, live))
  for (const raw of used) assert.equal((await raw.responses(1))[0]?.status, 200)
  assert.equal((await fetch(`${url}/health/ready`)).status, 200)
  for (const raw of [...silent, ...used]) {
    await raw.closed(20_000)
    raw.destroy()
  }
})

test('readers that take nothing are cut off, their providers are told, and nothing stays open', async () => {
  const before = impatient.simulator.receipts().length
  const ask = { model: 'openai/words-100000', text: 'tell of the river', stream: true }
  const bytes = postBytes(chat, JSON.stringify(body(ask)), { authorization: `Bearer ${testKey}` })
  const readers = Array.from({ length: 3 }, () => {
    const raw = RawSocket.open(impatient.gateway.url, bytes)
    raw.socket.pause()
    return raw
  })
  await until(
    'the end of all calls',
    () => {
      const calls = impatient.simulator.receipts().slice(before)
      return calls.length === readers.length && calls.every(({ ended }) => ended === 'client-closed')
        ? true
        : undefined
    },
    30_000,
  )
  await until('the end of all requests', async () => {
    const text = await (await fetch(`${impatient.gateway.url}/metrics`)).text()
    return /^weir_open_requests 1$/m.test(text) ? true : undefined
  })
  for (const raw of readers) raw.destroy()
})

test('a whole answer that is not read is let go as well', async () => {
  const ask = { model: 'openai/words-400000', text: 'tell of the river', stream: false }
  const bytes = postBytes(chat, JSON.stringify(body(ask)), { authorization: `Bearer ${testKey}` })
  const raw = RawSocket.open(impatient.gateway.url, bytes)
  raw.socket.pause()
  await until('the call', () => impatient.simulator.receipts().find(({ model }) => model === 'words-400000'))
  await until(
    'the end of all requests',
    async () => {
      const text = await (await fetch(`${impatient.gateway.url}/metrics`)).text()
      return /^weir_open_requests 1$/m.test(text) ? true : undefined
    },
    30_000,
  )
  raw.destroy()
})

test('none of it was a fault of the gateway', () => {
  for (const { log } of [stack, impatient]) assert.doesNotMatch(log.join(''), /"level":"(?:error|fatal)"/)
})

const scriptedAnswer = JSON.stringify({
  id: 'a',
  object: 'chat.completion',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'at last' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
})

test('connections of strangers make room for one another, and whoever has shown a key stays', async (t) => {
  const bounded = await startStack(t, {
    config: (url) => ({
      server: { ...server, limits: { maxStrangersPerAddress: 8 } },
      providers: {
        openai: { ...simulated, baseUrl: `${url}/openai/v1` },
        scripted: { ...simulated, baseUrl: provider.url },
      },
    }),
  })
  const sockets: RawSocket[] = []
  const open = (bytes: string | Buffer = '') => {
    const socket = RawSocket.open(bounded.gateway.url, bytes)
    sockets.push(socket)
    return socket
  }
  t.after(() => sockets.forEach((socket) => socket.destroy()))
  const answered = async (bytes: string | Buffer, status: number) => {
    const socket = open(bytes)
    assert.equal((await socket.responses(1))[0]?.status, status)
    return socket
  }
  const right = { authorization: `Bearer ${testKey}` }
  const asked = postBytes(chat, bodyOf('hello there'), right)
  const strangers = await Promise.all([
    answered(postBytes(chat, bodyOf('hello there'), { authorization: 'Bearer no-key-of-this-gateway' }), 401),
    answered('GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n', 200),
    answered('PUT /v1/models HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n', 405),
    answered(postBytes('/admin/v1/session', '{}', { 'sec-fetch-site': 'same-origin' }), 400),
  ])
  const callers = await Promise.all([
    answered(asked, 200),
    answered(`GET /v1/models HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${testKey}\r\n\r\n`, 200),
  ])
  // A key that has been valid once is enough: what is refused afterwards makes nobody a stranger.
  callers[0]!.socket.write(postBytes(chat, '{', right))
  assert.equal((await callers[0]!.responses(2)).at(-1)?.status, 400)
  const hasBegun = Promise.withResolvers<() => void>()
  provider.answerWith((_, response) =>
    hasBegun.resolve(() => response.setHeader('content-type', 'application/json').end(scriptedAnswer)),
  )
  const waiting = open(postBytes(chat, bodyOf('wait for it').replace('openai/echo', 'scripted/m'), right))
  const finish = await hasBegun.promise
  const isCut = ({ socket }: RawSocket) => socket.readyState !== 'open'
  await until('the strangers to be cut', () => {
    if (strangers.every(isCut)) return true
    for (let n = 0; n < 8; n++) open()
    return undefined
  })
  finish()
  assert.equal((await waiting.responses(1))[0]?.status, 200)
  for (const caller of callers) {
    assert.ok(!isCut(caller))
    const before = caller.received.length
    caller.socket.write(asked)
    await until('another answer', () => caller.received.length > before || undefined)
  }
  // The latest ones are within their second, or among the eight that stay.
  assert.ok(!isCut(sockets.at(-1)!))
})

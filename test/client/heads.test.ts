/** Request heads that Node's parser must refuse, and those that it accepts and a gateway must not. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asObject, asString, parseJson } from '../../src/core/json.ts'
import { clients } from '../support/clients.ts'
import { postBytes, RawSocket } from '../support/raw-socket.ts'
import { startStack, testKey } from '../support/stack.ts'

const stack = await startStack({ after })
const { path, body } = clients['openai-chat']
const ask = { model: 'openai/echo', text: 'hello', stream: false }
const chat = path(ask)
const question = JSON.stringify(body(ask))
const key = { authorization: `Bearer ${testKey}` }

/** A request from its lines; a body of five bytes follows where `rest` is absent. */
const lines = (...head: string[]) => `${head.join('\r\n')}\r\n\r\n`
const chatLines = (...more: string[]) =>
  lines(`POST ${chat} HTTP/1.1`, 'host: a', 'content-type: application/json', ...more)

/** Refused by the parser: nothing of the gateway runs, the connection is closed. */
const unparsable: Readonly<Record<string, string>> = {
  'a length and a transfer coding': `${chatLines('content-length: 5', 'transfer-encoding: chunked')}0\r\n\r\n`,
  'two equal lengths': `${chatLines('content-length: 5', 'content-length: 5')}{"a":`,
  'two different lengths': `${chatLines('content-length: 5', 'content-length: 6')}{"a":`,
  'a list of lengths': `${chatLines('content-length: 5, 5')}{"a":`,
  'a signed length': `${chatLines('content-length: +5')}{"a":`,
  'a length in hex': `${chatLines('content-length: 0x5')}{"a":`,
  'an unknown transfer coding': `${chatLines('transfer-encoding: xchunked')}0\r\n\r\n`,
  'chunked not last': `${chatLines('transfer-encoding: chunked, identity')}0\r\n\r\n`,
  'lines that end in LF': `POST ${chat} HTTP/1.1\nhost: a\ncontent-length: 2\n\n{}`,
  'a space before the colon': `${chatLines('content-length : 2')}{}`,
  'a folded line': chatLines('x-a: b', ' c', 'content-length: 0'),
  'LF in a chunk extension': `${chatLines(`authorization: Bearer ${testKey}`, 'transfer-encoding: chunked')}2;a\nb\r\n{}\r\n0\r\n\r\n`,
  'a chunk size with 0x': `${chatLines(`authorization: Bearer ${testKey}`, 'transfer-encoding: chunked')}0x2\r\n{}\r\n0\r\n\r\n`,
  'NUL in a header': chatLines('x-a: b\0c', 'content-length: 0'),
  'no Host': lines(`POST ${chat} HTTP/1.1`, 'content-length: 0'),
  'no method': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS to a plain port\r\n\r\n',
  'another protocol': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
}

for (const [name, bytes] of Object.entries(unparsable)) {
  test(`${name}: 400, and the connection is closed`, async () => {
    const raw = RawSocket.open(stack.gateway.url, Buffer.from(bytes, 'latin1'))
    await raw.closed()
    assert.match(raw.received, /^HTTP\/1\.1 400 /)
    assert.equal(raw.received.split('HTTP/1.1 ').length, 2)
    raw.destroy()
  })
}

/** Refused by the gateway, in the dialect of the path where there is one. */
const refused: Readonly<Record<string, readonly [bytes: string | Buffer, status: number, code: string]>> = {
  'two Host headers': [`${chatLines('host: b', 'content-length: 2')}{}`, 400, 'invalid_request'],
  'two equal Host headers': [`${chatLines('host: a', 'content-length: 2')}{}`, 400, 'invalid_request'],
  'a Host with a path': [postBytes(chat, question, { ...key, host: 'a/health?x=' }), 400, 'invalid_request'],
  'a Host with a user': [postBytes(chat, question, { ...key, host: 'u@a#f' }), 400, 'invalid_request'],
  'an empty Host': [lines('GET /health/live HTTP/1.1', 'host:'), 400, 'invalid_request'],
  'HTTP/1.0 without Host': [lines('GET /health/live HTTP/1.0'), 400, 'invalid_request'],
  'an absolute target': [postBytes(`http://a${chat}`, question, key), 400, 'invalid_request'],
  'an absolute target of another scheme': [postBytes('ftp://a/', question, key), 400, 'invalid_request'],
  'two slashes': [postBytes(`/${chat}`, question, key), 400, 'invalid_request'],
  dots: [postBytes('/v1/../admin/v1/requests', question, key), 400, 'invalid_request'],
  'encoded dots': [postBytes('/v1/%2e%2e/admin/v1/requests', question, key), 400, 'invalid_request'],
  'an encoded NUL': [postBytes('/v1/models%00', question, key), 400, 'invalid_request'],
  'a semicolon': [postBytes('/v1/chat/completions;a=b', question, key), 400, 'invalid_request'],
  'a backslash': [postBytes('/v1\\chat/completions', question, key), 400, 'invalid_request'],
  'an asterisk': [lines('OPTIONS * HTTP/1.1', 'host: a'), 400, 'invalid_request'],
  'a compressed transfer': [
    `${chatLines('transfer-encoding: gzip, chunked')}0\r\n\r\n`,
    400,
    'invalid_request',
  ],
  'an underscore in a name': [postBytes(chat, question, { ...key, x_api_key: 'k' }), 400, 'invalid_request'],
  'two different keys': [postBytes(chat, question, { ...key, 'x-api-key': 'k' }), 400, 'invalid_request'],
  'no key': [postBytes(chat, question), 401, 'authentication_failed'],
  'an unknown key': [postBytes(chat, question, { 'x-api-key': 'k' }), 401, 'authentication_failed'],
  'a key of 600 characters': [
    postBytes(chat, question, { 'x-api-key': 'k'.repeat(600) }),
    401,
    'authentication_failed',
  ],
  'no such path': [postBytes('/v1/nothing', question, key), 404, 'not_found'],
  'no such admin path': [postBytes('/admin/v1/requests/a/b', '', key), 401, 'authentication_failed'],
  'another method': [lines(`GET ${chat} HTTP/1.1`, 'host: a'), 405, 'method_not_allowed'],
  'a POST to a page': [postBytes('/health/live', question), 405, 'method_not_allowed'],
  'a deadline that is no number': [
    postBytes(chat, question, { ...key, 'x-weir-timeout-ms': 'soon' }),
    400,
    'invalid_request',
  ],
}

for (const [name, [bytes, status, code]] of Object.entries(refused)) {
  test(`${name}: ${status} ${code}, and the connection goes on`, async () => {
    const before = stack.simulator.receipts().length
    const raw = RawSocket.open(stack.gateway.url, bytes)
    const [response] = await raw.responses(1)
    assert.equal(response?.status, status)
    assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
    assert.match(response.headers.get('x-weir-request-id') ?? '', /^req_/)
    const error = asObject(asObject(parseJson(response.body))?.['error'])
    assert.equal(asString(error?.['code']), code)
    assert.equal(stack.simulator.receipts().length, before)
    await answersOrIsClosed(raw)
  })
}

/** Another request on the same connection gets its own answer, unless the first one has ended the connection. */
async function answersOrIsClosed(raw: RawSocket): Promise<void> {
  const isClosing = /connection: close/i.test(raw.received)
  if (isClosing) await raw.closed()
  else {
    raw.socket.write(lines('GET /health/live HTTP/1.1', 'host: a'))
    const [, second] = await raw.responses(2)
    assert.equal(second?.status, 200)
  }
  raw.destroy()
}

test('too many and too large headers: 431', async () => {
  const many = Array.from({ length: 150 }, (_, n) => `x-h-${n}: 1`)
  for (const more of [many, [`x-long: ${'a'.repeat(20_000)}`]]) {
    const raw = RawSocket.open(stack.gateway.url, lines('GET /health/live HTTP/1.1', 'host: a', ...more))
    await raw.closed()
    assert.match(raw.received, /^HTTP\/1\.1 431 /)
    raw.destroy()
  }
})

test('headers named like parts of an object do no harm', async () => {
  const names = { __proto__: 'a', constructor: 'b', 'to-string': 'c' }
  const head = Object.entries({ ...names, ['__proto__']: 'a' }).filter(([name]) => !name.includes('_'))
  const raw = RawSocket.open(
    stack.gateway.url,
    postBytes(chat, question, { ...key, ...Object.fromEntries(head) }),
  )
  const [response] = await raw.responses(1)
  assert.equal(response?.status, 200)
  raw.destroy()
})

test('CONNECT and Upgrade make no tunnel', async () => {
  const tunnel = RawSocket.open(
    stack.gateway.url,
    lines('CONNECT example.com:443 HTTP/1.1', 'host: example.com:443'),
  )
  await tunnel.closed()
  assert.doesNotMatch(tunnel.received, /^HTTP\/1\.1 2/)
  tunnel.destroy()
  const upgrade = RawSocket.open(
    stack.gateway.url,
    lines('GET /health/live HTTP/1.1', 'host: a', 'connection: upgrade', 'upgrade: websocket'),
  )
  const [response] = await upgrade.responses(1)
  assert.equal(response?.status, 200)
  upgrade.destroy()
})

test('200 pipelined requests are answered in order', async () => {
  const count = 200
  const requests = Array.from({ length: count }, (_, n) =>
    postBytes(chat, JSON.stringify(body({ ...ask, text: `number ${n}` })), key),
  )
  const raw = RawSocket.open(stack.gateway.url, Buffer.concat(requests))
  const responses = await raw.responses(count)
  assert.deepEqual(
    responses.map((response) => clients['openai-chat'].readWhole(response.body).text),
    Array.from({ length: count }, (_, n) => `number ${n}`),
  )
  raw.destroy()
})

test('Expect: 100-continue is answered before the body', async () => {
  const bytes = postBytes(chat, question, { ...key, expect: '100-continue' })
  const head = bytes.subarray(0, bytes.indexOf('\r\n\r\n') + 4)
  const raw = RawSocket.open(stack.gateway.url, head)
  await raw.saw('100 Continue')
  raw.socket.write(question)
  const [response] = await raw.responses(1)
  assert.equal(response?.status, 200)
  raw.destroy()
})

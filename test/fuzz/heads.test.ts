/** Random heads and framings: whatever two servers could read in two ways brings no second request to a provider. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { parseResponses, postBytes, RawSocket } from '../support/raw-socket.ts'
import { startStack, testKey } from '../support/stack.ts'
import { fuzz, innards, isFull } from './harness.ts'

const count = isFull ? 6000 : 300

const stack = await startStack(
  { after },
  {
    config: {
      server: {
        drain: { graceMs: 0, timeoutMs: 2000 },
        limits: { headersTimeoutMs: 100, bodyTimeoutMs: 100, keepAliveMs: 50 },
      },
    },
  },
)

const chat = '/v1/chat/completions'
const key = { authorization: `Bearer ${testKey}` }
const bodyOf = (text: string) =>
  JSON.stringify({ model: 'openai/echo', messages: [{ role: 'user', content: text }] })

/** Says in its own way where the body ends. */
interface Framing {
  readonly line: string
  /** Every server reads it alike: as chunks, or as the length of the body. */
  readonly means: 'chunks' | 'length' | 'nothing'
}

const framings: readonly Framing[] = [
  { line: 'content-length: LENGTH', means: 'length' },
  { line: 'Content-Length:LENGTH  ', means: 'length' },
  { line: 'transfer-encoding: chunked', means: 'chunks' },
  { line: 'Transfer-Encoding:  CHUNKED', means: 'chunks' },
  ...[
    'content-length: 0',
    'content-length: 5',
    'content-length: +LENGTH',
    'content-length: LENGTH, LENGTH',
    'content-length: 0xLENGTH',
    'content-length: LENGTH\x0b',
    'content-length : LENGTH',
    'content_length: LENGTH',
    'content-length\t: LENGTH',
    'transfer-encoding: identity',
    'transfer-encoding: chunked, identity',
    'transfer-encoding: gzip, chunked',
    'transfer-encoding: chunked;a=b',
    'transfer-encoding:\x0bchunked',
    'transfer-encoding:\r\n chunked',
    'transfer-encoding : chunked',
    'transfer_encoding: chunked',
    'x: y\ntransfer-encoding: chunked',
    'x: y\rtransfer-encoding: chunked',
    'trailer: content-length',
    'te: trailers, chunked',
    'connection: close, content-length',
    'connection: transfer-encoding',
    'upgrade: h2c',
    'expect: 100-continue',
  ].map((line): Framing => ({ line, means: 'nothing' })),
]

const others = [
  'x-a: b',
  'x-a;b: c',
  ': d',
  'x-\u00ff: e',
  'x-b: \u00ff\u0080',
  'host: b',
  'Host: a',
  'x_api_key: k',
  'x-api-key: k',
  `X-API-KEY: ${testKey}`,
  'cookie: __proto__=1',
  'constructor: 1',
  ' folded: x',
  '\tfolded: x',
  'accept-encoding: gzip',
  'content-encoding: identity',
  'x-forwarded-for: 127.0.0.1, ::1',
  'x-http-method-override: DELETE',
  'proxy-connection: keep-alive',
]

const firstLines = [
  `POST ${chat} HTTP/1.0`,
  `POST  ${chat} HTTP/1.1`,
  `POST http://a${chat} HTTP/1.1`,
  `POST ${chat}?key=k HTTP/1.1`,
  `POST /${chat} HTTP/1.1`,
  `GET ${chat} HTTP/1.1`,
  `HEAD /health/live HTTP/1.1`,
  `OPTIONS ${chat} HTTP/1.1`,
  `POST ${chat} HTTP/2.0`,
  `POST ${chat}`,
  `\r\nPOST ${chat} HTTP/1.1`,
]

/** Most of a case is plain, so that the odd part of it is what decides. */
const mostly = <Value>(plain: Value, odd: readonly Value[]) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(plain) }, { weight: 1, arbitrary: fc.constantFrom(...odd) })

const arbitrary = fc.record({
  firstLine: mostly(`POST ${chat} HTTP/1.1`, firstLines),
  framings: fc.oneof(
    { weight: 4, arbitrary: fc.array(fc.constantFrom(...framings), { minLength: 1, maxLength: 1 }) },
    { weight: 3, arbitrary: fc.array(fc.constantFrom(...framings), { maxLength: 3 }) },
  ),
  others: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom(...others), { maxLength: 2 }) },
  ),
  /** Is the body written as the head says? */
  isTrue: mostly(true, [false]),
  extension: mostly('', [';a=b', ' ', ';a="\r\n"', '\n']),
  order: fc.nat(1000),
})

/** Is there a reading of it, by any server, in which what is behind the body is inside of it or the other way round? */
function isAmbiguous({ framings: all, extension, ...each }: Case): boolean {
  const isChunked = isWrittenInChunks({ framings: all, ...each })
  const [only] = all.filter(({ means }) => means !== 'nothing')
  const says = all.filter(({ line }) => /^(?:x: y[\r\n])?(?:content.length|transfer.encoding)/i.test(line))
  if (says.length !== 1 || only === undefined) return true
  return only.means === 'chunks' ? !isChunked || !['', ';a=b'].includes(extension) : isChunked
}

type Case = typeof arbitrary extends fc.Arbitrary<infer Value> ? Value : never

function isWrittenInChunks({ framings: all, isTrue }: Pick<Case, 'framings' | 'isTrue'>): boolean {
  return all.some(({ line }) => /chunked/i.test(line)) === isTrue
}

function bytesOf(each: Case, n: number): Buffer {
  const text = bodyOf(`first-${n} over the weir`)
  const written = isWrittenInChunks(each)
    ? `${text.length.toString(16)}${each.extension}\r\n${text}\r\n0\r\n\r\n`
    : text
  const lines = ['host: a', `authorization: Bearer ${testKey}`, 'content-type: application/json']
  const more = [...each.framings.map(({ line }) => line), ...each.others]
  for (const line of more) {
    lines.splice((each.order % lines.length) + 1, 0, line.replaceAll('LENGTH', String(written.length)))
  }
  const head = `${[each.firstLine, ...lines].join('\r\n')}\r\n\r\n`
  const second = postBytes(chat, bodyOf(`second-${n} through the gap`), { ...key, connection: 'close' })
  return Buffer.concat([Buffer.from(head + written, 'latin1'), second])
}

test('heads and framings that servers read differently', async () => {
  let asked = 0
  await fuzz(arbitrary, count, 16, async (each, n) => {
    const sent = bytesOf(each, n)
    const raw = RawSocket.open(stack.gateway.url, sent)
    await raw.closed(15_000)
    raw.destroy()
    const tell = (what: string) => `${what} <- ${JSON.stringify(sent.toString('latin1'))}`
    const responses = parseResponses(Buffer.from(raw.received, 'latin1'))
    const bad = responses.find(({ status, body }) => status >= 500 || innards.test(body))
    if (bad) return tell(`${bad.status} ${bad.body.slice(0, 200)}`)
    const wasAsked = (text: string) =>
      stack.simulator.receipts().some(({ body }) => JSON.stringify(body).includes(text))
    if (responses.length > 2) return tell(`${responses.length} answers to two requests`)
    const areAsked = wasAsked(`first-${n} `) && wasAsked(`second-${n} `)
    if (areAsked) asked++
    return areAsked && isAmbiguous(each) ? tell('both were asked') : undefined
  })
  assert.ok(asked > 0, 'what is plain was not asked either')
  for (const text of ['"level":"error"', '"level":"fatal"']) {
    assert.deepEqual(stack.log.filter((line) => line.includes(text)).slice(0, 3), [])
  }
})

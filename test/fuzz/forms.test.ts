/** Random multipart forms, whole and as bytes: taken in, or refused with an error that names the fault. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { asObject, asString, parseJson } from '../../src/core/json.ts'
import { chatLine } from '../support/batches.ts'
import { parseResponses, postBytes, RawSocket } from '../support/raw-socket.ts'
import { adminToken, startStack, testKey } from '../support/stack.ts'
import { fuzz, innards, isFull, longestStallMs } from './harness.ts'
import { byteChange, spoiledBytes } from './spoil.ts'

const counts = isFull ? { forms: 3000, bytes: 3000 } : { forms: 300, bytes: 300 }
const marker = 'canary-of-forms-9b02'

const files = { maxBytes: 100_000, maxTotalBytes: 500_000 }
const stack = await startStack({ after }, { config: { files } })

/** Waits for no client: half of the spoiled forms never end. */
const impatient = await startStack(
  { after },
  {
    config: {
      server: {
        drain: { graceMs: 0, timeoutMs: 2000 },
        limits: { headersTimeoutMs: 50, bodyTimeoutMs: 50, keepAliveMs: 50, maxBodyBytes: 50_000 },
      },
      files,
    },
  },
)

/** Where forms are read here, or passed on with the model that they name. */
const ways: readonly (readonly [path: string, credential: string])[] = [
  ['/v1/files', testKey],
  ['/admin/v1/batch-files?key=declared:test', adminToken],
  ['/providers/openai/audio/transcriptions', testKey],
]

interface Part {
  readonly head: string
  readonly value: string
}

interface Form {
  readonly boundary: string
  readonly announced: string
  readonly parts: readonly Part[]
  readonly lineEnd: string
  readonly end: string
}

const lines = JSON.stringify(chatLine('a', 'openai/echo'))

const value = fc.oneof(
  fc.constantFrom(
    'batch',
    'created_at',
    '3600',
    '-1',
    '',
    'openai/echo',
    lines,
    `${lines}\n${lines}`,
    '{',
    marker,
  ),
  fc.constantFrom('\r\n--b\r\n', '\r\n--b--', '--b', '\r\n\r\n', 'x'.repeat(2000), '\0'),
  fc.string({ unit: 'binary', maxLength: 60 }),
)
const name = fc.constantFrom(
  'file',
  'file',
  'purpose',
  'model',
  'expires_after[seconds]',
  'expires_after[anchor]',
  '__proto__',
  '',
  'a"b',
  'a%22b',
)
const head = fc.oneof(
  name.map((of) => `Content-Disposition: form-data; name="${of}"`),
  name.map(
    (of) =>
      `Content-Disposition: form-data; name="${of}"; filename="../../${of}"\r\nContent-Type: text/plain`,
  ),
  fc.constantFrom(
    'Content-Disposition: form-data; name=file; name=purpose',
    "Content-Disposition: form-data; name*=utf-8''file",
    'Content-Disposition: attachment; name="file"',
    'Content-Transfer-Encoding: base64\r\nContent-Disposition: form-data; name="file"',
    'content-disposition:form-data;name="file"\r\n folded: x',
    '',
    `X-Long: ${'x'.repeat(9000)}`,
  ),
)
const form: fc.Arbitrary<Form> = fc.record({
  boundary: fc.constantFrom('b', 'b', 'b', '----WebKitFormBoundary7MA4YWxk', "'()+_,-./:=?"),
  announced: fc.constantFrom('same', 'same', 'same', 'same', 'quoted', 'other', 'none', 'long', 'twice'),
  parts: fc.array(fc.record({ head, value }).map(asNamed), { maxLength: 6 }),
  lineEnd: fc.constantFrom('\r\n', '\r\n', '\r\n', '\r\n', '\n'),
  end: fc.constantFrom('--\r\n', '--\r\n', '--', '', '\r\n', '--\r\nmore'),
})

/** What a caller gives as the name of a model is one, and is told and kept as such: a conversation is none. */
function asNamed(part: Part): Part {
  return part.head.includes('name="model"') && part.value.includes('"role"')
    ? { ...part, value: 'openai/echo' }
    : part
}

function bodyOf({ boundary, parts, lineEnd, end }: Form): string {
  const written = parts.map(
    (part) => `--${boundary}${lineEnd}${part.head}${lineEnd}${lineEnd}${part.value}${lineEnd}`,
  )
  return `${written.join('')}--${boundary}${end}`
}

function contentTypeOf({ boundary, announced }: Form): string {
  const kind = 'multipart/form-data'
  switch (announced) {
    case 'quoted':
      return `${kind}; boundary="${boundary}"`
    case 'other':
      return `${kind}; boundary=other`
    case 'none':
      return kind
    case 'long':
      return `${kind}; boundary=${'b'.repeat(100)}`
    case 'twice':
      return `${kind}; boundary=${boundary}; boundary=b`
    default:
      return `${kind}; boundary=${boundary}`
  }
}

function faultOf(status: number, text: string): string | undefined {
  const tell = (what: string) => `${what}: ${status} ${text.slice(0, 300)}`
  if (innards.test(text)) return tell('a stack')
  if (status < 400) return undefined
  const error = asObject(asObject(parseJson(text))?.['error'])
  if (asString(error?.['message']) === undefined) return tell('not an error of ours')
  // What is passed on whole may be refused over there.
  if (status >= 500 && !asString(error?.['code'])?.startsWith('upstream_')) return tell('a fault of ours')
  return undefined
}

test('forms of every shape', async () => {
  await fuzz(form, counts.forms, 8, async (each, n) => {
    const [path, credential] = ways[n % ways.length]!
    const response = await fetch(stack.gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${credential}`, 'content-type': contentTypeOf(each) },
      body: bodyOf(each),
    })
    const fault = faultOf(response.status, await response.text())
    return (
      fault && `${fault} <- ${path} ${contentTypeOf(each)} ${JSON.stringify(bodyOf(each)).slice(0, 1000)}`
    )
  })
})

test('bytes near a valid form', async () => {
  const valid = ways.map(([path, credential]) => {
    const part = (of: string, text: string) =>
      `--b\r\nContent-Disposition: form-data; name="${of}"${of === 'file' ? '; filename="in.jsonl"' : ''}\r\n\r\n${text}\r\n`
    const body = `${part('purpose', 'batch')}${part('model', 'openai/echo')}${part('file', lines)}--b--\r\n`
    return postBytes(path, body, {
      authorization: `Bearer ${credential}`,
      'content-type': 'multipart/form-data; boundary=b',
      connection: 'close',
    })
  })
  const arbitrary = fc.record({
    bytes: fc.constantFrom(...valid),
    changes: fc.array(byteChange, { minLength: 1, maxLength: 4 }),
  })
  await fuzz(arbitrary, counts.bytes, 20, async ({ bytes, changes }) => {
    const sent = spoiledBytes(bytes, changes)
    const raw = RawSocket.open(impatient.gateway.url, sent)
    await raw.closed(10_000)
    raw.destroy()
    for (const { status, body } of parseResponses(Buffer.from(raw.received, 'latin1'))) {
      const fault = status >= 500 || innards.test(body) ? faultOf(status, body) : undefined
      if (fault !== undefined) return `${fault} <- ${JSON.stringify(sent.toString('latin1')).slice(0, 1500)}`
    }
    return undefined
  })
})

test('none of it left a trace in the log, or harmed the process', async (t) => {
  t.diagnostic(`longest stall ${longestStallMs()} ms`)
  for (const { log, gateway } of [stack, impatient]) {
    for (const secret of [marker, testKey, adminToken]) {
      assert.ok(!log.some((line) => line.includes(secret)), secret)
    }
    assert.equal((await fetch(`${gateway.url}/health/ready`)).status, 200)
  }
})

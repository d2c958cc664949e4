/** Random bodies, queries and paths for every route beside the models' own: an answer or an error that names its fault, never a fault of ours. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { asArray, asObject, asString, type Json, type JsonObject, parseJson } from '../../src/core/json.ts'
import { adminToken, startStack, testKey } from '../support/stack.ts'
import { fillSchema } from './fill-schema.ts'
import { fuzz, innards, isFull, longestStallMs } from './harness.ts'
import { byteChange, spoiled, spoiledBytes, spoiling } from './spoil.ts'

const counts = isFull ? { admin: 6000, callers: 3000 } : { admin: 800, callers: 300 }
const marker = 'canary-of-routes-31c4'
const storedKey = 'a-key-for-stored-secrets-0123456789'

const stack = await startStack(
  { after },
  {
    env: { STORED_KEY: storedKey },
    config: {
      secrets: { stored: { key: 'env:STORED_KEY' } },
      access: { browserKeys: { origins: ['https://app.example'] } },
      routes: { assistant: { targets: ['openai/echo', 'claude/echo'] } },
      payloads: { record: 'on' },
    },
  },
)

interface Row {
  readonly method: string
  /** With `{name}` where an id stands. */
  readonly path: string
  readonly schema?: Json
  readonly queries: readonly string[]
}

/** Sends a request as it is; `undefined` is no body. */
async function faultOf(
  method: string,
  path: string,
  credential: string,
  body: string | Buffer | undefined,
): Promise<string | undefined> {
  const leave = new AbortController()
  const response = await fetch(stack.gateway.url + path, {
    method,
    signal: leave.signal,
    redirect: 'manual',
    headers: {
      authorization: `Bearer ${credential}`,
      'sec-fetch-site': 'same-origin',
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : new Uint8Array(body) }),
  })
  const isLive = response.headers.get('content-type')?.startsWith('text/event-stream')
  const text = isLive ? '' : await response.text()
  if (isLive) leave.abort()
  const tell = (what: string) =>
    `${what}: ${response.status} ${text.slice(0, 300)} <- ${method} ${path} ${String(body ?? '').slice(0, 1000)}`
  if (innards.test(text) && response.status >= 400) return tell('a stack')
  if (response.status < 400) return undefined
  const error = asObject(asObject(parseJson(text))?.['error'])
  const code = asString(error?.['code']) ?? asString(error?.['type'])
  if (code === undefined || !asString(error?.['message'])) return tell('not an error of ours')
  if (response.status >= 500 && !expected.has(code)) return tell('a fault of ours')
  return undefined
}

/** What is told as it is: a webhook that nobody answers, or a channel that is not there. */
const expected: ReadonlySet<string> = new Set(['store_unavailable', 'overloaded'])

const odd = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '-1',
    '1e9',
    '%',
    '_',
    '%25',
    '__proto__',
    'constructor',
    '../..',
    "' OR 1=1--",
    '\u0000',
  ),
  fc.constantFrom('null', 'NaN', '2026-01-01T00:00:00Z', '99999999999999999999', 'declared:test', 'hour,day'),
  fc.string({ unit: 'binary', maxLength: 40 }),
)

async function adminRows(): Promise<Row[]> {
  const { paths } = await stack.admin('/openapi.json')
  return Object.entries(asObject(paths) ?? {}).flatMap(([path, item]) =>
    Object.entries(asObject(item) ?? {}).map(([method, operation]) => {
      const of = asObject(operation) ?? {}
      const content = asObject(asObject(of['requestBody'])?.['content'])
      const schema = asObject(content?.['application/json'])?.['schema']
      const queries = asArray(of['parameters'] ?? [])
        .map((each) => asObject(each) ?? {})
        .filter((each) => each['in'] === 'query')
        .map((each) => asString(each['name']) ?? '')
      return {
        method: method.toUpperCase(),
        path: `/admin/v1${path}`,
        queries,
        ...(schema !== undefined && { schema }),
      }
    }),
  )
}

const callerRows: readonly (Row & { readonly body?: JsonObject })[] = [
  {
    method: 'POST',
    path: '/v1/batches',
    queries: [],
    body: {
      input_file_id: 'f',
      endpoint: '/v1/messages',
      completion_window: '24h',
      metadata: { a: 'b' },
      output_expires_after: { anchor: 'created_at', seconds: 3600 },
    },
  },
  {
    method: 'POST',
    path: '/v1/messages/batches',
    queries: [],
    body: {
      requests: [
        {
          custom_id: 'a',
          params: { model: 'openai/echo', max_tokens: 5, messages: [{ role: 'user', content: marker }] },
        },
      ],
    },
  },
  {
    method: 'POST',
    path: '/v1/feedback',
    queries: [],
    body: { request_id: 'req_1', score: 0.5, label: 'good', comment: marker },
  },
  {
    method: 'POST',
    path: '/v1/browser-keys',
    queries: [],
    body: {
      models: ['assistant'],
      origins: ['https://app.example'],
      ttl_seconds: 60,
      user: 'u',
      max_usd_per_request: '0.1',
    },
  },
  { method: 'POST', path: '/admin/v1/session', queries: [], body: { token: 'not-the-token' } },
  {
    method: 'POST',
    path: '/admin/v1/session/invitation',
    queries: [],
    body: { token: 't', password: 'a long enough password' },
  },
  ...[
    '/v1/files',
    '/v1/batches',
    '/v1/messages/batches',
    '/v1/models',
    '/sign-in',
    '/admin/v1/session/oidc/callback',
  ].map((path) => ({
    method: 'GET',
    path,
    queries: ['limit', 'after', 'before_id', 'order', 'purpose', 'token', 'state', 'code'],
  })),
  ...[
    '/v1/files/{id}',
    '/v1/files/{id}/content',
    '/v1/batches/{id}',
    '/v1/batches/{id}/results',
    '/v1/models/{id}',
    '/v1/responses/{id}',
    '/v1/messages/batches/{id}',
  ].map((path) => ({ method: 'GET', path, queries: [] })),
]

const change = fc.record({
  ids: fc.array(odd, { minLength: 3, maxLength: 3 }),
  queries: fc.array(fc.tuple(fc.nat(20), odd), { maxLength: 3 }),
  changes: fc.array(spoiling, { maxLength: 3 }),
  bytes: fc.array(byteChange, { maxLength: 1 }),
  isBytes: fc.nat(9).map((roll) => roll === 0),
  isRaw: fc.boolean(),
  n: fc.nat(1000),
})

type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never

/** The row's path with odd ids and queries; every other time as a careless client writes them. */
function pathOf({ path, queries: known }: Row, { ids, queries, isRaw }: Change): string {
  let at = 0
  const write = (text: string) =>
    isRaw
      ? encodeURI(text.toWellFormed()).replaceAll(/[?#/\\]/g, '~')
      : encodeURIComponent(text.toWellFormed())
  const filled = path.replaceAll(/\{\w+\}/g, () => write(ids[at++ % ids.length] || 'some-id'))
  if (known.length === 0 || queries.length === 0) return filled
  return `${filled}?${queries.map(([which, value]) => `${known[which % known.length]}=${write(value)}`).join('&')}`
}

function bodyOf(
  valid: JsonObject | undefined,
  { changes, bytes, isBytes }: Change,
): string | Buffer | undefined {
  if (valid === undefined) return undefined
  const text = JSON.stringify(spoiled(valid, changes))
  return isBytes ? spoiledBytes(Buffer.from(text), bytes) : text
}

test('every row of the admin API', async () => {
  const rows = await adminRows()
  assert.ok(rows.length > 80, `${rows.length} rows`)
  await fuzz(change, counts.admin, 8, async (each, n) => {
    const row = rows[n % rows.length]!
    const filled = row.schema === undefined ? undefined : fillSchema(row.schema, each.n)
    const valid = row.method === 'GET' ? undefined : (asObject(filled) ?? {})
    return faultOf(row.method, pathOf(row, each), adminToken, bodyOf(valid, each))
  })
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

test('every route on which callers manage what is theirs, and those of signing in', async () => {
  await fuzz(change, counts.callers, 8, async (each, n) => {
    const row = callerRows[n % callerRows.length]!
    return faultOf(row.method, pathOf(row, each), testKey, bodyOf(row.body, each))
  })
})

test('none of it left a trace in the log, or harmed the process', async (t) => {
  t.diagnostic(`longest stall ${longestStallMs()} ms`)
  for (const secret of [marker, testKey, adminToken, storedKey]) {
    assert.ok(!stack.log.some((line) => line.includes(secret)), secret)
  }
  assert.equal((await fetch(`${stack.gateway.url}/health/ready`)).status, 200)
})

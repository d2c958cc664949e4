/** Whoever has no key is answered before anything is touched: no body is read, no store is asked, nothing is kept. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { DatabaseSync, StatementSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { Agent } from 'undici'
import { generateKey } from '../../src/access/key-format.ts'
import { asArray } from '../../src/core/json.ts'
import {
  dataRoutes,
  filled,
  otherAnswerers,
  ownRoutes,
  rowFiles,
  sourcesWith,
} from '../support/caller-routes.ts'
import { asOwner } from '../support/people.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { startStack } from '../support/stack.ts'
import { inParallel, until } from '../support/until.ts'

const isFull = process.env['WEIR_PROVE'] === '1'
const guessCount = isFull ? 10_000 : 2_000

let statements = 0
for (const [prototype, names] of [
  [StatementSync.prototype, ['all', 'get', 'iterate', 'run']],
  [DatabaseSync.prototype, ['exec']],
] as const) {
  const methods = prototype as unknown as Record<string, (...given: unknown[]) => unknown>
  for (const name of names) {
    const real = methods[name]!
    methods[name] = function counted(this: unknown, ...given) {
      statements++
      return real.apply(this, given)
    }
  }
}

// Each guess comes from an address of its own: what slows one address down is no part of this.
const stack = await startStack(
  { after },
  {
    config: (url) => ({
      server: { trustedProxies: ['127.0.0.1'], drain: { graceMs: 0, timeoutMs: 5000 } },
      providers: {
        openai: {
          type: 'openai',
          apiKey: 'env:PROVIDER_KEY',
          baseUrl: `${url}/openai/v1`,
          allowPrivateNetwork: true,
        },
        google: {
          type: 'gemini',
          apiKey: 'env:PROVIDER_KEY',
          baseUrl: `${url}/gemini/v1beta`,
          allowPrivateNetwork: true,
        },
      },
    }),
  },
)
const owner = asOwner(stack)
const known = (await owner('POST', '/keys', { name: 'known' })).body
let addresses = 0
const nextAddress = () => `198.51.${Math.floor(++addresses / 250) % 250}.${addresses % 250}`

test('every route of callers is in the list', () => {
  assert.deepEqual(sourcesWith(/readonly CallerRoute\[\] \{/), rowFiles.toSorted())
  assert.deepEqual(
    sourcesWith(/^\s+(?:return )?(?:\{ )?matches: \(|\bmatches: isPage\b/m),
    Object.keys(otherAnswerers).toSorted(),
  )
  assert.ok(dataRoutes.length >= 25 && ownRoutes.length >= 25, `${dataRoutes.length}, ${ownRoutes.length}`)
})

test('each route answers 401 while not a byte of the body has come', async () => {
  const wrong = generateKey(randomBytes).text
  for (const { method, path } of [...dataRoutes, ...ownRoutes]) {
    for (const credential of ['', `authorization: Bearer ${wrong}\r\n`]) {
      const head = `${method} ${filled(path)} HTTP/1.1\r\nhost: weir\r\nx-forwarded-for: ${nextAddress()}\r\n`
      const body = 'content-type: application/json\r\ncontent-length: 1000000\r\n\r\n'
      const socket = RawSocket.open(stack.gateway.url, `${head}${credential}${body}`)
      const status = await until(
        `the answer to ${method} ${path}`,
        () => /^HTTP\/1\.1 (\d+)/.exec(socket.received)?.[1],
      )
      socket.destroy()
      assert.equal(status, '401', `${method} ${path}: ${socket.received}`)
    }
  }
  for (const path of ['/v1/chat/completions', '/v1/messages']) {
    const deferred = `POST ${path} HTTP/1.1\r\nhost: weir\r\nx-weir-deferred: 1\r\ncontent-length: 9\r\n\r\n`
    const socket = RawSocket.open(stack.gateway.url, deferred)
    await socket.saw('HTTP/1.1 401')
    socket.destroy()
  }
})

/** What guesses look like: strangers to the form, well-formed ones, and ones that begin as a key that there is. */
function guess(n: number): string {
  const texts = [
    generateKey(randomBytes).text,
    generateKey(randomBytes, String(known['id'])).text,
    `${String(known['secret']).slice(0, -1)}!`,
    `sk-${n}' or 1=1 --`,
    `weir_a1'; drop table access_rows; --`,
    `eyJhbGciOiJub25lIn0.eyJzdWIiOiIke24gfQ.`,
    `%27%20union%20select%20*${n}`,
    'x'.repeat(2_000),
  ]
  return texts[n % texts.length]!
}
const spellings = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'] as const

test(`${guessCount} wrong keys cost the database nothing, and leave nothing`, async (t) => {
  const agent = new Agent({ connections: 8 })
  t.after(() => agent.close())
  const ask = async (credential: string, spelling: string, path: string) => {
    const { statusCode, body } = await agent.request({
      origin: stack.gateway.url,
      path,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-forwarded-for': nextAddress(),
        [spelling]: spelling === 'authorization' ? `Bearer ${credential}` : credential,
      },
      body: '{"model":"openai/echo","messages":[]}',
    })
    await body.dump()
    return statusCode
  }
  const paths = dataRoutes.filter(({ method }) => method === 'POST').map(({ path }) => filled(path))
  const before = statements
  await inParallel(
    Array.from({ length: guessCount }, (_, n) => n),
    16,
    async (n) => {
      const status = await ask(guess(n), spellings[n % spellings.length]!, paths[n % paths.length]!)
      assert.equal(status, 401, guess(n))
    },
  )
  const spent = statements - before
  // What the gateway looks for by itself, by the clock, and no more.
  assert.ok(spent <= 200, `${spent} statements`)
  assert.equal(stack.simulator.receipts().length, 0)
  assert.deepEqual(asArray((await stack.admin('/requests'))['data']), [])
  assert.deepEqual(asArray((await stack.admin('/ledger'))['data']), [])
  const counted = statements
  assert.equal((await owner('POST', '/keys', { name: 'counted' })).status, 201)
  assert.ok(statements > counted, 'statements are counted at all')
  assert.equal((await ask(String(known['secret']), 'x-api-key', '/v1/messages/count_tokens')) < 500, true)
})

test('made-up sessions and invitations cost the database next to nothing', async (t) => {
  const agent = new Agent({ connections: 8 })
  t.after(() => agent.close())
  const count = guessCount / 2
  const before = statements
  const fromMs = performance.now()
  await inParallel(
    Array.from({ length: count }, (_, n) => n),
    16,
    async (n) => {
      const token = randomBytes(32).toString('base64url')
      const isSession = n % 2 === 0
      const { statusCode, body } = await agent.request({
        origin: stack.gateway.url,
        path: isSession ? '/admin/v1/keys' : '/admin/v1/session/invitation',
        method: isSession ? 'GET' : 'POST',
        headers: {
          cookie: `weir_session=${token}`,
          'sec-fetch-site': 'same-origin',
          'content-type': 'application/json',
          'x-forwarded-for': nextAddress(),
        },
        ...(!isSession && { body: JSON.stringify({ token, password: 'a long enough password' }) }),
      })
      await body.dump()
      assert.ok(statusCode === 401 || statusCode === 429, String(statusCode))
    },
  )
  const seconds = Math.ceil((performance.now() - fromMs) / 1000)
  const spent = statements - before
  // Some of them each second, and what the gateway looks for by itself.
  assert.ok(spent <= 100 * (seconds + 1) + 100, `${spent} statements in ${seconds} s`)
})

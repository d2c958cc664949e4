/** How the dashboard's files and its page are sent. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { createDashboard } from './dashboard.ts'
import { createHttpServer } from './server.ts'
import type { SideReply, SideRequest } from './side-routes.ts'

const script = Buffer.from('console.log(1)')
const { routes, stray } = createDashboard({
  page: '<meta nonce="__NONCE__"><style nonce="__NONCE__"></style>',
  files: new Map([
    [
      '/assets/main-1f.js',
      { contentType: 'text/javascript', body: script, brotli: Buffer.from('br'), gzip: Buffer.from('gz') },
    ],
    ['/theme.js', { contentType: 'text/javascript', body: script }],
  ]),
})

async function get(
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<SideReply | undefined> {
  const request = { method: 'GET', path, header: (name: string) => headers[name] } as unknown as SideRequest
  return routes.find((route) => route.matches(path))?.answer(request)
}

test('files are sent in the form that the browser takes, and once', async () => {
  const brotli = await get('/assets/main-1f.js', { 'accept-encoding': 'gzip, br' })
  assert.deepEqual([brotli?.headers?.['content-encoding'], String(brotli?.body)], ['br', 'br'])
  assert.equal(String((await get('/assets/main-1f.js', { 'accept-encoding': 'gzip' }))?.body), 'gz')
  const plain = await get('/assets/main-1f.js')
  assert.equal(plain?.body, script)
  assert.match(plain?.headers?.['cache-control'] ?? '', /immutable/)
  const theme = await get('/theme.js')
  assert.equal(theme?.headers?.['cache-control'], 'no-cache')
  const again = await get('/theme.js', { 'if-none-match': theme?.headers?.['etag'] ?? '' })
  assert.deepEqual([again?.status, again?.body], [304, ''])
})

test('each answer of the page has a nonce of its own, and a policy that names it', async () => {
  const [first, second] = [await get('/'), await get('/requests/req_1')]
  const nonceOf = (reply: SideReply | undefined) => /nonce="([^"]{24})"/.exec(String(reply?.body))?.[1]
  assert.notEqual(nonceOf(first), undefined)
  assert.notEqual(nonceOf(first), nonceOf(second))
  const policy = first?.headers?.['content-security-policy'] ?? ''
  assert.ok(policy.includes(`'nonce-${nonceOf(first)}'`))
  assert.match(policy, /require-trusted-types-for 'script'/)
  assert.doesNotMatch(policy, /unsafe/)
  assert.equal(first?.headers?.['cache-control'], 'no-store')
})

test('only the addresses of pages are the page', async () => {
  for (const path of ['/', '/overview', '/providers', '/keys'])
    assert.equal((await get(path))?.status, 200, path)
  for (const path of [
    '/v1/models',
    '/admin/v1/keys',
    '/providers/openai/v1',
    '/sign-in',
    '/assets/gone.js',
    '/x',
  ]) {
    assert.equal(await get(path), undefined, path)
  }
})

test('a browser that goes to a path that is none gets the page, and an API client is told as before', async (t) => {
  const server = createHttpServer({
    sideRoutes: routes,
    stray,
    newRequestId: () => 'req_1',
    clientAddressOf: () => undefined,
    corsOrigins: () => undefined,
    limits: {
      maxBodyBytes: 1000,
      maxLargeBodyBytes: 1000,
      maxJsonDepth: 8,
      maxHeaderBytes: 8192,
      headersTimeoutMs: 5000,
      bodyTimeoutMs: 5000,
      stalledReaderMs: 5000,
      keepAliveMs: 5000,
    },
    tls: undefined,
    onError: () => undefined,
  })
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => server.close())
  const ask = async (path: string, accept: string, method = 'GET') => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { accept } })
    return [answer.status, answer.headers.get('content-type')?.split(';')[0], await answer.text()] as const
  }
  const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
  const [status, type, body] = await ask('/nowhere/at-all', browser)
  assert.deepEqual([status, type], [404, 'text/html'])
  assert.match(body, /nonce="[^"]{24}"/)
  for (const [path, accept, method] of [
    ['/nowhere', '*/*', 'GET'],
    ['/nowhere', 'application/json', 'GET'],
    ['/nowhere', browser, 'POST'],
    ['/v1/nowhere', browser, 'GET'],
    ['/v1beta/nowhere', browser, 'GET'],
    ['/admin/v1/nowhere', browser, 'GET'],
    ['/providers/openai/nowhere', browser, 'GET'],
  ] as const) {
    const [refused, kind, told] = await ask(path, accept, method)
    assert.deepEqual([refused, kind], [404, 'application/json'], path)
    assert.match(told, /There is no such path/)
  }
})

/** By a name that a stranger could have made to lead here, nothing that needs no key is answered; callers come by any name. */

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { request as requestTls } from 'node:https'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { asObject, type JsonObject, parseJson } from '../../src/core/json.ts'
import { start } from '../../src/main.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createCertificate } from '../support/certificate.ts'
import { type RawResponse, RawSocket } from '../support/raw-socket.ts'
import { adminToken, startStack, testKey } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const drain = { graceMs: 0, timeoutMs: 5000 }
const admin = { token: 'env:WEIR_ADMIN_TOKEN', url: 'https://console.example:8443/weir' }
const stack = await startStack(
  { after },
  { config: { admin, server: { drain, allowedHosts: ['Weir.example'] } } },
)
const { url, signInUrl } = stack.gateway

interface Ask {
  readonly at?: string
  readonly headers?: readonly string[]
  readonly body?: string
}

/** Sends the line of a request with this Host, as bytes. */
async function ask(
  line: string,
  host: string,
  { at = url, headers = [], body }: Ask = {},
): Promise<RawResponse> {
  const length =
    body === undefined ? [] : ['content-type: application/json', `content-length: ${body.length}`]
  const head = [`${line} HTTP/1.1`, `host: ${host}`, 'connection: close', ...headers, ...length]
  const socket = RawSocket.open(at, `${head.join('\r\n')}\r\n\r\n${body ?? ''}`)
  try {
    const [response] = await socket.responses(1)
    return response!
  } finally {
    socket.destroy()
  }
}

const authorized = { headers: [`authorization: Bearer ${adminToken}`] }
const signIn = {
  headers: ['sec-fetch-site: same-origin'],
  body: JSON.stringify({ token: adminToken }),
}
const link = `GET /sign-in${new URL(signInUrl).search}`

test('what needs no key, and the administration with one, is not there for a page that made its name lead here', async (t) => {
  const asked: Readonly<Record<string, readonly [line: string, Ask?]>> = {
    'the metrics': ['GET /metrics'],
    'the dashboard': ['GET /'],
    'what the API is': ['GET /admin/v1/openapi.json'],
    'the ways to sign in': ['GET /admin/v1/session'],
    'a sign-in link': [link],
    'signing in': ['POST /admin/v1/session', signIn],
    'signing in elsewhere': ['GET /admin/v1/session/oidc'],
    'the administration': ['GET /admin/v1/keys', authorized],
  }
  for (const [what, [line, given]] of Object.entries(asked)) {
    await t.test(what, async () => {
      const { status, headers, body } = await ask(line, 'rebound.example:4000', given)
      assert.equal(status, 421)
      assert.equal(asObject(asObject(parseJson(body))?.['error'])?.['code'], 'host_not_allowed')
      assert.equal(headers.get('set-cookie'), undefined)
    })
  }
  assert.equal((await ask(link, new URL(url).host)).status, 303, 'the link has not been used')
  assert.equal((await ask('POST /admin/v1/session', new URL(url).host, signIn)).status, 204)
})

test('callers and probes come by any name', async () => {
  const name = 'weir.models.svc.cluster.local:4000'
  const key = { headers: [`authorization: Bearer ${testKey}`] }
  const body = JSON.stringify({ model: 'openai/echo', messages: [{ role: 'user', content: 'by any name' }] })
  assert.equal((await ask('POST /v1/chat/completions', name, { ...key, body })).status, 200)
  assert.equal((await ask('GET /v1/models', name, key)).status, 200)
  assert.equal((await ask('GET /health/live', name)).status, 200)
  assert.equal((await ask('GET /health/ready', name)).status, 200)
})

const own = [
  '127.0.0.1',
  '10.1.2.3:4000',
  '[::1]',
  '[2001:db8::1]:4000',
  'localhost:4000',
  'LOCALHOST',
  'weir.localhost',
  'weir:4000',
  'weir.EXAMPLE:4000',
  'console.example',
]
const strange = [
  'rebound.example',
  '127.0.0.1.rebound.example',
  '127.0.0.1.',
  '127.1',
  '256.1.1.1',
  'localhost.rebound.example',
  'notlocalhost.example:4000',
  'weir.example.rebound.example',
  'a.weir.example',
  'aweir.example',
  'weir.example.',
  'localhost.',
]

test('by its addresses, by names that no stranger has, and by those that are configured', async () => {
  for (const host of own) assert.equal((await ask('GET /metrics', host)).status, 200, host)
  for (const host of strange) assert.equal((await ask('GET /metrics', host)).status, 421, host)
})

test('a name is taken up, and given up, without a restart', async () => {
  const settings = parseJson(readFileSync(stack.configFile, 'utf8')) as JsonObject
  const configure = async (server: JsonObject) => {
    writeFileSync(stack.configFile, JSON.stringify({ ...settings, server }))
    await stack.gateway.reload()
  }
  await configure({ drain, allowedHosts: ['later.example'] })
  assert.equal((await ask('GET /metrics', 'later.example')).status, 200)
  assert.equal((await ask('GET /metrics', 'weir.example')).status, 421)
  await configure({ drain })
  assert.equal((await ask('GET /metrics', 'later.example')).status, 421)
})

test('the same with a listener for administration', async (t) => {
  const { gateway } = await startStack(t, { config: { server: { drain, admin: { port: 0 } } } })
  const { origin } = new URL(gateway.signInUrl)
  for (const at of [origin, gateway.url]) {
    assert.equal((await ask('GET /metrics', 'rebound.example', { at })).status, 421)
    assert.equal((await ask('GET /metrics', 'weir', { at })).status, 200)
    assert.equal((await ask('GET /health/live', 'rebound.example', { at })).status, 200)
  }
  const keys = (host: string) => ask('GET /admin/v1/keys', host, { ...authorized, at: origin })
  assert.equal((await keys('rebound.example')).status, 421)
  assert.equal((await keys('127.0.0.1')).status, 200)
})

test('over TLS the certificate tells whose name it is: every name is answered', async (t) => {
  const folder = createTemporaryFolder()
  const { cert, key } = createCertificate('weir.test')
  writeFileSync(join(folder, 'cert.pem'), cert)
  writeFileSync(join(folder, 'key.pem'), key)
  const tls = { cert: `file:${join(folder, 'cert.pem')}`, key: `file:${join(folder, 'key.pem')}` }
  const configPath = join(folder, 'weir.yaml')
  writeFileSync(configPath, JSON.stringify({ server: { tls } }))
  const gateway = await start({
    configPath,
    folder,
    env: {},
    port: 0,
    dataDir: join(folder, 'data'),
    log: createLog({ level: 'silent', format: 'json' }),
  })
  t.after(() => gateway.stop(true))
  const wish = { ca: cert, servername: 'weir.test', agent: false, headers: { host: 'anything.example' } }
  const status = await new Promise((resolve, reject) => {
    requestTls(`${gateway.url}/metrics`, wish, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
  assert.equal(status, 200)
})

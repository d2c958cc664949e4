/** Starting: the first key, the sign-in link, the lock of the data directory, TLS, and a listener for administration. */

import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { JsonObject } from '../../src/core/json.ts'
import { type RunningGateway, start } from '../../src/main.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createCertificate } from '../support/certificate.ts'
import { serveProcess } from '../support/process.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { startStack } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const silent = createLog({ level: 'silent', format: 'json' })

function startIn(folder: string, config: JsonObject = {}): Promise<RunningGateway> {
  const configPath = join(folder, 'weir.yaml')
  writeFileSync(configPath, JSON.stringify({ server: { drain: { graceMs: 0, timeoutMs: 2000 } }, ...config }))
  return start({ configPath, folder, env: {}, port: 0, dataDir: join(folder, 'data'), log: silent })
}

async function startFor(t: TestContext, folder: string, config: JsonObject = {}): Promise<RunningGateway> {
  const gateway = await startIn(folder, config)
  t.after(() => gateway.stop(true))
  return gateway
}

const chat = (url: string, key: string | undefined) =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({ model: 'sim/echo', messages: [{ role: 'user', content: 'hello' }] }),
  })

test('the first start makes a key, which works at once and after a restart; the second makes none', async (t) => {
  const folder = createTemporaryFolder()
  const first = await startIn(folder)
  const key = first.firstKey
  assert.match(key ?? '', /^weir_/)
  assert.equal((await chat(first.url, key)).status, 200)
  assert.equal((await chat(first.url, undefined)).status, 401)
  assert.equal((await chat(first.url, `${key}x`)).status, 401)
  await first.stop()
  const second = await startFor(t, folder)
  assert.equal(second.firstKey, undefined)
  assert.equal((await chat(second.url, key)).status, 200)
  const kept = readFileSync(join(folder, 'data', 'weir.db')).toString('latin1')
  assert.ok(!kept.includes(key!.slice(18, 50)), 'the secret of the key is stored')
  assert.equal(statSync(join(folder, 'data', 'pepper')).mode & 0o077, 0)
})

test('a declared key makes a first key needless', async (t) => {
  const secret = 'declared-key-of-16-characters'
  const gateway = await startFor(t, createTemporaryFolder(), {
    allowPlaintextSecrets: true,
    keys: [{ name: 'ci', secret }],
  })
  assert.equal(gateway.firstKey, undefined)
  assert.equal((await chat(gateway.url, secret)).status, 200)
})

test('the sign-in link opens one session, once', async (t) => {
  const gateway = await startFor(t, createTemporaryFolder())
  const follow = () => fetch(gateway.signInUrl, { redirect: 'manual' })
  const signedIn = await follow()
  assert.equal(signedIn.status, 303)
  const cookie = signedIn.headers.get('set-cookie') ?? ''
  assert.match(cookie, /HttpOnly/i)
  assert.match(cookie, /SameSite=/i)
  assert.equal((await follow()).status, 401)
  const requests = (headers: Record<string, string>) => fetch(`${gateway.url}/admin/v1/requests`, { headers })
  assert.equal((await requests({ cookie: cookie.split(';')[0]! })).status, 200)
  assert.equal((await requests({})).status, 401)
  assert.equal((await requests({ cookie: cookie.split(';')[0]!.replace(/.$/, '~') })).status, 401)
  assert.equal((await fetch(`${gateway.signInUrl}x`, { redirect: 'manual' })).status, 401)
})

test('a start prints a sign-in link where there is no admin token, and none where there is one', async (t) => {
  const token = 'canary-admin-token-0123456789'
  const without = await serveProcess(t, createTemporaryFolder(), {}, {})
  const link = /sign in {6}http\S+\/sign-in\?token=\S+ {2}\(once, within 15 minutes\)\n/
  await until('the link', () => (link.test(without.notes()) ? true : undefined))
  const admin = { token: 'env:TOKEN' }
  const server = { port: 0, admin: { port: 0 } }
  const withToken = await serveProcess(t, createTemporaryFolder(), { admin, server }, { TOKEN: token })
  const told = /dashboard {4}(\S+)\/\n {2}sign in {6}with the admin token\n/
  const dashboard = await until('the announcement', () => told.exec(withToken.notes())?.[1])
  assert.doesNotMatch(withToken.notes(), /token=|canary/)
  const headers = { authorization: `Bearer ${token}` }
  const statusAt = async (url: string) => (await fetch(`${url}/admin/v1/requests`, { headers })).status
  assert.deepEqual([await statusAt(dashboard), await statusAt(withToken.url)], [200, 404])
})

test('two gateways never share a data directory', async (t) => {
  const folder = createTemporaryFolder()
  const first = await startIn(folder)
  await assert.rejects(startIn(folder), /another process uses the data directory/)
  assert.equal((await chat(first.url, first.firstKey)).status, 200)
  await first.stop()
  await startFor(t, folder)
})

test('a port that is taken frees the data directory again', async (t) => {
  const folder = createTemporaryFolder()
  const other = await startFor(t, createTemporaryFolder())
  const configPath = join(folder, 'weir.yaml')
  writeFileSync(configPath, '{}')
  const port = Number(new URL(other.url).port)
  await assert.rejects(
    start({ configPath, folder, env: {}, port, dataDir: join(folder, 'data'), log: silent }),
    /EADDRINUSE/,
  )
  await startFor(t, folder)
})

test('a listener for administration keeps it off the data path', async (t) => {
  const stack = await startStack(t, {
    config: { server: { drain: { graceMs: 0, timeoutMs: 2000 }, admin: { port: 0 } } },
  })
  const headers = { authorization: 'Bearer admin-token-of-16-characters' }
  const { origin } = new URL(stack.gateway.signInUrl)
  assert.notEqual(origin, stack.gateway.url)
  for (const path of ['/admin/v1/requests', '/sign-in', '/admin/v1/openapi.json']) {
    assert.equal((await fetch(stack.gateway.url + path, { headers })).status, 404, path)
  }
  assert.equal((await fetch(`${origin}/admin/v1/requests`, { headers })).status, 200)
  const onAdmin = await fetch(`${origin}/v1/chat/completions`, { method: 'POST', body: '{}' })
  assert.equal(onAdmin.status, 404)
  assert.equal((await fetch(`${origin}/health/ready`)).status, 200)
})

/** The status of a GET over TLS that trusts only `ca`. */
function getTrusting(url: string, ca: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { ca, servername: 'weir.test', agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}

test('a client that never ends its handshake is cut in time, and holds up no end', async (t) => {
  const folder = createTemporaryFolder()
  const { cert, key } = createCertificate('weir.test')
  writeFileSync(join(folder, 'cert.pem'), cert)
  writeFileSync(join(folder, 'key.pem'), key)
  const server = {
    drain: { graceMs: 0, timeoutMs: 2000 },
    tls: { cert: `file:${join(folder, 'cert.pem')}`, key: `file:${join(folder, 'key.pem')}` },
  }
  const hasty = await startFor(t, folder, { server: { ...server, limits: { headersTimeoutMs: 300 } } })
  const late = RawSocket.open(hasty.url)
  await late.closed()
  late.destroy()
  await hasty.stop(true)
  const patient = await startFor(t, folder, { server })
  const silentClient = RawSocket.open(patient.url)
  t.after(() => silentClient.destroy())
  assert.equal(await getTrusting(`${patient.url}/health/live`, cert), 200)
  const stopped = patient.stop(true)
  await silentClient.closed()
  await stopped
})

test('TLS, and a renewed certificate without a restart', async (t) => {
  const folder = createTemporaryFolder()
  const [old, renewed] = [createCertificate('weir.test'), createCertificate('weir.test')]
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const install = ({ cert, key }: { cert: string; key: string }) => {
    writeFileSync(keyFile, key)
    writeFileSync(certFile, cert)
  }
  install(old)
  const gateway = await startFor(t, folder, {
    server: {
      drain: { graceMs: 0, timeoutMs: 2000 },
      tls: { cert: `file:${certFile}`, key: `file:${keyFile}` },
    },
  })
  assert.match(gateway.url, /^https:/)
  assert.equal(await getTrusting(`${gateway.url}/health/live`, old.cert), 200)
  await assert.rejects(getTrusting(`${gateway.url}/health/live`, renewed.cert), /certificate|self/i)
  install(renewed)
  await gateway.reload()
  await until('the new certificate', () =>
    getTrusting(`${gateway.url}/health/live`, renewed.cert).catch(() => undefined),
  )
})

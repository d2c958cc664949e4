/** Stopping: open streams end well, new requests learn of it, and nothing holds the process longer than it may. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { JsonObject } from '../../src/core/json.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { clients } from '../support/clients.ts'
import { type GatewayProcess, serveProcess } from '../support/process.ts'
import { postBytes, RawSocket } from '../support/raw-socket.ts'
import { startStack, testKey } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const env = { WEIR_TEST_KEY: testKey, PROVIDER_KEY: 'provider-key-canary-0123456789' }

/** `weir serve` before a simulator of this process. */
async function serve(t: TestContext, drain: JsonObject): Promise<GatewayProcess> {
  const simulator = createSimulator({})
  const { url } = await simulator.listen(0)
  t.after(() => simulator.close())
  return serveProcess(
    t,
    createTemporaryFolder(),
    {
      server: { drain },
      keys: [{ name: 'test', secret: 'env:WEIR_TEST_KEY' }],
      providers: {
        claude: {
          type: 'anthropic',
          apiKey: 'env:PROVIDER_KEY',
          baseUrl: `${url}/anthropic/v1`,
          allowPrivateNetwork: true,
        },
      },
    },
    env,
  )
}

/** A stream that has begun. */
async function openStream(url: string, model: string): Promise<RawSocket> {
  const { path, body } = clients['openai-chat']
  const ask = { model, text: 'go on', stream: true }
  const raw = RawSocket.open(
    url,
    postBytes(path(ask), JSON.stringify(body(ask)), { authorization: `Bearer ${testKey}` }),
  )
  await raw.saw('river')
  return raw
}

const isReady = async (url: string) => (await fetch(`${url}/health/ready`)).status

test('SIGTERM: readiness is off at once, open streams end well, and the process ends', async (t) => {
  // So long that what comes within it does so on a machine with much else to do.
  const gateway = await serve(t, { graceMs: 3000, timeoutMs: 20_000 })
  const streams = await Promise.all(
    Array.from({ length: 20 }, () => openStream(gateway.url, 'claude/slow-20ms')),
  )
  assert.equal(await isReady(gateway.url), 200)
  gateway.child.kill('SIGTERM')
  await until('readiness to go', async () => ((await isReady(gateway.url)) === 503 ? true : undefined), 200)
  // Requests that come within the grace period, before load balancers have noticed, are answered.
  const late = await openStream(gateway.url, 'claude/slow-20ms')
  for (const stream of [...streams, late]) {
    await stream.saw('[DONE]', 10_000)
    assert.match(stream.received, /"finish_reason":"stop"/)
  }
  assert.equal(await gateway.exited, 0)
  assert.match(gateway.log(), /"stopped"/)
})

test('a second SIGTERM ends open streams in band', async (t) => {
  const gateway = await serve(t, { graceMs: 100, timeoutMs: 60_000 })
  const stream = await openStream(gateway.url, 'claude/slow-1s')
  gateway.child.kill('SIGTERM')
  await until('readiness to go', async () => ((await isReady(gateway.url)) === 503 ? true : undefined))
  gateway.child.kill('SIGTERM')
  await stream.closed()
  assert.match(stream.received, /"code":"server_shutdown"/)
  assert.doesNotMatch(stream.received, /\[DONE\]|"finish_reason":"/)
  assert.equal(await gateway.exited, 0)
})

test('a drain that takes too long ends open streams in band', async (t) => {
  const stack = await startStack(t, { config: { server: { drain: { graceMs: 0, timeoutMs: 200 } } } })
  const stream = await openStream(stack.gateway.url, 'claude/slow-1s')
  await stack.gateway.stop()
  await stream.closed()
  assert.match(stream.received, /"code":"server_shutdown"/)
  assert.doesNotMatch(stream.received, /\[DONE\]/)
})

test('connections without a request, and with half of one, do not hold up a stop', async (t) => {
  const stack = await startStack(t, { config: { server: { drain: { graceMs: 0, timeoutMs: 300 } } } })
  const { url } = stack.gateway
  const silent = RawSocket.open(url)
  const idle = RawSocket.open(url, 'GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n')
  await idle.responses(1)
  const halfHead = RawSocket.open(url, 'POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n')
  const halfBody = RawSocket.open(
    url,
    postBytes('/v1/chat/completions', '{', {
      authorization: `Bearer ${testKey}`,
      'content-length': '1000',
    }),
  )
  await halfBody.saw('').then(() =>
    until('the request', async () => {
      const text = await (await fetch(`${url}/metrics`)).text()
      return /^weir_open_requests 2$/m.test(text) ? true : undefined
    }),
  )
  const stopped = stack.gateway.stop()
  await Promise.race([
    stopped,
    until('the stop', () => undefined, 3000), // rejects
  ])
  for (const raw of [silent, idle, halfHead, halfBody]) {
    await raw.closed()
    raw.destroy()
  }
})

test('a kept-alive connection is closed with its last answer', async (t) => {
  const stack = await startStack(t, { config: { server: { drain: { graceMs: 0, timeoutMs: 60_000 } } } })
  const stream = await openStream(stack.gateway.url, 'claude/slow-10ms')
  const stopped = stack.gateway.stop()
  await stream.saw('[DONE]')
  await Promise.race([stopped, until('the stop', () => undefined, 3000)])
  await stream.closed()
  stream.destroy()
})

/** Providers that cannot be reached: refused, silent, nameless, of a wrong certificate, or gone from a kept connection. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { createBlackhole } from '../support/blackhole.ts'
import { createCertificate } from '../support/certificate.ts'
import { clients } from '../support/clients.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const connectMs = 250

/** A stack whose route `both` tries `url` first and the simulator second; `only/...` is `url` alone. */
function stackWith(t: TestContext, url: string): Promise<Stack> {
  const provider = (baseUrl: string) => ({
    type: 'openai-compatible',
    baseUrl,
    apiKey: 'env:PROVIDER_KEY',
    allowPrivateNetwork: true,
  })
  return startStack(t, {
    config: (simulatorUrl) => ({
      providers: {
        only: { ...provider(url), timeout: { connectMs } },
        good: provider(`${simulatorUrl}/openai/v1`),
      },
      routes: { both: { targets: ['only/echo', 'good/echo'] } },
    }),
  })
}

interface Told {
  readonly status: number
  readonly code: string | undefined
  readonly text: string
  readonly attempts: readonly string[]
}

async function ask(stack: Stack, model: string, stream: boolean): Promise<Told> {
  const client = clients['openai-chat']
  const question = { model, text: 'is anybody there', stream }
  const response = await stack.post(client.path(question), client.body(question))
  const answer = await response.text()
  const reading = stream && response.ok ? client.readStream(answer) : client.readWhole(answer)
  const record = await until('the request record', async () => {
    const found: JsonObject = await stack.admin(`/requests/${response.headers.get('x-weir-request-id')}`)
    return found['error'] === undefined ? found : undefined
  })
  const attempts = asArray(record['attempts']).map((each) => asString(asObject(each)?.['code']) ?? 'ok')
  return { status: response.status, code: reading.error?.code, text: reading.text, attempts }
}

/** Alone it fails with `code`; before another target it costs nothing but time, in at most three attempts. */
async function isAbsorbed(
  stack: Stack,
  status: number,
  code: string,
  streams: readonly boolean[] = [true, false],
): Promise<void> {
  for (const stream of streams) {
    const alone = await ask(stack, 'only/echo', stream)
    assert.deepEqual([alone.status, alone.code], [status, code])
    assert.ok(
      alone.attempts.length <= 2 && alone.attempts.every((each) => each === code),
      alone.attempts.join(),
    )
    const moved = await ask(stack, 'both', stream)
    assert.deepEqual([moved.status, moved.text], [200, 'is anybody there'])
    assert.equal(moved.attempts.at(-1), 'ok')
    assert.ok(moved.attempts.length <= 3, moved.attempts.join())
  }
}

async function listen(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

test('a closed port', async (t) => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  await isAbsorbed(await stackWith(t, `http://127.0.0.1:${port}/v1`), 502, 'upstream_unreachable')
})

test('a listener that never accepts', async (t) => {
  const port = await createBlackhole(t)
  await isAbsorbed(await stackWith(t, `http://127.0.0.1:${port}/v1`), 504, 'upstream_timeout', [true])
})

test('a name that does not resolve', async (t) => {
  await isAbsorbed(await stackWith(t, 'https://provider.invalid/v1'), 502, 'upstream_dns')
})

test('a certificate of another host', async (t) => {
  const server = createTlsServer(createCertificate('other.example'), (_request, response) =>
    response.end('{}'),
  )
  const port = await listen(t, server)
  await isAbsorbed(await stackWith(t, `https://127.0.0.1:${port}/v1`), 502, 'upstream_unreachable')
})

test('a port that does not speak TLS', async (t) => {
  const port = await listen(
    t,
    createServer((socket) => socket.end('220 mail.example ready\r\n')),
  )
  await isAbsorbed(await stackWith(t, `https://127.0.0.1:${port}/v1`), 502, 'upstream_unreachable')
})

test('a port that speaks something else than HTTP', async (t) => {
  const port = await listen(
    t,
    createServer((socket) => socket.end('220 mail.example ready\r\n')),
  )
  await isAbsorbed(await stackWith(t, `http://127.0.0.1:${port}/v1`), 502, 'upstream_protocol')
})

const answer = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'here' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
})
const okBytes = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${answer.length}\r\n\r\n${answer}`

/** Answers the first `good` requests of each connection, and cuts it at the next. */
function createForgetful(t: TestContext, good: number, cut: (socket: Socket) => void) {
  const seen = { connections: 0, requests: 0 }
  const server = createServer((socket) => {
    seen.connections++
    let answered = 0
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => {
      if (!bytes.toString('latin1').includes('POST ')) return
      seen.requests++
      if (answered++ < good) socket.write(okBytes)
      else cut(socket)
    })
  })
  return listen(t, server).then((port) => ({ port, seen }))
}

for (const [name, cut] of [
  ['closed', (socket: Socket) => socket.end()],
  ['reset', (socket: Socket) => socket.resetAndDestroy()],
] as const) {
  test(`a kept connection that is ${name} under the next request: once more, on a fresh one`, async (t) => {
    const { port, seen } = await createForgetful(t, 1, cut)
    const stack = await stackWith(t, `http://127.0.0.1:${port}/v1`)
    for (let n = 0; n < 3; n++) {
      const { status, text, attempts } = await ask(stack, 'only/m', false)
      assert.deepEqual([status, text], [200, 'here'])
      assert.deepEqual(attempts, n === 0 ? ['ok'] : ['upstream_unreachable', 'ok'])
    }
    assert.equal(seen.connections, 3)
  })

  test(`a fresh connection that is ${name} under its first request may have been served: not the same again`, async (t) => {
    const { port, seen } = await createForgetful(t, 0, cut)
    const stack = await stackWith(t, `http://127.0.0.1:${port}/v1`)
    for (const stream of [true, false]) {
      const { status, code, attempts } = await ask(stack, 'only/m', stream)
      assert.deepEqual([status, code, attempts.length], [502, 'upstream_unreachable', 1])
      const moved = await ask(stack, 'both', stream)
      assert.deepEqual(moved.attempts, ['upstream_unreachable', 'ok'])
    }
    assert.equal(seen.requests, 4)
  })
}

test("an address of a cloud's metadata service is never dialled", async (t) => {
  const stack = await stackWith(t, 'http://169.254.169.254/v1')
  const { status, code, attempts } = await ask(stack, 'only/m', false)
  assert.deepEqual([status, code, attempts], [502, 'egress_blocked', ['egress_blocked']])
})

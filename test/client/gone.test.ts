/** Clients that leave, stall or send slowly: the provider is told within a second, and nothing is kept waiting. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import type { Receipt } from '../../src/simulator/receipts.ts'
import { type ClientName, clientNames, clients } from '../support/clients.ts'
import { postBytes, RawSocket } from '../support/raw-socket.ts'
import { startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

const limits = { headersTimeoutMs: 300, bodyTimeoutMs: 300, maxBodyBytes: 20_000 }
const stack = await startStack({ after }, { config: { server: { drain: { graceMs: 0, timeoutMs: 5000 } } } })
const impatient = await startStack(
  { after },
  { config: { server: { drain: { graceMs: 0, timeoutMs: 5000 }, limits } } },
)

/** P8 of the reliability reference. */
const cancelledWithinMs = 1000

let asked = 0

/** Opens a connection and sends one request; the text finds its receipt. */
function send(name: ClientName, model: string, stream: boolean): { raw: RawSocket; text: string } {
  const text = `question-${++asked}- of a client that does not stay`
  const ask = { model, text, stream }
  const bytes = postBytes(clients[name].path(ask), JSON.stringify(clients[name].body(ask)), {
    authorization: `Bearer ${testKey}`,
  })
  return { raw: RawSocket.open(stack.gateway.url, bytes), text }
}

const receiptOf = (text: string): Receipt | undefined =>
  stack.simulator.receipts().find(({ body }) => JSON.stringify(body).includes(text))

const called = (text: string) => until('the call of the provider', () => receiptOf(text))

const ended = (text: string, how: Receipt['ended'], withinMs?: number) =>
  until(
    `the provider's end: ${how}`,
    () => (receiptOf(text)?.ended === how ? receiptOf(text) : undefined),
    withinMs,
  )

/** The newest record, once it is about `model`. */
const recordOf = (model: string): Promise<JsonObject> =>
  until('the request record', async () => {
    const { data } = await stack.admin('/requests?limit=1')
    const newest = asObject(asArray(data)[0])
    return newest?.['requested_model'] === model ? newest : undefined
  })

/** Providers where leaving stops the bill, and one where it does not. */
const cancelling = ['openai', 'claude'] as const
const draining = 'google'

for (const client of clientNames) {
  for (const [how, leave] of [
    ['leaves', (raw: RawSocket) => raw.destroy()],
    ['is cut off', (raw: RawSocket) => raw.socket.resetAndDestroy()],
    ['ends its side', (raw: RawSocket) => raw.socket.end()],
  ] as const) {
    test(`${client} ${how} in the middle of a stream: the provider is cancelled`, async () => {
      for (const provider of cancelling) {
        const model = `${provider}/slow-20ms`
        const { raw, text } = send(client, model, true)
        await raw.saw('river')
        leave(raw)
        const receipt = await ended(text, 'client-closed', cancelledWithinMs)
        const record = await recordOf(model)
        assert.deepEqual([record['client_gone'], record['code']], [true, 'client_gone'])
        assert.ok((receipt.billed?.outputTokens ?? 0) < 50, 'the whole answer was made all the same')
        raw.destroy()
      }
    })
  }

  test(`${client} leaves a provider that bills on: the answer is read to its end, and its usage kept`, async () => {
    const model = `${draining}/slow-4ms`
    const { raw, text } = send(client, model, true)
    await raw.saw('river')
    raw.destroy()
    const { billed } = await ended(text, 'complete')
    const record = await recordOf(model)
    assert.equal(record['client_gone'], true)
    const usage = asObject(record['usage'] ?? null)
    assert.deepEqual(
      [usage?.['input_tokens'], usage?.['output_tokens']],
      [billed?.inputTokens, billed?.outputTokens],
    )
  })

  if (client === 'gemini-array') continue
  test(`${client} leaves before an answer that is not streamed: the provider is cancelled`, async () => {
    for (const provider of [...cancelling, draining]) {
      const model = `${provider}/slow-1s`
      const { raw, text } = send(client, model, false)
      await called(text)
      raw.destroy()
      await ended(text, 'client-closed', cancelledWithinMs)
      assert.equal((await recordOf(model))['client_gone'], true)
    }
  })

  test(`${client} leaves before the first token of a stream: the provider is cancelled`, async () => {
    const model = 'claude/fault/ttft-5s'
    const { raw, text } = send(client, model, true)
    await called(text)
    raw.destroy()
    await ended(text, 'client-closed', cancelledWithinMs)
    assert.equal((await recordOf(model))['client_gone'], true)
  })
}

test('a client that is gone before its body is whole costs no call', async () => {
  const calls = stack.simulator.receipts().length
  const { path, body } = clients['openai-chat']
  const ask = { model: 'openai/echo', text: 'never to be asked', stream: true }
  const bytes = postBytes(path(ask), JSON.stringify(body(ask)), { authorization: `Bearer ${testKey}` })
  const raw = RawSocket.open(stack.gateway.url, bytes.subarray(0, -10))
  await until('the request', async () => ((await openRequests()) > 0 ? true : undefined))
  raw.destroy()
  await until('the end of the request', async () => ((await openRequests()) === 0 ? true : undefined))
  assert.equal(stack.simulator.receipts().length, calls)
})

test('a reader that stalls slows the provider down, and gets everything once it reads on', async () => {
  // More than what kernels buffer for four sockets on loopback.
  const { raw, text } = send('openai-chat', 'openai/words-100000', true)
  raw.socket.pause()
  const { bytesSent } = await called(text)
  let seen = bytesSent
  let unchanged = 0
  await until(
    'a pause of the provider',
    () => {
      const now = receiptOf(text)!.bytesSent
      unchanged = now === seen && now > 0 ? unchanged + 1 : 0
      seen = now
      return unchanged > 50 ? true : undefined
    },
    20_000,
  )
  assert.equal(receiptOf(text)!.ended, 'open')
  const stalledAt = seen
  raw.socket.resume()
  const receipt = await ended(text, 'complete', 30_000)
  await raw.saw('[DONE]')
  assert.ok(
    stalledAt < receipt.bytesSent / 2,
    `${stalledAt} of ${receipt.bytesSent} bytes were read without a reader`,
  )
  raw.destroy()
})

test('a reader that stalls and leaves frees the provider', async () => {
  const { raw, text } = send('openai-chat', 'openai/words-100000', true)
  raw.socket.pause()
  await called(text)
  await until('a full connection', () => (receiptOf(text)!.bytesSent > 1_000_000 ? true : undefined), 20_000)
  raw.destroy()
  await ended(text, 'client-closed', cancelledWithinMs)
})

test('headers that come too slowly end the connection', async () => {
  const raw = RawSocket.open(impatient.gateway.url, 'POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n')
  await raw.closed(5000)
  assert.match(raw.received, /^HTTP\/1\.1 408 /)
  raw.destroy()
})

test('a body that comes too slowly ends the connection', async () => {
  const bytes = postBytes('/v1/chat/completions', '{"model":', {
    authorization: `Bearer ${testKey}`,
    'content-length': '1000',
  })
  const raw = RawSocket.open(impatient.gateway.url, bytes)
  await raw.closed(15_000)
  assert.match(raw.received, /^HTTP\/1\.1 408 /)
  assert.equal(impatient.simulator.receipts().length, 0)
  raw.destroy()
})

test('all of that leaves nothing open', async () => {
  await until('the end of all requests', async () => ((await openRequests()) === 0 ? true : undefined))
  assert.doesNotMatch(stack.log.join(''), /"level":"(error|fatal)"/)
})

/** As the metrics tell, without the request for the metrics. */
async function openRequests(): Promise<number> {
  const text = await (await fetch(`${stack.gateway.url}/metrics`)).text()
  return Number(/^weir_open_requests (\d+)$/m.exec(text)?.[1]) - 1
}

/** What the sizes of a stream's writes tell somebody who sees nothing else of it. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClients } from '../sdk/matrix.ts'
import { clientNames, clients } from '../support/clients.ts'
import { postBytes, RawSocket } from '../support/raw-socket.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { type Stack, startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

const blockBytes = 512
const server = { drain: { graceMs: 0, timeoutMs: 5000 } }

/** Word by word, as a tokenizer would cut it: short and long ones. */
const text = 'a river is a counterexample to institutionalised immovability, it is'.repeat(3)

/** Each write is one chunk of the transfer coding: its size is what a record's is. */
async function writesOf(stack: Stack, path: string, body: unknown): Promise<Buffer[]> {
  const raw = RawSocket.open(
    stack.gateway.url,
    postBytes(path, JSON.stringify(body), { authorization: `Bearer ${testKey}`, connection: 'close' }),
  )
  await until('the end', () => (raw.received.endsWith('0\r\n\r\n') ? true : undefined))
  raw.destroy()
  const bytes = Buffer.from(raw.received, 'latin1')
  assert.match(raw.received, /^HTTP\/1\.1 200 /)
  const writes: Buffer[] = []
  for (let at = bytes.indexOf('\r\n\r\n') + 4; ;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (size === 0) return writes
    writes.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
}

/** In bits: how much one size tells of what was written. */
function entropyOf(writes: readonly Buffer[]): number {
  const counts = new Map<number, number>()
  for (const { length } of writes) counts.set(length, (counts.get(length) ?? 0) + 1)
  return [...counts.values()].reduce((sum, n) => sum - (n / writes.length) * Math.log2(n / writes.length), 0)
}

const events = clientNames.filter((name) => name !== 'gemini-array')

test('filled up, the sizes of writes tell next to nothing, and every client reads what it read before', async (t) => {
  const open = await startStack(t, { config: { server } })
  const padded = await startStack(t, { config: { server: { ...server, padStreamsToBytes: blockBytes } } })
  for (const name of events) {
    for (const provider of ['openai', 'claude', 'google']) {
      const ask = { model: `${provider}/echo`, text, stream: true }
      const { path, body, readStream } = clients[name]
      const before = await writesOf(open, path(ask), body(ask))
      const after = await writesOf(padded, path(ask), body(ask))
      const of = `${name}, ${provider}`
      assert.ok(
        entropyOf(before) > 1,
        `${of}: ${entropyOf(before)} bits are too few for the test to say anything`,
      )
      assert.deepEqual(after.filter(({ length }) => length % blockBytes !== 0).map(String), [], of)
      assert.ok(
        entropyOf(after) < entropyOf(before) / 2,
        `${of}: ${entropyOf(after)} of ${entropyOf(before)} bits`,
      )
      const said = (writes: readonly Buffer[]) => readStream(Buffer.concat(writes).toString())
      assert.deepEqual(said(after), said(before))
      assert.equal(said(after).text, text)
    }
  }
})

test('the official SDKs, and those above them, read all of what was filled up', async (t) => {
  const padded = await startStack(t, { config: { server: { ...server, padStreamsToBytes: blockBytes } } })
  const sdks = createClients({ url: padded.gateway.url, key: testKey })
  assert.ok(sdks.length >= 4, `${sdks.length} SDKs`)
  for (const sdk of sdks) {
    for (const provider of ['openai', 'claude', 'google']) {
      const said = await sdk.ask({ model: `${provider}/echo`, text, stream: true })
      assert.equal(said.text, text, `${sdk.name}, ${provider}`)
    }
  }
})

test('what is no stream of events stays as it is, and so does everything where it is not asked for', async (t) => {
  const padded = await startStack(t, { config: { server: { ...server, padStreamsToBytes: blockBytes } } })
  const ask = { model: 'openai/echo', text, stream: false }
  const { path, body, readWhole } = clients['openai-chat']
  const whole = await (await padded.post(path(ask), body(ask))).text()
  assert.equal(readWhole(whole).text, text)
  const array = { ...ask, stream: true }
  const written = await writesOf(
    padded,
    clients['gemini-array'].path(array),
    clients['gemini-array'].body(array),
  )
  assert.equal(clients['gemini-array'].readStream(Buffer.concat(written).toString()).text, text)
  const open = await startStack(t, { config: { server } })
  for (const write of await writesOf(open, path(array), body(array)))
    assert.doesNotMatch(write.toString(), /^:/m)
})

test("a provider's own filling reaches a client of its dialect, byte for byte", async (t) => {
  const provider = await startScriptedProvider(t)
  const delta = (obfuscation: string, content: string) =>
    `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"${content}"},"finish_reason":null}],"obfuscation":"${obfuscation}"}\n\n`
  const sent = [
    delta('x8Kd0', 'over'),
    delta('q', ' the weir'),
    'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"obfuscation":"LmA"}\n\n',
    'data: [DONE]\n\n',
  ].join('')
  provider.answerWith((_, response) =>
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(sent),
  )
  const config = {
    server,
    providers: {
      scripted: {
        type: 'openai',
        apiKey: 'env:PROVIDER_KEY',
        allowPrivateNetwork: true,
        baseUrl: provider.url,
      },
    },
  }
  const stack = await startStack(t, { config })
  const ask = { model: 'scripted/m', text: 'tell of the river', stream: true }
  const { path, body } = clients['openai-chat']
  const received = await (await stack.post(path(ask), body(ask))).text()
  for (const filling of ['"obfuscation":"x8Kd0"', '"obfuscation":"q"', '"obfuscation":"LmA"']) {
    assert.ok(received.includes(filling), filling)
  }
})

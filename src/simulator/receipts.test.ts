import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import test, { type TestContext } from 'node:test'
import { rawPost } from '../../test/support/raw-client.ts'
import type { Receipt } from './receipts.ts'
import { createSimulator, type Simulator, type SimulatorOptions } from './simulator.ts'

async function start(
  t: TestContext,
  options: SimulatorOptions = {},
): Promise<{ simulator: Simulator; url: string }> {
  const simulator = createSimulator(options)
  const { url } = await simulator.listen(0)
  t.after(() => simulator.close())
  return { simulator, url }
}

const chat = '/openai/v1/chat/completions'
const ask = (model: string, stream = true) => ({
  model,
  stream,
  messages: [{ role: 'user', content: 'one two three four' }],
})

/** The last receipt, once its call has ended; turns of the event loop pass until then. */
async function ended(simulator: Simulator): Promise<Receipt> {
  for (;;) {
    const receipt = simulator.receipts().at(-1)
    if (receipt && receipt.ended !== 'open') return receipt
    await new Promise(setImmediate)
  }
}

test('a client that leaves in the middle is billed for what was sent', async (t) => {
  const { simulator, url } = await start(t)
  const leaveWhen = (received: string) => received.includes('" two"')
  await rawPost(url, { path: chat, body: ask('fault/stall-after-2'), leaveWhen })
  const receipt = await ended(simulator)
  assert.equal(receipt.ended, 'client-closed')
  assert.deepEqual(receipt.billed, { inputTokens: 5, outputTokens: 2, reasoningTokens: 0 })
  assert.ok(receipt.bytesSent > 0 && receipt.timings.endMs! >= receipt.timings.firstByteMs!)
})

test('where leaving does not stop the bill, the whole answer is billed', async (t) => {
  const { simulator, url } = await start(t)
  const leaveWhen = (received: string) => received.includes('" two"')
  await rawPost(url, { path: '/mistral/v1/chat/completions', body: ask('fault/stall-after-2'), leaveWhen })
  const receipt = await ended(simulator)
  assert.equal(receipt.ended, 'client-closed')
  assert.equal(receipt.billed?.outputTokens, 6)
})

test('a client that leaves before the head is noticed, and pays no output', async (t) => {
  const { simulator, url } = await start(t)
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const body = JSON.stringify(ask('fault/ttfb-inf', false))
  socket.write(`POST ${chat} HTTP/1.1\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  while (simulator.receipts().length === 0) await new Promise(setImmediate)
  assert.equal(simulator.receipts()[0]!.ended, 'open')
  socket.destroy()
  const receipt = await ended(simulator)
  assert.deepEqual([receipt.ended, receipt.bytesSent, receipt.billed?.outputTokens], ['client-closed', 0, 0])
  assert.equal(receipt.timings.firstByteMs, undefined)
})

test('endings that a fault makes are told apart', async (t) => {
  const { simulator, url } = await start(t)
  const rows = [
    ['rst-after-1', 'reset', 1],
    ['fin-at-byte-900', 'closed', 1],
    ['no-done', 'complete', 6],
  ] as const
  for (const [fault, how, least] of rows) {
    await rawPost(url, { path: chat, body: ask(`fault/${fault}`) })
    const receipt = await ended(simulator)
    assert.equal(receipt.ended, how, fault)
    assert.ok(receipt.billed!.outputTokens >= least && receipt.billed!.outputTokens <= 6)
    assert.deepEqual(receipt.faults, [fault])
  }
  await rawPost(url, { path: chat, body: ask('fault/http-503') })
  assert.equal((await ended(simulator)).billed, null, 'an error costs nothing')
})

test('no receipt holds a credential, and equal ones look equal', async (t) => {
  const { url } = await start(t)
  const canary = 'sk-canary-0123456789'
  const send = (path: string, headers: Record<string, string>) =>
    rawPost(url, { path, body: ask('echo'), headers })
  await send(chat, { authorization: `Bearer ${canary}` })
  await send(chat, { 'x-api-key': canary })
  await send(`/gemini/v1beta/models/echo:generateContent?key=${canary}`, {})
  await send(chat, { authorization: 'Bearer other' })
  await send(chat, {})
  const response = await fetch(`${url}/receipts`)
  const text = await response.text()
  assert.doesNotMatch(text, /canary/)
  const { data } = JSON.parse(text) as { data: Receipt[] }
  const prints = data.map(({ credential }) => credential)
  assert.match(prints[0]!, /^[0-9a-f]{16}$/)
  assert.deepEqual([prints[1], prints[2], prints[4]], [prints[0], prints[0], ''])
  assert.notEqual(prints[3], prints[0])
})

test('the log is bounded, numbered without gaps, and read from any number on', async (t) => {
  const { simulator, url } = await start(t, { receiptLimit: 3 })
  for (let at = 0; at < 8; at++) await rawPost(url, { path: chat, body: ask('instant', false) })
  assert.deepEqual(
    simulator.receipts().map(({ n }) => n),
    [6, 7, 8],
  )
  const later = (await (await fetch(`${url}/receipts?since=7`)).json()) as { data: Receipt[] }
  assert.deepEqual(
    later.data.map(({ n }) => n),
    [8],
  )
  await fetch(`${url}/reset`, { method: 'POST' })
  assert.deepEqual(simulator.receipts(), [])
})

test('requests on one connection are answered in order, pipelined or chunked', async (t) => {
  const { simulator, url } = await start(t)
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const request = (model: string, last = false) => {
    const body = JSON.stringify(ask(model, false))
    const head = `POST ${chat} HTTP/1.1\r\n${last ? 'connection: close\r\n' : ''}`
    if (!last) return `${head}content-length: ${body.length}\r\n\r\n${body}`
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
    return `${head}transfer-encoding: chunked\r\n\r\n${chunk(body.slice(0, 40))}${chunk(body.slice(40))}${chunk('')}`
  }
  const bytes = Buffer.from(request('fault/slow-2ms+words-2') + request('instant') + request('echo', true))
  let received = ''
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()))
  for (let at = 0; at < bytes.length; at += 97) socket.write(bytes.subarray(at, at + 97))
  await once(socket, 'close')
  const contents = [...received.matchAll(/"content":"([^"]*)"/g)].map(([, content]) => content)
  assert.deepEqual(contents, ['river stone', 'ok', 'one two three four'])
  assert.deepEqual(
    simulator.receipts().map(({ ended: how }) => how),
    ['complete', 'complete', 'complete'],
  )
})

test('an endless answer goes only as fast as its reader', async (t) => {
  const { simulator, url } = await start(t)
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const body = JSON.stringify(ask('fault/endless', false))
  socket.pause()
  socket.write(`POST ${chat} HTTP/1.1\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  let sent = -1
  // The kernel's buffers fill up; then nothing more is made.
  for (let quiet = 0; quiet < 200;) {
    await new Promise(setImmediate)
    const now = simulator.receipts()[0]?.bytesSent ?? 0
    quiet = now > 0 && now === sent ? quiet + 1 : 0
    sent = now
  }
  assert.ok(sent < 32_000_000, `${sent} bytes`)
  socket.destroy()
  assert.equal((await ended(simulator)).ended, 'client-closed')
})

test('what is not HTTP is refused', async (t) => {
  const { url } = await start(t)
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write('HELLO\r\n\r\n')
  const [answer] = (await once(socket, 'data')) as [Buffer]
  assert.match(answer.toString(), /^HTTP\/1\.1 400 /)
  assert.equal((await rawPost(url, { path: chat, body: '{"model": ' })).status, 400)
  assert.equal((await rawPost(url, { path: '/openai/v1/nothing', body: {} })).status, 404)
})

test('a failure of the simulator itself is answered, and the next call is served', async (t) => {
  const { url } = await start(t, { recordedFolder: '/nonexistent' })
  const failed = await rawPost(url, { path: chat, body: ask('echo') })
  assert.equal(failed.status, 500)
  assert.match(failed.body, /The simulator failed: .*INDEX\.json/)
  assert.equal((await fetch(`${url}/receipts`)).status, 200)
})

test('faults strike embeddings and counts as well', async (t) => {
  const { simulator, url } = await start(t)
  for (const path of ['/openai/v1/embeddings', '/anthropic/v1/messages/count_tokens']) {
    const send = (model: string) => rawPost(url, { path, body: { model, input: 'a', messages: [] } })
    assert.equal((await send('fault/http-503')).status, 503)
    assert.equal((await send('fault/usage-missing')).status, 200)
    assert.equal((await send('fault/rst-after-1')).ended, 'reset')
    assert.equal((await send('any-name')).status, 200)
  }
  const billed = simulator.receipts().map((receipt) => receipt.billed?.inputTokens ?? null)
  assert.deepEqual(billed, [null, 1, 1, 1, null, 0, 0, 0])
})

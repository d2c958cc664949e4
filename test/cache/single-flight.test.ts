/** Single-flight through real sockets: one call upstream for equal requests at one time, whoever of them leaves. */

import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test, type TestContext } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

/** A gateway before a provider whose answers the test writes, piece by piece. */
async function startScene(t: TestContext, exact: JsonObject | null = {}) {
  const provider = await startScriptedProvider(t)
  const calls: { readonly stream: boolean; readonly response: ServerResponse; isClosed: boolean }[] = []
  provider.answerWith(({ body }, response) => {
    const call = { stream: /"stream":true/.test(body.toString()), response, isClosed: false }
    response.on('close', () => (call.isClosed = !response.writableFinished))
    calls.push(call)
  })
  const stack = await startStack(t, {
    config: {
      ...(exact && { cache: { exact } }),
      providers: {
        openai: {
          type: 'openai',
          apiKey: 'env:PROVIDER_KEY',
          baseUrl: `${provider.url}/v1`,
          allowPrivateNetwork: true,
        },
      },
    },
  })
  const opened = async () => {
    const text = await (await fetch(`${stack.gateway.url}/metrics`)).text()
    return Number(/^weir_open_requests (\d+)$/m.exec(text)?.[1])
  }
  const own = await opened()
  return {
    ...stack,
    calls,
    call: async (n: number) => until('the call', () => calls[n - 1]),
    waiting: (count: number) =>
      until(`${count} open requests`, async () => ((await opened()) - own >= count ? true : undefined)),
    records: (count: number) =>
      until('the records', async () => {
        const data = asArray((await stack.admin('/requests'))['data']).map((record) => asObject(record)!)
        return data.length >= count ? data : undefined
      }),
    ask: (options: { stream?: boolean; signal?: AbortSignal; headers?: Record<string, string> } = {}) =>
      fetch(`${stack.gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${testKey}`,
          ...options.headers,
          'content-type': 'application/json',
        },
        body: JSON.stringify({
          model: 'openai/gpt-4o-mini',
          stream: options.stream ?? false,
          messages: [{ role: 'user', content: 'Hello' }],
        }),
        ...(options.signal && { signal: options.signal }),
      }),
  }
}

const whole = JSON.stringify({
  id: 'c1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-mini',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Good day' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
})

function answerWhole({ response }: { response: ServerResponse }): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(whole)
}

function chunk(delta: JsonObject, finish: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }]
  const body = { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o-mini', choices }
  return `data: ${JSON.stringify(body)}\n\n`
}

function beginStream({ response }: { response: ServerResponse }): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(chunk({ role: 'assistant', content: 'Good' }))
}

function endStream({ response }: { response: ServerResponse }): void {
  response.end(`${chunk({ content: ' day' })}${chunk({}, 'stop')}data: [DONE]\n\n`)
}

/** Reads on until the text so far holds `sought`. */
async function readUntil(reader: ReadableStreamDefaultReader<Uint8Array>, sought: string): Promise<string> {
  let text = ''
  while (!text.includes(sought)) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`ended before ${sought}: ${text}`)
    text += Buffer.from(value).toString()
  }
  return text
}

const cacheOf = (response: Response) => response.headers.get('x-weir-cache')

test('equal requests at one time are one call, and each has its own record', async (t) => {
  const scene = await startScene(t)
  const asking = Array.from({ length: 5 }, () => scene.ask())
  const call = await scene.call(1)
  await scene.waiting(5)
  answerWhole(call)
  const answers = await Promise.all(asking)
  for (const answer of answers) assert.match(await answer.text(), /Good day/)
  assert.deepEqual(answers.map(cacheOf).filter((outcome) => outcome === 'shared').length, 4)
  assert.equal(scene.calls.length, 1)
  const records = await scene.records(5)
  const attempts = records.map((record) => Number(record['attempt_count']))
  assert.deepEqual(
    attempts.reduce((sum, count) => sum + count),
    1,
  )
})

test('a stream is shared while it streams, also with a client that wants it whole', async (t) => {
  const scene = await startScene(t)
  const leading = scene.ask({ stream: true })
  const call = await scene.call(1)
  beginStream(call)
  await leading
  const following = await scene.ask({ stream: true })
  const reader = following.body!.getReader()
  await readUntil(reader, 'Good')
  const wholly = scene.ask()
  await scene.waiting(3)
  endStream(call)
  assert.match(await readUntil(reader, '[DONE]'), / day/)
  assert.match(await (await wholly).text(), /Good day/)
  assert.match(await (await leading).text(), /\[DONE\]/)
  assert.equal(cacheOf(following), 'shared')
  assert.equal(scene.calls.length, 1)
})

for (const stream of [false, true]) {
  test(`a call survives its first client's leaving (${stream ? 'streamed' : 'whole'})`, async (t) => {
    const scene = await startScene(t)
    const leave = new AbortController()
    const leading = scene.ask({ stream, signal: leave.signal })
    leading.catch(() => undefined)
    const call = await scene.call(1)
    const following = scene.ask({ stream })
    await scene.waiting(2)
    if (stream) {
      beginStream(call)
      await following
    }
    leave.abort()
    await until('the leaving', () => scene.log.some((line) => line.includes('client_gone')) || undefined)
    if (stream) endStream(call)
    else answerWhole(call)
    const answer = await following
    assert.match(await answer.text(), stream ? /\[DONE\]/ : /Good day/)
    assert.equal(cacheOf(answer), 'shared')
    assert.equal(scene.calls.length, 1)
    const records = await scene.records(2)
    const led = records.find((record) => record['attempt_count'] === 1)
    assert.equal(led?.['client_gone'], true)
    assert.equal(cacheOf(await scene.ask()), 'hit')
  })
}

test('the call ends when all of its clients have left', async (t) => {
  const scene = await startScene(t)
  const leave = [new AbortController(), new AbortController()]
  const asking = leave.map(({ signal }) => scene.ask({ signal }).catch(() => undefined))
  const call = await scene.call(1)
  await scene.waiting(2)
  for (const controller of leave) controller.abort()
  await Promise.all(asking)
  await until('the end of the call', () => call.isClosed || undefined)
})

test("the first client's own deadline is its own", async (t) => {
  const scene = await startScene(t)
  const leading = scene.ask({ headers: { 'x-weir-timeout-ms': '2000' } })
  const call = await scene.call(1)
  const following = scene.ask()
  await scene.waiting(2)
  assert.equal((await leading).status, 504)
  answerWhole(call)
  assert.match(await (await following).text(), /Good day/)
  assert.equal(scene.calls.length, 1)
})

test("a provider's failure is told to all who waited, and asked anew by the next", async (t) => {
  const scene = await startScene(t)
  const asking = [scene.ask(), scene.ask()]
  const call = await scene.call(1)
  await scene.waiting(2)
  call.response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}')
  const answers = await Promise.all(asking)
  assert.deepEqual(
    answers.map(({ status }) => status),
    [502, 502],
  )
  assert.equal(scene.calls.length, 1)
  const next = scene.ask()
  answerWhole(await scene.call(2))
  assert.equal((await next).status, 200)
})

test('a stream that breaks off breaks off for all who follow it, and is not kept', async (t) => {
  const scene = await startScene(t)
  const leading = scene.ask({ stream: true })
  const call = await scene.call(1)
  beginStream(call)
  await leading
  const following = await scene.ask({ stream: true })
  const reader = following.body!.getReader()
  await readUntil(reader, 'Good')
  call.response.destroy()
  assert.match(await readUntil(reader, 'error'), /upstream_truncated|upstream_unreachable/)
  assert.doesNotMatch(await (await leading).text(), /"finish_reason":"stop"/)
  const next = scene.ask()
  answerWhole(await scene.call(2))
  assert.equal(cacheOf(await next), 'miss')
})

test('nothing is shared where the cache is off, for the request or altogether', async (t) => {
  const scene = await startScene(t)
  const asking = [scene.ask(), scene.ask({ headers: { 'x-weir-cache': 'no-store' } })]
  answerWhole(await scene.call(1))
  answerWhole(await scene.call(2))
  await Promise.all(asking)
  const off = await startScene(t, null)
  const both = [off.ask(), off.ask()]
  answerWhole(await off.call(1))
  answerWhole(await off.call(2))
  await Promise.all(both)
})

test('a line of a batch neither follows a call nor is followed, and is served what is kept', async (t) => {
  const scene = await startScene(t)
  const headers = { 'x-weir-priority': 'batch' }
  const first = scene.ask({ headers })
  const call = await scene.call(1)
  const second = scene.ask({ headers })
  const other = await scene.call(2)
  const plain = scene.ask()
  const third = await scene.call(3)
  for (const each of [call, other, third]) answerWhole(each)
  for (const asked of [first, second, plain]) {
    const response = await asked
    await response.arrayBuffer()
    assert.equal(response.headers.get('x-weir-cache'), 'miss')
  }
  const later = await scene.ask({ headers })
  assert.equal(later.headers.get('x-weir-cache'), 'hit')
  assert.equal(scene.calls.length, 3)
})

test('calls from within that want an answer of their own share none', async (t) => {
  const scene = await startScene(t)
  const asking = Array.from({ length: 2 }, () =>
    scene.gateway.ask({
      request: {
        model: 'openai/gpt-4o-mini',
        stream: false,
        turns: [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }],
      },
      cache: 'off',
    }),
  )
  answerWhole(await scene.call(1))
  answerWhole(await scene.call(2))
  for (const asked of await Promise.all(asking)) assert.equal(asked.error, undefined)
})

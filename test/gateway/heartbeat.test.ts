/** Quiet streams are kept alive, failover stays possible until the first word, and what fails then is told in the stream. */

import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test, type TestContext } from 'node:test'
import OpenAI from 'openai'
import { clientNames, clients } from '../support/clients.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

const beat = ': keepalive\n\n'

/** Two providers whose answers a test gives by hand, the second one behind the first. */
async function startQuiet(t: TestContext) {
  const calls: ServerResponse[][] = [[], []]
  const providers = await Promise.all(
    calls.map(async (waiting) => {
      const provider = await startScriptedProvider(t)
      provider.answerWith((_request, response) => void waiting.push(response))
      return { type: 'openai-compatible', baseUrl: provider.url, allowPrivateNetwork: true }
    }),
  )
  const stack = await startStack(t, {
    config: {
      server: { drain: { graceMs: 0, timeoutMs: 5000 }, heartbeatMs: 30 },
      providers: { first: providers[0]!, second: providers[1]! },
      routes: { both: { targets: ['first/m', 'second/m'] } },
    },
  })
  const called = (at: number) => until(`call of provider ${at}`, () => calls[at]!.shift())
  return { stack, called }
}

const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'a', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`

function answer(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(`${chunk({ role: 'assistant', content: text })}${chunk({}, 'stop')}data: [DONE]\n\n`)
}

/** What has come of an answer so far; `ended` when it is all. */
function reading(response: Response) {
  let text = ''
  let isEnded = false
  const run = async () => {
    const decoder = new TextDecoder()
    for await (const bytes of response.body!) text += decoder.decode(bytes as Uint8Array, { stream: true })
    isEnded = true
  }
  void run()
  return {
    upTo: (wanted: string) => until(`"${wanted}"`, () => (text.includes(wanted) ? text : undefined)),
    ended: () => until('the end', () => (isEnded ? text : undefined)),
  }
}

for (const client of clientNames) {
  test(`${client}: a target may change after a comment, and before it where there are none`, async (t) => {
    const { stack, called } = await startQuiet(t)
    const { path, body, readStream } = clients[client]
    const ask = { model: 'both', text: 'hi', stream: true }
    const asked = stack.post(path(ask), body(ask))
    const first = await called(0)
    const hasComments = client !== 'gemini-array'
    const early = hasComments ? reading(await asked) : undefined
    await early?.upTo(beat)
    first.writeHead(503).end()
    answer(await called(1), 'there')
    const response = await asked
    const text = await (early ?? reading(response)).ended()
    const { text: said, isFinished, garbled } = readStream(text)
    assert.deepEqual([said, isFinished, garbled], ['there', true, undefined], text)
    assert.equal(response.headers.get('x-weir-provider'), hasComments ? null : 'second')
    assert.equal(text.includes(beat), hasComments)
  })

  test(`${client}: when every target fails after a comment, the stream tells it`, async (t) => {
    if (client === 'gemini-array') return t.skip('it has no comments')
    const { stack, called } = await startQuiet(t)
    const { path, body, readStream } = clients[client]
    const ask = { model: 'both', text: 'hi', stream: true }
    const asked = stack.post(path(ask), body(ask))
    const first = await called(0)
    const response = await asked
    const text = reading(response)
    await text.upTo(beat)
    first.writeHead(503).end()
    ;(await called(1)).writeHead(503).end()
    const { error, isFinished, isClosed } = readStream(await text.ended())
    assert.deepEqual([error?.code, isFinished, isClosed], ['upstream_overloaded', false, false])
    const id = response.headers.get('x-weir-request-id')
    const record = await until('the record', async () => {
      const found = await stack.admin(`/requests/${id}`)
      return found['error'] === undefined ? found : undefined
    })
    assert.deepEqual([record['code'], record['status']], ['upstream_overloaded', 503])
    return undefined
  })
}

test('a stream that falls quiet is kept alive, and its SDK reads on', async (t) => {
  const { stack, called } = await startQuiet(t)
  const client = new OpenAI({ apiKey: testKey, baseURL: `${stack.gateway.url}/v1`, maxRetries: 0 })
  const streaming = client.chat.completions.create({
    model: 'both',
    messages: [{ role: 'user', content: 'hi' }],
    stream: true,
  })
  const provider = await called(0)
  provider.writeHead(200, { 'content-type': 'text/event-stream' })
  provider.write(chunk({ role: 'assistant', content: 'one ' }))
  const words: string[] = []
  let bytesBefore = 0
  for await (const each of await streaming) {
    words.push(each.choices[0]?.delta.content ?? '')
    if (bytesBefore++ > 0) continue
    // The same moment on another stream: comments come between its words.
    const asked = stack.post('/v1/chat/completions', {
      model: 'both',
      messages: [{ role: 'user', content: 'ho' }],
      stream: true,
    })
    const other = await called(0)
    other.writeHead(200, { 'content-type': 'text/event-stream' })
    other.write(chunk({ role: 'assistant', content: 'two' }))
    const text = reading(await asked)
    await text.upTo(beat)
    other.end(`${chunk({}, 'stop')}data: [DONE]\n\n`)
    assert.ok((await text.ended()).endsWith('data: [DONE]\n\n'))
    provider.end(`${chunk({ content: 'three' })}${chunk({}, 'stop')}data: [DONE]\n\n`)
  }
  assert.equal(words.join(''), 'one three')
})

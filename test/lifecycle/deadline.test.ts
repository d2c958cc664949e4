/** `x-weir-timeout-ms`: the client's own deadline ends whatever is under way, in its dialect. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type ClientName, clientNames, clients } from '../support/clients.ts'
import { postBytes, RawSocket } from '../support/raw-socket.ts'
import { startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

const stack = await startStack({ after })

async function ask(name: ClientName, model: string, stream: boolean, limitMs: number) {
  const { path, body, readStream, readWhole } = clients[name]
  const question = { model, text: `of ${name}, ${model}, ${String(stream)}`, stream }
  const response = await stack.post(path(question), body(question), { 'x-weir-timeout-ms': String(limitMs) })
  const answer = await response.text()
  const reading = stream && response.ok ? readStream(answer) : readWhole(answer)
  return { status: response.status, reading, text: question.text }
}

test('before the answer it is an error, within the answer its end', { concurrency: true }, async (t) => {
  const judge = async (name: ClientName) => {
    const unseen = await ask(name, 'claude/fault/ttft-5s', true, 150)
    assert.deepEqual([unseen.status, unseen.reading.error?.code], [504, 'deadline_exceeded'])
    // Its first word comes after a twentieth of a second and its last one after two and a half.
    const within = await ask(name, 'claude/slow-50ms', true, 1500)
    assert.deepEqual([within.status, within.reading.error?.code], [200, 'deadline_exceeded'])
    assert.equal(within.reading.isFinished, false)
    assert.match(within.reading.text, /river/)
    await until('the cancelled call', () => {
      const receipt = stack.simulator
        .receipts()
        .find(({ body }) => JSON.stringify(body).includes(within.text))
      return receipt?.ended === 'client-closed' ? true : undefined
    })
  }
  await Promise.all(clientNames.map((name) => t.test(name, () => judge(name))))
})

test('no other target is tried after it', async (t) => {
  const routed = await startStack(t, {
    config: { routes: { both: { targets: ['claude/fault/ttfb-inf', 'openai/echo'] } } },
  })
  const { path, body } = clients['openai-chat']
  const question = { model: 'both', text: 'hello', stream: false }
  const response = await routed.post(path(question), body(question), { 'x-weir-timeout-ms': '100' })
  assert.equal(response.status, 504)
  assert.equal(routed.simulator.receipts().length, 1)
})

test('it holds while the body is still coming', async () => {
  const bytes = postBytes('/v1/chat/completions', '{"model":', {
    authorization: `Bearer ${testKey}`,
    'content-length': '1000',
    'x-weir-timeout-ms': '100',
  })
  const raw = RawSocket.open(stack.gateway.url, bytes)
  const [response] = await raw.responses(1, 3000)
  assert.equal(response?.status, 504)
  raw.destroy()
})

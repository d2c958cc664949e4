/** Calls from within the gateway: the same path as a client's, with the whole answer and its record. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ask } from '../../src/core/ask.ts'
import { GatewayError } from '../../src/core/error.ts'
import { asArray, asObject } from '../../src/core/json.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

function askOf(model: string, stream: boolean): Ask {
  return {
    request: { model, stream, turns: [{ role: 'user', parts: [{ type: 'text', text: 'Hello there' }] }] },
    tags: ['probe'],
    cache: 'off',
  }
}

for (const stream of [false, true]) {
  test(`an answer comes whole, ${stream ? '' : 'not '}streamed, on a provider of any dialect`, async (t) => {
    const { gateway, admin } = await startStack(t)
    for (const provider of ['openai', 'claude', 'google']) {
      const asked = await gateway.ask(askOf(`${provider}/echo`, stream))
      assert.equal(asked.error, undefined)
      assert.match(asked.answer?.blocks.map(({ text }) => text).join('') ?? '', /Hello there/)
      assert.equal(asked.provider, provider)
      assert.equal(asked.attempts, 1)
      assert.ok(asked.usage && asked.usage.outputTokens > 0)
      assert.equal(asked.firstTokenMs !== undefined, stream)
      const record = await until('the record', async () => {
        const found = await admin(`/requests/${asked.requestId}`)
        return found['error'] === undefined ? found : undefined
      })
      assert.deepEqual([record['key_name'], record['tags']], ['gateway', ['probe']])
    }
  })
}

test('a failure comes as the error, never as a rejection', async (t) => {
  const { gateway } = await startStack(t)
  const failed = await gateway.ask(askOf('openai/fault/http-400', false))
  assert.ok(failed.error instanceof GatewayError)
  assert.equal(failed.error.status, 400)
  assert.equal(failed.answer, undefined)
  const unknown = await gateway.ask(askOf('nobody', false))
  assert.equal(unknown.error?.code, 'model_not_found')
})

test('a caller that gives up ends the call upstream', async (t) => {
  const { gateway, simulator } = await startStack(t)
  const leave = new AbortController()
  const asking = gateway.ask(askOf('openai/fault/ttfb-inf', true), leave.signal)
  await until('the call', () => simulator.receipts()[0])
  leave.abort()
  assert.equal((await asking).error?.code, 'client_gone')
})

test('texts are embedded in their order', async (t) => {
  const { gateway } = await startStack(t)
  const vectors = await gateway.embed('openai/text-embedding-3-small', ['one', 'two', 'one'])
  assert.equal(vectors.length, 3)
  assert.deepEqual(vectors[0], vectors[2])
  assert.notDeepEqual(vectors[0], vectors[1])
  await assert.rejects(gateway.embed('nobody', ['one']), { code: 'model_not_found' })
})

test('the record of an inner call stands beside those of clients', async (t) => {
  const { gateway, admin, post } = await startStack(t)
  await post('/v1/chat/completions', { model: 'openai/echo', messages: [{ role: 'user', content: 'Hi' }] })
  await gateway.ask(askOf('openai/echo', false))
  const keys = await until('both records', async () => {
    const listed = asArray((await admin('/requests'))['data'])
    return listed.length === 2 ? listed.map((record) => asObject(record)?.['key_name']) : undefined
  })
  assert.deepEqual(new Set(keys), new Set(['gateway', 'test']))
})

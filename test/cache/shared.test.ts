/** Two gateways and one Redis: an answer that one has kept is the other's too; without the Redis both go on. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { JsonObject } from '../../src/core/json.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const redis = process.env['WEIR_REDIS']

function configOf(url: string, shared: string): JsonObject {
  return {
    shared,
    cache: { exact: {} },
    providers: {
      openai: { apiKey: 'env:PROVIDER_KEY', baseUrl: `${url}/openai/v1`, allowPrivateNetwork: true },
    },
  }
}

function contentOf(text: string): unknown {
  const { choices } = JSON.parse(text) as { choices: { message: { content: unknown } }[] }
  return choices[0]?.message.content
}

test(
  'an answer that one instance has kept is served by another',
  { skip: redis ? false : 'WEIR_REDIS names no server' },
  async (t) => {
    const one = await startStack(t, { config: (url) => configOf(url, redis!) })
    const two = await startStack(t, { config: configOf(one.simulatorUrl, redis!) })
    const body = { model: 'openai/echo', messages: [{ role: 'user', content: randomUUID() }] }
    const first = await one.post('/v1/chat/completions', body)
    assert.equal(first.headers.get('x-weir-cache'), 'miss')
    const text = await first.text()
    const second = await until('the hit', async () => {
      const response = await two.post('/v1/chat/completions', body, { 'x-weir-cache': 'only' })
      return response.status === 200 ? response : undefined
    })
    assert.equal(second.headers.get('x-weir-cache'), 'hit')
    assert.deepEqual(contentOf(await second.text()), contentOf(text))
    assert.equal(two.simulator.receipts().length, 0)
  },
)

test('without its Redis the gateway starts, answers, and counts what it lacks', async (t) => {
  // Nothing listens on port 1 of the loopback interface.
  const stack = await startStack(t, { config: (url) => configOf(url, 'redis://127.0.0.1:1') })
  const body = { model: 'openai/echo', messages: [{ role: 'user', content: 'Hello' }] }
  for (let n = 0; n < 2; n++) {
    const response = await stack.post('/v1/chat/completions', body)
    assert.deepEqual([response.status, response.headers.get('x-weir-cache')], [200, 'miss'])
  }
  const metrics = await (await fetch(`${stack.gateway.url}/metrics`)).text()
  assert.match(metrics, /weir_cache_faults_total\{what="store"\} [1-9]/)
})

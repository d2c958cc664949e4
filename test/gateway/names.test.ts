/** Names that a body gives are bounded, in every dialect that gives them, and what is refused for it is kept nowhere. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type JsonObject } from '../../src/core/json.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const stack = await startStack({ after }, {})
const long = 'n'.repeat(513)
const messages = [{ role: 'user', content: 'short' }]

const bodies: readonly (readonly [param: string, path: string, body: JsonObject])[] = [
  ['model', '/v1/chat/completions', { model: `openai/${long}`, messages }],
  ['model', '/providers/openai/images/generations', { model: long, prompt: 'a weir' }],
  ['user', '/v1/chat/completions', { model: 'openai/echo', messages, user: long }],
  ['user', '/v1/messages', { model: 'openai/echo', max_tokens: 9, messages, metadata: { user_id: long } }],
  ['user', '/v1/embeddings', { model: 'openai/embedding', input: 'short', user: long }],
]

for (const [param, path, body] of bodies) {
  test(`${path}: a ${param} of 513 characters is refused, and its record has none of it`, async () => {
    const response = await stack.post(path, body)
    assert.equal(response.status, 400, await response.clone().text())
    assert.match(await response.text(), /512 is the most/)
    const id = response.headers.get('x-weir-request-id') ?? ''
    const record = await until('the record', async () => {
      const found = await stack.admin(`/requests/${id}`)
      return found['error'] === undefined ? found : undefined
    })
    assert.equal(JSON.stringify(record).includes('nnnn'), false)
    assert.equal(stack.simulator.receipts().length, 0)
  })
}

test('names of 512 characters pass', async () => {
  const response = await stack.post('/v1/chat/completions', {
    model: 'openai/echo',
    messages,
    user: 'u'.repeat(512),
  })
  assert.equal(response.status, 200)
})

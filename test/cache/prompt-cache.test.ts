/** A route that marks prompts: what reaches Anthropic and Bedrock, from clients of any dialect. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asObject, type JsonObject } from '../../src/core/json.ts'
import { startStack } from '../support/stack.ts'

const system = 'You know everything about weirs. '.repeat(400)

async function send(promptCache: string, path: string, body: JsonObject) {
  return async (t: Parameters<typeof startStack>[0]) => {
    const stack = await startStack(t, {
      config: {
        routes: {
          chat: { promptCache, targets: ['claude/echo'] },
          other: { promptCache, targets: ['openai/echo'] },
        },
      },
    })
    const response = await stack.post(path, body)
    assert.equal(response.status, 200, await response.text())
    return asObject(stack.simulator.receipts()[0]!.body)!
  }
}

const toAnthropic: JsonObject = {
  model: 'chat',
  max_tokens: 50,
  system,
  messages: [{ role: 'user', content: 'Hello' }],
}

const marksIn = (body: JsonObject) => JSON.stringify(body).match(/"cache_control"/g)?.length ?? 0

test('a long system prompt reaches Anthropic marked, from clients of its own dialect and of another', async (t) => {
  const own = await (await send('auto', '/v1/messages', toAnthropic))(t)
  assert.equal(marksIn(own), 1)
  assert.match(JSON.stringify(own['system']), /"cache_control":\{"type":"ephemeral"\}/)
  const messages = [
    { role: 'system', content: system },
    { role: 'user', content: 'Hello' },
  ]
  const other = await (await send('auto', '/v1/chat/completions', { model: 'chat', messages }))(t)
  assert.equal(marksIn(other), 1)
})

test('nothing is marked where the route does not say so, where the client has marked, or where nobody reads marks', async (t) => {
  assert.equal(marksIn(await (await send('off', '/v1/messages', toAnthropic))(t)), 0)
  const messages = [
    {
      role: 'user',
      content: [{ type: 'text', text: system, cache_control: { type: 'ephemeral', ttl: '1h' } }],
    },
  ]
  const marked = await (await send('auto', '/v1/messages', { ...toAnthropic, messages }))(t)
  assert.equal(marksIn(marked), 1)
  const openai = await (
    await send('auto', '/v1/chat/completions', {
      model: 'other',
      messages: [{ role: 'system', content: system }],
    })
  )(t)
  assert.equal(marksIn(openai), 0)
})

/** Live events over a running gateway: who may watch, and that watchers do not hold up its end. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminToken, startStack } from '../support/stack.ts'

test('watching needs the admin token, shows requests without their content, and ends with the gateway', async (t) => {
  const stack = await startStack(t, { config: { server: { drain: { graceMs: 0, timeoutMs: 60_000 } } } })
  const url = `${stack.gateway.url}/admin/v1/events`
  assert.equal((await fetch(url)).status, 401)
  const response = await fetch(url, { headers: { authorization: `Bearer ${adminToken}` } })
  const asked = await stack.post('/v1/chat/completions', {
    model: 'openai/echo',
    messages: [{ role: 'user', content: 'a-prompt-canary' }],
  })
  const id = asked.headers.get('x-weir-request-id')
  const [text] = await Promise.all([response.text(), stack.gateway.stop()])
  assert.match(text, new RegExp(`event: request\ndata: \\{.*"id":"${id}"`))
  assert.ok(!text.includes('a-prompt-canary'))
  assert.match(text, /event: end\ndata: \{"reason":"the gateway shuts down"\}/)
})

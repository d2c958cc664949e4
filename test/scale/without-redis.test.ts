/** A Redis that is configured and cannot be reached holds up neither the start nor a call. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startStack } from '../support/stack.ts'

test('a gateway starts and serves without its Redis, and keeps to its limits alone', async (t) => {
  // Nothing listens on port 1.
  const config = { shared: 'redis://127.0.0.1:1', limits: [{ scope: 'key', rpm: 2 }] }
  const stack = await startStack(t, { config })
  const ask = async () => {
    const messages = [{ role: 'user', content: 'hello' }]
    return (await stack.post('/v1/chat/completions', { model: 'openai/echo', messages })).status
  }
  assert.deepEqual([await ask(), await ask(), await ask()], [200, 200, 429])
  assert.equal(stack.log.filter((line) => line.includes('Redis is away')).length, 1)
})

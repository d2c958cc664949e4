/** A gateway that was killed and started again counts what it had sent to a provider within the minute. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { serveProcess } from '../support/process.ts'
import { testKey } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

test('a kill opens no full bucket of a provider’s limit again', async (t) => {
  const simulator = createSimulator()
  const { url } = await simulator.listen(0)
  t.after(() => simulator.close())
  const folder = createTemporaryFolder()
  const config = {
    log: { level: 'silent' },
    keys: [{ name: 'test', secret: 'env:WEIR_TEST_KEY' }],
    limits: [{ scope: 'provider', match: 'openai', rpm: 5 }],
    providers: {
      openai: {
        type: 'openai',
        apiKey: 'env:PROVIDER_KEY',
        baseUrl: `${url}/openai/v1`,
        allowPrivateNetwork: true,
      },
    },
  }
  const serve = () =>
    serveProcess(t, folder, config, {
      WEIR_TEST_KEY: testKey,
      PROVIDER_KEY: 'provider-key-canary-0123456789',
    })
  const ask = async (to: string) => {
    const response = await fetch(`${to}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'openai/echo', messages: [{ role: 'user', content: 'x' }] }),
    })
    await response.arrayBuffer()
    return response.status
  }
  const first = await serve()
  for (let n = 0; n < 5; n++) assert.equal(await ask(first.url), 200)
  first.child.kill('SIGKILL')
  await first.exited
  const second = await serve()
  const statuses = []
  for (let n = 0; n < 5; n++) statuses.push(await ask(second.url))
  // One comes back every twelve seconds: a start is not so slow that all of them could.
  assert.ok(statuses.includes(429), statuses.join())
  assert.equal(simulator.receipts().length, 5 + statuses.filter((status) => status === 200).length)
})

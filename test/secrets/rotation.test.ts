/** Credentials that change under a running gateway: no request fails, and an outage of the vault is not one of ours. */

import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test, type TestContext } from 'node:test'
import type { JsonObject } from '../../src/core/json.ts'
import { type ReceivedRequest, startScriptedProvider } from '../support/scripted-provider.ts'
import { startStack } from '../support/stack.ts'
import { inParallel, until } from '../support/until.ts'
import { startVaultServer } from '../support/vault-server.ts'

const oldKey = 'old-provider-key-0123456789'
const newKey = 'new-provider-key-0123456789'

const answerText = JSON.stringify({
  id: 'a',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
})

const keyOf = (request: ReceivedRequest) =>
  request.headers['authorization']?.[0]?.replace('Bearer ', '') ?? ''
const answer = (response: ServerResponse) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(answerText)
const refuse = (response: ServerResponse) =>
  response
    .writeHead(401, { 'content-type': 'application/json' })
    .end(JSON.stringify({ error: { message: 'Incorrect API key provided', type: 'invalid_request_error' } }))

async function startRotation(t: TestContext, ttlSeconds: number) {
  const vault = await startVaultServer(t, { clock: { nowMs: 0 } })
  vault.tokens.set('vault-token', { endsAtMs: Infinity, ttlSeconds: 0, isRenewable: false })
  vault.secrets.set('secret/data/llm', { openai: oldKey })
  const provider = await startScriptedProvider(t)
  const config: JsonObject = {
    secrets: {
      ttlSeconds,
      vault: { address: vault.url, token: 'env:VAULT_TOKEN', allowPrivateNetwork: true },
    },
    providers: {
      openai: {
        type: 'openai',
        apiKey: 'vault:secret/data/llm#openai',
        baseUrl: provider.url,
        allowPrivateNetwork: true,
      },
    },
  }
  const stack = await startStack(t, { config, env: { VAULT_TOKEN: 'vault-token' } })
  const ask = () =>
    stack.post('/v1/chat/completions', { model: 'openai/m', messages: [{ role: 'user', content: 'hi' }] })
  const askStatus = async () => {
    const response = await ask()
    await response.text()
    return response.status
  }
  return { vault, provider, stack, ask, askStatus }
}

test('a key rotated under load: no request fails, and those under way end with the old one', async (t) => {
  const { vault, provider, ask, askStatus } = await startRotation(t, 1)
  let accepted: readonly string[] = [oldKey]
  const held: ServerResponse[] = []
  provider.answerWith((request, response) => {
    if (!accepted.includes(keyOf(request))) refuse(response)
    else if (held.length === 0) held.push(response)
    else answer(response)
  })
  const underWay = ask()
  await until('the first request', () => held[0])
  accepted = [oldKey, newKey]
  vault.secrets.set('secret/data/llm', { openai: newKey })
  const statuses: number[] = []
  let isSeen = false
  let isOver = false
  const load = inParallel(Array.from({ length: 4 }), 4, async () => {
    while (!isOver) statuses.push(await askStatus())
  })
  await until('the new key', () => {
    isSeen = provider.received.some((request) => keyOf(request) === newKey)
    return isSeen || undefined
  })
  // The old key is taken back once the new one is in use, as an operator would.
  const before = statuses.length
  await until('a hundred more', () => (statuses.length > before + 100 ? true : undefined))
  accepted = [newKey]
  await until('a hundred more', () => (statuses.length > before + 200 ? true : undefined))
  isOver = true
  await load
  answer(held[0]!)
  assert.equal((await underWay).status, 200)
  assert.deepEqual([...new Set(statuses)], [200])
})

test('a key that the provider refuses is read again at once, long before its time', async (t) => {
  const { vault, provider, askStatus } = await startRotation(t, 86_400)
  let accepted = oldKey
  provider.answerWith((request, response) =>
    keyOf(request) === accepted ? answer(response) : refuse(response),
  )
  assert.equal(await askStatus(), 200)
  vault.secrets.set('secret/data/llm', { openai: newKey })
  accepted = newKey
  assert.notEqual(await askStatus(), 200)
  await until('a request with the new key', async () => ((await askStatus()) === 200 ? true : undefined))
})

test('while the vault is gone, requests are answered and the configuration can be reloaded', async (t) => {
  const { vault, provider, stack, askStatus } = await startRotation(t, 1)
  provider.answerWith((_, response) => answer(response))
  vault.state = 'gone'
  await until('a refused read', () =>
    stack.log.some((line) => line.includes('could not be read')) ? true : undefined,
  )
  const reloads = () => stack.log.filter((line) => line.includes('configuration reloaded')).length
  await stack.gateway.reload()
  assert.equal(reloads(), 1)
  assert.equal(await askStatus(), 200)
  assert.equal((await fetch(`${stack.gateway.url}/health/ready`)).status, 200)
  assert.equal(keyOf(provider.received[0]!), oldKey)
  assert.ok(!stack.log.join('').includes(oldKey))
})

/** The audit over a running gateway: which secrets it was given, when they changed and failed, who read payloads; and nothing for each request. */

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { asOwner } from '../support/people.ts'
import { startStack } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'
import { startVaultServer } from '../support/vault-server.ts'

const values = {
  vault: 'vault-value-canary-1',
  newer: 'vault-value-canary-2',
  file: 'file-value-canary-3',
  stored: 'stored-value-canary-4',
}

test('what was given, what changed, what failed and what came back; no value, and nothing for each request', async (t) => {
  const vault = await startVaultServer(t, { clock: { nowMs: 0 } })
  vault.tokens.set('vault-token', { endsAtMs: Infinity, ttlSeconds: 0, isRenewable: false })
  vault.secrets.set('secret/data/llm', { key: values.vault })
  const file = join(createTemporaryFolder(), 'key')
  writeFileSync(file, values.file)
  const stack = await startStack(t, {
    env: { VAULT_TOKEN: 'vault-token', STORED_KEY: 'a-key-of-thirty-two-characters-or-more' },
    config: (url) => {
      const provider = (apiKey: string): JsonObject => ({
        type: 'openai',
        apiKey,
        baseUrl: `${url}/openai/v1`,
        allowPrivateNetwork: true,
      })
      return {
        secrets: {
          stored: { key: 'env:STORED_KEY' },
          vault: { address: vault.url, token: 'env:VAULT_TOKEN', allowPrivateNetwork: true },
        },
        providers: { one: provider('vault:secret/data/llm#key'), two: provider(`file:${file}`) },
      }
    },
  })
  const acts = async () =>
    asArray((await stack.admin('/audit?actor=gateway'))['data'])
      .map((record) => asObject(record)!)
      .toReversed()
  const untilAct = (action: string) =>
    until(action, async () => (await acts()).find((act) => act['action'] === action), 15_000)

  const loaded = await untilAct('config.load')
  const references = asArray(asObject(loaded['after'])?.['references'])
  for (const line of [
    'providers.one.apiKey: vault:secret/data/llm#key',
    `providers.two.apiKey: file:${file}`,
    'secrets.vault.token: env:VAULT_TOKEN',
  ]) {
    assert.ok(references.includes(line), line)
  }

  const before = (await acts()).length
  for (let n = 0; n < 30; n++) {
    const response = await stack.post('/v1/chat/completions', {
      model: n % 2 === 0 ? 'one/echo' : 'two/echo',
      messages: [{ role: 'user', content: 'hi' }],
    })
    assert.equal(response.status, 200, await response.text())
  }
  assert.equal((await acts()).length, before)

  /** A secret that is stored is a reason to read all references again. */
  const readAgain = async () => {
    const stored = await asOwner(stack)('POST', '/secrets', { name: 'x', value: values.stored })
    assert.ok(stored.status < 300)
  }
  vault.secrets.set('secret/data/llm', { key: values.newer })
  await readAgain()
  assert.equal((await untilAct('secret.change'))['object'], 'vault:secret/data/llm')
  vault.state = 'sealed'
  await readAgain()
  const failed = await untilAct('secret.fail')
  assert.deepEqual(asObject(failed['after'])?.['kind'], 'unavailable')
  vault.state = 'open'
  await readAgain()
  await untilAct('secret.recover')
  const told = JSON.stringify(await acts())
  for (const value of [...Object.values(values), 'vault-token']) assert.ok(!told.includes(value), value)
  assert.equal((await stack.admin('/audit/verify'))['fault'], undefined)
})

test('whoever reads what callers wrote is in the audit, by what they looked for and without names of people', async (t) => {
  const stack = await startStack(t, { config: { payloads: { record: 'on' } } })
  const owner = asOwner(stack)
  const response = await stack.post(
    '/v1/chat/completions',
    { model: 'openai/echo', messages: [{ role: 'user', content: 'hello' }] },
    { 'x-weir-user': 'somebody@example.com' },
  )
  await response.text()
  const id = response.headers.get('x-weir-request-id')!
  await until('the payload', async () => {
    const { body } = await owner('GET', '/payloads?user=somebody@example.com')
    return asArray(body['data']).length === 1 || undefined
  })
  assert.equal((await owner('GET', `/requests/${id}/payload`)).status, 200)
  assert.equal((await owner('GET', '/requests/none/payload')).status, 404)
  const records = asArray((await stack.admin('/audit?action=payload.read'))['data']).map((each) =>
    asObject(each)!,
  )
  const objects = new Set(records.map(({ object }) => asString(object as string)))
  assert.deepEqual(objects, new Set(['payloads', `request:${id}`]))
  assert.ok(records.every(({ actor }) => actor === 'admin-token'))
  const search = records.find(({ object }) => object === 'payloads')
  assert.deepEqual(search?.['after'], { user: '***' })
  assert.ok(!JSON.stringify(records).includes('somebody'))
})

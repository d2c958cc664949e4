/** Stored secrets over a running gateway: set by the admin API or the command line, used by reference, never shown. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import type { JsonObject } from '../../src/core/json.ts'
import { start } from '../../src/main.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { startAwsKms } from '../support/cloud-keys.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { adminToken, testKey } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'
import { startVaultServer } from '../support/vault-server.ts'

const binary = resolve(import.meta.dirname, '../../bin/weir')
const env = {
  WEIR_ADMIN_TOKEN: adminToken,
  WEIR_TEST_KEY: testKey,
  SECRETS_KEY: 'a-key-of-thirty-two-characters-or-more',
  NEXT_KEY: 'the-next-of-thirty-two-characters-or-more',
  VAULT_TOKEN: 'vault-token',
  AWS_ID: 'AKIDEXAMPLE',
  AWS_SECRET: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}

async function weir(folder: string, args: readonly string[], input = '') {
  const child = spawn(binary, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.end(input)
  const closed = once(child, 'close')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  await closed
  return { code: child.exitCode, stdout, stderr }
}

async function startGateway(t: TestContext, folder: string, log: string[]) {
  const gateway = await start({
    configPath: join(folder, 'weir.yaml'),
    folder,
    env,
    port: 0,
    log: createLog({ level: 'debug', format: 'json', destination: { write: (line) => log.push(line) } }),
  })
  t.after(() => gateway.stop(true))
  const admin = async (method: string, path: string, body?: JsonObject) => {
    const response = await fetch(`${gateway.url}/admin/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: response.status, text: await response.text() }
  }
  const ask = async () => {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'openai/m', messages: [{ role: 'user', content: 'hi' }] }),
    })
    await response.text()
    return response.headers.get('x-weir-request-id')
  }
  return { gateway, admin, ask }
}

async function prepare(t: TestContext, secrets: JsonObject, more: JsonObject = {}) {
  const folder = createTemporaryFolder()
  const provider = await startScriptedProvider(t)
  const config: JsonObject = {
    ...more,
    server: { drain: { graceMs: 0, timeoutMs: 1000 } },
    admin: { token: 'env:WEIR_ADMIN_TOKEN' },
    keys: [{ name: 'test', secret: 'env:WEIR_TEST_KEY' }],
    providers: {
      openai: { apiKey: 'stored:openai', baseUrl: provider.url, allowPrivateNetwork: true },
    },
  }
  const write = (next: JsonObject) =>
    writeFileSync(join(folder, 'weir.yaml'), JSON.stringify({ ...config, secrets: next }))
  write(secrets)
  const keysSeen = () => provider.received.map(({ headers }) => headers['authorization']?.[0])
  return { folder, provider, keysSeen, write }
}

test('stored before the first start, used by reference, replaced while the gateway runs', async (t) => {
  const { folder, keysSeen } = await prepare(t, { stored: { key: 'env:SECRETS_KEY' } })
  const early = await weir(folder, ['check', '--secrets'])
  assert.equal(early.code, 2)
  assert.match(early.stdout, /stored:openai +no secret openai is stored/)
  const set = await weir(folder, ['secrets', 'set', 'openai'], 'canary-first-value\n')
  assert.deepEqual([set.code, set.stderr], [0, ''])
  const log: string[] = []
  const { admin, ask } = await startGateway(t, folder, log)
  await ask()
  assert.deepEqual(keysSeen(), ['Bearer canary-first-value'])

  const replaced = await admin('POST', '/secrets', { name: 'openai', value: 'canary-second-value' })
  assert.equal(replaced.status, 200)
  await until('the new value', async () => {
    await ask()
    return keysSeen().at(-1) === 'Bearer canary-second-value' || undefined
  })
  const rotated = await weir(folder, ['secrets', 'rotate', '--json'])
  assert.deepEqual(JSON.parse(rotated.stdout), { key_version: 2, secrets: 1, rewrapped: 0 })
  const list = await weir(folder, ['secrets', 'list'])
  assert.match(list.stdout, /openai +2 +2 /)
  const items = await Promise.all([
    admin('GET', '/secrets'),
    admin('GET', '/secrets/openai'),
    admin('GET', '/providers'),
  ])
  assert.deepEqual(
    items.map(({ status }) => status),
    [200, 405, 200],
  )
  const shown = [set, rotated, list].map(({ stdout, stderr }) => stdout + stderr)
  const files = readdirSync(join(folder, 'data')).filter((name) => /\.(db|db-wal|json|log)$/.test(name))
  assert.ok(files.length > 0)
  const written = files.map((name) => readFileSync(join(folder, 'data', name), 'latin1'))
  for (const place of [...shown, ...items.map((item) => item.text), replaced.text, ...log, ...written]) {
    assert.ok(!place.includes('canary'))
  }
  assert.equal((await admin('DELETE', '/secrets/openai')).status, 200)
  assert.equal((await admin('DELETE', '/secrets/openai')).status, 404)
})

test('the key can stay in Vault: data keys are wrapped by its transit engine', async (t) => {
  const vault = await startVaultServer(t, { clock: { nowMs: 0 } })
  vault.tokens.set('vault-token', { endsAtMs: Infinity, ttlSeconds: 0, isRenewable: false })
  const { folder, keysSeen } = await prepare(t, {
    vault: { address: vault.url, token: 'env:VAULT_TOKEN', allowPrivateNetwork: true },
    stored: { transit: { key: 'weir' } },
  })
  assert.equal((await weir(folder, ['secrets', 'set', 'openai'], 'value-under-transit')).code, 0)
  const { ask } = await startGateway(t, folder, [])
  await ask()
  assert.deepEqual(keysSeen(), ['Bearer value-under-transit'])
  assert.ok(
    vault.calls.includes('POST transit/encrypt/weir') && vault.calls.includes('POST transit/decrypt/weir'),
  )
})

test('the key moves from AWS KMS to one of a reference, and what was stored before is still read', async (t) => {
  const identity = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: env.AWS_SECRET }
  const kms = await startAwsKms(t, identity, 'alias/weir')
  const aws = {
    region: 'us-east-1',
    accessKeyId: 'env:AWS_ID',
    secretAccessKey: 'env:AWS_SECRET',
    allowPrivateNetwork: true,
  }
  const awsKms = { key: 'alias/weir', endpoint: kms.url }
  const { folder, keysSeen, write } = await prepare(t, { aws, stored: { awsKms } })
  assert.equal((await weir(folder, ['secrets', 'set', 'openai'], 'value-under-kms')).code, 0)
  const first = await startGateway(t, folder, [])
  await first.ask()
  assert.deepEqual(keysSeen(), ['Bearer value-under-kms'])
  await first.gateway.stop(true)

  write({ aws, stored: { key: 'env:SECRETS_KEY', previousServiceKeys: [{ awsKms }] } })
  const rotated = await weir(folder, ['secrets', 'rotate', '--json'])
  assert.deepEqual(JSON.parse(rotated.stdout), { key_version: 2, secrets: 1, rewrapped: 1 })
  write({ stored: { key: 'env:SECRETS_KEY' } })
  const second = await startGateway(t, folder, [])
  await second.ask()
  assert.deepEqual(keysSeen(), ['Bearer value-under-kms', 'Bearer value-under-kms'])
})

test('payloads that were recorded before the key moved are still read', async (t) => {
  const old = { stored: { key: 'env:SECRETS_KEY' } }
  const { folder, write } = await prepare(t, old, { payloads: { record: 'on' } })
  assert.equal((await weir(folder, ['secrets', 'set', 'openai'], 'value')).code, 0)
  const first = await startGateway(t, folder, [])
  const path = `/requests/${await first.ask()}/payload`
  assert.equal((await first.admin('GET', path)).status, 200)
  await first.gateway.stop(true)
  write({ stored: { key: 'env:NEXT_KEY', previousKeys: ['env:SECRETS_KEY'] } })
  const rotated = await weir(folder, ['secrets', 'rotate', '--json'])
  assert.deepEqual(JSON.parse(rotated.stdout), { key_version: 2, secrets: 1, rewrapped: 2 })
  write({ stored: { key: 'env:NEXT_KEY' } })
  const second = await startGateway(t, folder, [])
  const shown = await second.admin('GET', path)
  assert.equal(shown.status, 200, shown.text)
})

/** `weir check --secrets`: the state of each reference, and never its value. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { startAws } from '../support/cloud-secrets.ts'
import { serveProcess } from '../support/process.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { startVaultServer } from '../support/vault-server.ts'

const binary = resolve(import.meta.dirname, '../../bin/weir')

async function check(
  t: TestContext,
  config: JsonObject,
  env: Record<string, string>,
  args: readonly string[] = [],
) {
  const folder = createTemporaryFolder()
  writeFileSync(join(folder, 'weir.yaml'), JSON.stringify(config))
  return weir(folder, ['check', '--secrets', ...args], env)
}

async function weir(folder: string, args: readonly string[], env: Record<string, string>) {
  const child = spawn(binary, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  await closed
  return { code: child.exitCode, stdout, stderr }
}

test('each reference is told: those that lead to a value and those that do not', async (t) => {
  const vault = await startVaultServer(t, { clock: { nowMs: 0 } })
  vault.tokens.set('vault-token', { endsAtMs: Infinity, ttlSeconds: 0, isRenewable: false })
  vault.secrets.set('kv/llm', { openai: 'canary-value-of-openai' })
  const config = {
    secrets: { vault: { address: vault.url, token: 'env:VAULT_TOKEN', allowPrivateNetwork: true } },
    admin: { token: 'env:ADMIN_TOKEN' },
    providers: {
      openai: { apiKey: 'vault:kv/llm#openai', headers: { 'x-team': 'search' } },
      anthropic: { apiKey: 'vault:kv/none#anthropic' },
    },
  }
  const env = { VAULT_TOKEN: 'vault-token', ADMIN_TOKEN: 'canary-admin-token' }
  const { code, stdout, stderr } = await check(t, config, env)
  assert.equal(code, 2)
  assert.deepEqual(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/)),
    [
      ['SETTING', 'REFERENCE', 'STATE'],
      ['admin.token', 'env:ADMIN_TOKEN', 'ok'],
      ['providers.anthropic.apiKey', 'vault:kv/none#anthropic', 'Vault answered 404 when reading kv/none'],
      ['providers.openai.apiKey', 'vault:kv/llm#openai', 'ok'],
      ['secrets.vault.token', 'env:VAULT_TOKEN', 'ok'],
    ],
  )
  assert.match(stderr, /Vault answered 404 when reading kv\/none/)
  const json = await check(t, config, env, ['--json'])
  assert.equal(asArray(asObject(JSON.parse(json.stdout))?.['secrets']).length, 4)
  assert.ok(!(stdout + stderr + json.stdout + json.stderr).includes('canary'))
})

test('AWS credentials come from the standard chain where the file names none', async (t) => {
  const identity = {
    accessKeyId: 'AKIDCHAIN',
    secretAccessKey: 'the-secret-of-the-chain',
    sessionToken: 'session',
  }
  const { url } = await startAws(t, identity, { 'prod/openai': 'canary-value' })
  const config = {
    secrets: { aws: { region: 'us-east-1', endpoint: url, allowPrivateNetwork: true } },
    providers: { openai: { apiKey: 'aws-sm:prod/openai' } },
  }
  const env = {
    AWS_ACCESS_KEY_ID: identity.accessKeyId,
    AWS_SECRET_ACCESS_KEY: identity.secretAccessKey,
    AWS_SESSION_TOKEN: identity.sessionToken,
  }
  const { code, stdout } = await check(t, config, env)
  assert.match(stdout, /providers\.openai\.apiKey +aws-sm:prod\/openai +ok/)
  assert.equal(code, 0)
})

test('how to sign in cannot itself be kept in a vault', async (t) => {
  const config = {
    secrets: { vault: { address: 'https://vault.example', token: 'vault:kv/llm#token' } },
    providers: { openai: { apiKey: 'vault:kv/llm#openai' } },
  }
  const { code, stderr } = await check(t, config, {})
  assert.equal(code, 2)
  assert.match(stderr, /secrets\.vault\.token: a reference `vault:` cannot stand here/)
})

test('a check is in the audit: told to the gateway that runs, else to one that is started for it', async (t) => {
  const folder = createTemporaryFolder()
  const config = {
    admin: { token: 'env:ADMIN_TOKEN' },
    providers: { openai: { apiKey: 'env:OPENAI' }, anthropic: { apiKey: 'env:NONE' } },
    keys: [],
  }
  const env = { ADMIN_TOKEN: 'canary-admin-token-1', OPENAI: 'canary-value-of-openai' }
  const audited = async () => {
    const { stdout } = await weir(folder, ['audit', 'export'], { ...env, NONE: 'x' })
    const records = stdout
      .trimEnd()
      .split('\n')
      .map((line) => asObject(JSON.parse(line) as JsonObject)!)
    assert.ok(!stdout.includes('canary'))
    return records.filter(({ action }) => action === 'secret.check').map(({ after }) => after)
  }
  const lines = (none: string) => ({
    references: [
      'admin.token: env:ADMIN_TOKEN: ok',
      `providers.anthropic.apiKey: env:NONE: ${none}`,
      'providers.openai.apiKey: env:OPENAI: ok',
    ],
  })
  writeFileSync(join(folder, 'weir.yaml'), JSON.stringify(config))
  const first = await weir(folder, ['check', '--secrets'], { ...env, NONE: 'x' })
  assert.deepEqual(
    [first.code, readdirSync(folder).includes('data')],
    [0, false],
    'a check makes no database',
  )
  assert.match(first.stderr, /not in the audit/)

  const server = await serveProcess(t, folder, config, { ...env, NONE: 'x' })
  const running = await weir(folder, ['check', '--secrets'], env)
  assert.deepEqual([running.code, running.stderr.includes('not in the audit')], [2, false])
  server.child.kill('SIGTERM')
  await server.exited
  assert.deepEqual(await audited(), [lines('fault')])

  const alone = await weir(folder, ['check', '--secrets', '--json'], { ...env, NONE: 'x' })
  assert.equal(alone.code, 0, alone.stderr)
  assert.equal(asObject(JSON.parse(alone.stdout))?.['valid'], true)
  assert.deepEqual(await audited(), [lines('ok'), lines('fault')])
})

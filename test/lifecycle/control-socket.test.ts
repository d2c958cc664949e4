/** The control socket of a data directory: how commands reach the gateway that runs on it, or start one. */

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { AdminError, withAdmin } from '../../src/cli/admin-client.ts'
import { controlSocketPath } from '../../src/compose/control-socket.ts'
import { asArray, asObject } from '../../src/core/json.ts'
import { start } from '../../src/main.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { startStack } from '../support/stack.ts'

const log = createLog({ level: 'silent', format: 'json' })

function temporaryFolder(t: { after(end: () => void): void }, ...below: string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'weir-test-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const folder = join(root, ...below)
  mkdirSync(folder, { recursive: true })
  return folder
}

test('a command asks the gateway that runs on its data directory, without a token', async (t) => {
  const stack = await startStack(t)
  const { dataDir } = stack.gateway.config
  assert.equal(statSync(controlSocketPath(dataDir)).mode & 0o777, 0o600)
  await stack.post('/v1/chat/completions', {
    model: 'openai/words-3',
    messages: [{ role: 'user', content: 'Hi' }],
  })
  // The file names secrets that this process lacks: only `data` is read of it.
  await withAdmin({ data: dataDir }, async (admin) => {
    const listed = asObject(await admin.get('/requests'))
    assert.ok(Array.isArray(listed?.['data']))
    await assert.rejects(
      admin.get('/nowhere'),
      (error) => error instanceof AdminError && error.status === 404,
    )
    await assert.rejects(
      admin.get('/requests?limit=x'),
      (error) => error instanceof AdminError && error.code === 'invalid_request',
    )
  })
  const { status } = await fetch(`${stack.gateway.url}/admin/v1/requests`)
  assert.equal(status, 401, 'over the network the token is still asked for')
})

test('without a gateway, one is started for the command, on the socket alone, and stopped', async (t) => {
  const folder = temporaryFolder(t)
  const config = join(folder, 'weir.yaml')
  writeFileSync(config, 'data: ./kept\nproviders: { sim: { type: sim } }\n')
  const providers = await withAdmin({ config }, async (admin) => {
    await assert.rejects(
      start({ configPath: config, folder, env: {}, port: 0, log }),
      /another process uses the data directory/,
      'the directory is held meanwhile',
    )
    return asObject(await admin.get('/providers'))
  })
  assert.equal(asArray(providers?.['data']).length, 1)
  assert.ok(!existsSync(join(folder, 'kept', 'weir.sock')))
  const running = await start({ configPath: config, folder, env: {}, port: 0, log })
  await running.stop(true)
})

test('a socket that a killed process left is no gateway', async (t) => {
  const folder = temporaryFolder(t)
  const config = join(folder, 'weir.yaml')
  writeFileSync(config, 'providers: { sim: { type: sim } }\n')
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'data', 'weir.sock'), '')
  assert.ok(asObject(await withAdmin({ config }, (admin) => admin.get('/providers'))))
})

test('a data directory whose path is too long for a socket has it elsewhere', async (t) => {
  const folder = temporaryFolder(t, 'a-folder-with-a-long-name'.repeat(5))
  const config = join(folder, 'weir.yaml')
  writeFileSync(config, 'providers: { sim: { type: sim } }\n')
  assert.ok(asObject(await withAdmin({ config }, (admin) => admin.get('/providers'))))
})

/** Backup and restore: one file written while requests are served, and a gateway that goes on from it. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { create } from 'tar'
import type { JsonObject } from '../../src/core/json.ts'
import { asArray, asObject } from '../../src/core/json.ts'
import { start } from '../../src/main.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { startStack } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const program = join(import.meta.dirname, '../../src/cli/main.ts')
const log = createLog({ level: 'silent', format: 'json' })

/** Runs the command line; rejects with its output where it exits with another code than 0. */
async function weir(...args: string[]): Promise<string> {
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args])
  return stdout
}

test('a backup made under load holds all that was answered before it, and starts as a gateway', async (t) => {
  const stack = await startStack(t)
  const folder = createTemporaryFolder()
  const archive = join(folder, 'weir.backup')
  const chat = { model: 'openai/words-3', messages: [{ role: 'user', content: 'Hi' }] }
  const first = await stack.post('/v1/chat/completions', chat)
  const id = first.headers.get('x-weir-request-id')!
  await until('the record', async () =>
    (await stack.admin(`/requests/${id}`))['id'] === id ? id : undefined,
  )
  const load = Array.from({ length: 50 }, () => stack.post('/v1/chat/completions', chat))
  const written = JSON.parse(await weir('backup', archive, '--json', '--data', stack.gateway.config.dataDir))
  for (const { status } of await Promise.all(load)) assert.equal(status, 200)
  const paths = asArray(asObject(written)?.['files']).map((file) => asObject(file)?.['path'])
  for (const path of ['weir.db', 'records.db', 'pepper'])
    assert.ok(paths.includes(path), `${path} is missing`)
  await assert.rejects(weir('backup', archive, '--data', stack.gateway.config.dataDir), /is there already/)

  const dataDir = join(folder, 'restored')
  assert.match(await weir('restore', archive, '--data', dataDir), /files/)
  const config = join(folder, 'weir.yaml')
  writeFileSync(
    config,
    JSON.stringify({ admin: { token: 'env:TOKEN' }, providers: { sim: { type: 'sim' } } }),
  )
  const env = { TOKEN: 'admin-token-of-16-characters' }
  const restored = await start({ configPath: config, folder, dataDir, env, port: 0, log })
  t.after(() => restored.stop(true))
  const admin = async (path: string): Promise<JsonObject> => {
    const headers = { authorization: `Bearer ${env.TOKEN}` }
    return (await (await fetch(`${restored.url}/admin/v1${path}`, { headers })).json()) as JsonObject
  }
  assert.equal((await admin(`/requests/${id}`))['id'], id)
  // The ledger, too: the line, and everything that can be computed again of it.
  const line = asObject(asArray((await admin(`/ledger?request=${id}`))['data'])[0])
  assert.equal(line?.['kind'], 'settle')
  const proof = await admin('/ledger/verify')
  assert.deepEqual([proof['differences'], proof['open']], [[], 0])
  assert.ok(Number(proof['settled']) >= 1)
})

test('a directory in use, or with something in it, is not replaced by accident', async (t) => {
  const stack = await startStack(t)
  const folder = createTemporaryFolder()
  const archive = join(folder, 'weir.backup')
  await weir('backup', archive, '--data', stack.gateway.config.dataDir)
  await assert.rejects(
    weir('restore', archive, '--replace', '--data', stack.gateway.config.dataDir),
    /a gateway uses the data directory/,
  )
  const dataDir = join(folder, 'other')
  mkdirSync(dataDir)
  writeFileSync(join(dataDir, 'weir.db'), 'precious')
  await assert.rejects(weir('restore', archive, '--data', dataDir), /is not empty/)
  assert.equal(readFileSync(join(dataDir, 'weir.db'), 'utf8'), 'precious')
  const { movedTo } = JSON.parse(await weir('restore', archive, '--replace', '--json', '--data', dataDir))
  assert.equal(readFileSync(join(String(movedTo), 'weir.db'), 'utf8'), 'precious')
  assert.notEqual(readFileSync(join(dataDir, 'weir.db'), 'latin1'), 'precious')
  assert.deepEqual(
    readdirSync(dataDir).filter((name) => name.startsWith('.')),
    [],
  )
})

test('compiled code, which the image keeps in the data directory, is in no backup and stays where one is restored', async () => {
  const folder = createTemporaryFolder()
  const [from, to] = [join(folder, 'from'), join(folder, 'to')]
  for (const dataDir of [from, to]) {
    mkdirSync(join(dataDir, '.cache/weir/compile'), { recursive: true })
    writeFileSync(join(dataDir, '.cache/weir/compile/code'), dataDir)
  }
  const archive = join(folder, 'weir.backup')
  const { files } = JSON.parse(await weir('backup', archive, '--json', '--data', from)) as JsonObject
  const paths = asArray(files).map((file) => String(asObject(file)?.['path']))
  assert.ok(paths.includes('weir.db'), String(paths))
  assert.deepEqual(
    paths.filter((path) => path.startsWith('.cache')),
    [],
  )
  await weir('restore', archive, '--data', to)
  assert.equal(readFileSync(join(to, '.cache/weir/compile/code'), 'utf8'), to)
})

test('an archive that is damaged, foreign or hostile leaves the directory as it was', async () => {
  const folder = createTemporaryFolder()
  const dataDir = join(folder, 'data')
  const refused = async (archive: string, why: RegExp) => {
    await assert.rejects(weir('restore', archive, '--data', dataDir), why)
    assert.deepEqual(
      readdirSync(dataDir).filter((name) => !name.startsWith('weir.lock')),
      [],
    )
  }
  const text = join(folder, 'text')
  writeFileSync(text, 'not an archive')
  await refused(text, /is not a backup/)

  const content = join(folder, 'content')
  mkdirSync(content)
  writeFileSync(join(content, 'weir.db'), 'x')
  const foreign = join(folder, 'foreign')
  await create({ gzip: true, file: foreign, cwd: content }, ['weir.db'])
  await refused(foreign, /is not a backup/)
  writeFileSync(join(content, 'weir-backup.json'), '{')
  const broken = join(folder, 'broken')
  await create({ gzip: true, file: broken, cwd: content }, ['weir-backup.json', 'weir.db'])
  await refused(broken, /is not a backup/)

  const list = {
    format: 1,
    version: '0',
    createdAt: '',
    files: [{ path: 'weir.db', bytes: 1, sha256: 'other' }],
  }
  writeFileSync(join(content, 'weir-backup.json'), JSON.stringify(list))
  const changed = join(folder, 'changed')
  await create({ gzip: true, file: changed, cwd: content }, ['weir-backup.json', 'weir.db'])
  await refused(changed, /weir\.db is not as it was written/)

  const climbing = join(folder, 'climbing')
  await create({ gzip: true, file: climbing, cwd: content, preservePaths: true }, [
    'weir-backup.json',
    '../text',
  ])
  await refused(climbing, /is not a backup/)

  symlinkSync(text, join(content, 'link'))
  writeFileSync(
    join(content, 'weir-backup.json'),
    JSON.stringify({ ...list, files: [{ ...list.files[0], path: 'link' }] }),
  )
  const linking = join(folder, 'linking')
  await create({ gzip: true, file: linking, cwd: content }, ['weir-backup.json', 'link'])
  await refused(linking, /link is missing/)

  const cut = join(folder, 'cut')
  writeFileSync(cut, readFileSync(changed).subarray(0, 60))
  appendFileSync(cut, 'garbage')
  await refused(cut, /is not a backup/)
})

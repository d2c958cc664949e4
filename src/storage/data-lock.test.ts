import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { acquireDataLock } from './data-lock.ts'

function freshFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-lock-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'nested', 'data')
}

test('the directory is made for its owner alone, and one holder at a time has it', (t) => {
  const folder = freshFolder(t)
  const first = acquireDataLock(folder)
  assert.ok(first)
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  assert.equal(acquireDataLock(folder), undefined)
  first.release()
  first.release()
  const second = acquireDataLock(folder)
  assert.ok(second)
  second.release()
})

test('another process holds it until it is killed', async (t) => {
  const folder = freshFolder(t)
  const script = `
    const { acquireDataLock } = await import(${JSON.stringify(import.meta.resolve('./data-lock.ts'))})
    if (!acquireDataLock(${JSON.stringify(folder)})) throw new Error('not acquired')
    process.stdout.write('held')
    setInterval(() => {}, 1000)`
  const holder = spawn(process.execPath, ['--no-warnings', '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => holder.kill('SIGKILL'))
  const [said] = await once(holder.stdout, 'data')
  assert.equal(String(said), 'held')
  assert.equal(acquireDataLock(folder), undefined)
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const lock = acquireDataLock(folder)
  assert.ok(lock)
  lock.release()
})

test('a folder that cannot be made is an error, not a held lock', () => {
  assert.throws(() => acquireDataLock('/dev/null/data'), { code: /ENOTDIR|ENOENT/ })
})

/** A damaged ledger is told at the start; what can be read is kept, and nothing is overwritten. */

import assert from 'node:assert/strict'
import { copyFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { systemClock } from '../../core/clock.ts'
import { openLedger } from './open-ledger.ts'

/** A ledger with so many lines, each in a commit of its own, as a kill leaves it: most of it still in the log. */
function killedLedger(t: TestContext, lines: number, isCheckpointed = false): string {
  const folder = createTemporaryFolder()
  const live = join(folder, 'live.db')
  const { database } = openLedger(live, systemClock)
  const insert = database.prepare(
    `insert into ledger (org, request_id, attempt, at_ms, operation, dialect, stream, provider, model, credential,
      key_id, key_name, reserved_nano_usd, price_version, kind, settled_at_ms, usage_source, flags, input_tokens,
      output_tokens, provider_cost_nano_usd, charged_nano_usd)
    values ('default', ?, 1, 0, 'generate', 'openai-chat', 0, 'p', 'm', 'k', 'k', 'k', 0, 'none', 'settle', 0,
      'provider', 0, 1, 1, 1, 1)`,
  )
  for (let n = 1; n <= lines; n++) insert.run(`req_${n}`)
  if (isCheckpointed) database.exec('pragma wal_checkpoint(truncate)')
  const path = join(folder, 'ledger.db')
  for (const suffix of ['', '-wal']) copyFileSync(live + suffix, path + suffix)
  database.close()
  return path
}

function linesOf(path: string): { lines: number; damage: readonly string[] } {
  const { database, damage } = openLedger(path, systemClock)
  const { lines } = database.prepare('select count(*) as lines from ledger').get() as { lines: number }
  database.close()
  return { lines, damage }
}

const flip = (path: string, at: number) => {
  const bytes = readFileSync(path)
  bytes[at]! ^= 0xff
  writeFileSync(path, bytes)
}

const setAside = (path: string) => readdirSync(dirname(path)).filter((name) => name.includes('.damaged-'))

test('a sound file has nothing to tell', (t) => {
  assert.deepEqual(linesOf(killedLedger(t, 20)), { lines: 20, damage: [] })
})

test('a torn tail costs the write that had not ended, and nothing else', (t) => {
  const path = killedLedger(t, 20)
  truncateSync(`${path}-wal`, readFileSync(`${path}-wal`).length - 1_000)
  const { lines, damage } = linesOf(path)
  assert.equal(lines, 19)
  assert.match(damage.join(), /had not ended/)
  assert.deepEqual(linesOf(path), { lines: 19, damage: [] })
})

test('a log that is broken in the middle is told and kept', (t) => {
  const path = killedLedger(t, 20)
  const before = readFileSync(`${path}-wal`).length
  flip(`${path}-wal`, Math.floor(before * 0.75))
  const { lines, damage } = linesOf(path)
  assert.ok(lines > 0 && lines < 20, `${lines} lines`)
  assert.match(damage.join(), /log is broken/)
  const [kept] = setAside(path)
  assert.equal(readFileSync(join(dirname(path), kept!)).length, before)
})

test('of a file with a broken page, all other rows are saved', (t) => {
  const path = killedLedger(t, 2_000, true)
  const bytes = readFileSync(path)
  const at = bytes.indexOf('req_1000') // a page of lines, or of their index
  bytes.fill(0xa5, at - (at % 4096), at - (at % 4096) + 4096)
  writeFileSync(path, bytes)
  const { lines, damage } = linesOf(path)
  assert.ok(lines > 1_900 && lines <= 2_000, `${lines} lines`)
  assert.match(damage.join(), /damaged and kept/)
  assert.equal(setAside(path).length, 1)
  assert.deepEqual(linesOf(path), { lines, damage: [] })
})

test('a file that is no database at all is set aside, and a new one begun', () => {
  const path = join(createTemporaryFolder(), 'ledger.db')
  writeFileSync(path, 'this is not a database at all, '.repeat(300))
  const { lines, damage } = linesOf(path)
  assert.equal(lines, 0)
  assert.match(damage.join(), /damaged and kept/)
  assert.equal(setAside(path).length, 1)
})

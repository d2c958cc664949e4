/** Long questions are answered beside the event loop, and what goes wrong with one is told to whoever asked it. */

import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { createReader } from './reader.ts'

/** A tenth of a second or more. */
const long = `with recursive s(n) as (select 1 union all select n + 1 from s where n < 1000000) select max(n) as n from s`

function open(t: TestContext) {
  const path = join(createTemporaryFolder(), 'some.db')
  const database = new DatabaseSync(path)
  database.exec('pragma journal_mode = wal; create table things (name text)')
  const reader = createReader(path)
  t.after(async () => {
    await reader.close()
    database.close()
  })
  return { path, database, reader }
}

test('the event loop turns while a question is answered, and what was written before it is in the answer', async (t) => {
  const { database, reader } = open(t)
  let turns = 0
  let isAnswered = false
  const turn = (): void => {
    turns++
    if (!isAnswered) setImmediate(turn)
  }
  setImmediate(turn)
  const answer = reader.all(long, []).finally(() => (isAnswered = true))
  database.exec(`insert into things values ('one')`)
  const next = reader.all('select name from things where name = ?', ['one'])
  assert.deepEqual(
    (await answer).map((row) => row['n']),
    [1_000_000],
  )
  // One turn at most, were it answered on this thread.
  assert.ok(turns > 2, `it turned ${turns} times`)
  assert.deepEqual(
    (await next).map((row) => row['name']),
    ['one'],
  )
})

test('a question that cannot be answered fails alone, and too many are refused', async (t) => {
  const { reader } = open(t)
  const wrong = reader.all('select nobody from things', [])
  const right = reader.all('select 1 as n', [])
  await assert.rejects(wrong, /no such column/)
  assert.equal((await right).length, 1)
  await assert.rejects(reader.all(`insert into things values ('two')`, []), /readonly/)
  const many = Array.from({ length: 100 }, () => reader.all('select 1', []))
  await assert.rejects(reader.all('select 1', []), { code: 'store_unavailable' })
  assert.equal((await Promise.all(many)).length, 100)
})

test('whoever waits when the file is closed is told, and a thread that ends is started again', async (t) => {
  const { path, reader } = open(t)
  const other = createReader(`${path}-absent`)
  await assert.rejects(other.all('select 1', []), /unable to open/)
  new DatabaseSync(`${path}-absent`).close()
  assert.equal((await other.all('select 1', [])).length, 1)
  const asked = assert.rejects(other.all(long, []), /closed/)
  await other.close()
  await asked
  await assert.rejects(other.all('select 1', []), /closed/)
  rmSync(`${path}-absent`)
  assert.equal((await reader.all('select 1', [])).length, 1)
})

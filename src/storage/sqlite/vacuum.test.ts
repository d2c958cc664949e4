/** Files shrink while they are written, and nothing in them is lost. */

import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { createRequestRecord } from '../../../test/support/request-record.ts'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { systemClock } from '../../core/clock.ts'
import { createJournalWriter } from './journal-writer.ts'
import { directColumns, toDirectRow } from './direct-line.ts'
import { ledgerMigrations } from './ledger-migrations.ts'
import { openStore } from './open.ts'
import { recordMigrations } from './record-migrations.ts'
import { createRecordStore } from './record-store.ts'
import { createVacuum } from './vacuum.ts'

const pageBytes = 8_192

function sizeOf(database: DatabaseSync, path: string): number {
  database.exec('pragma wal_checkpoint(truncate)')
  return statSync(path).size
}

function assertSound(database: DatabaseSync): void {
  assert.equal(database.prepare('pragma integrity_check').get()!['integrity_check'], 'ok')
}

test("the ledger's file shrinks as its old lines go, between lines that come", (t) => {
  const path = join(createTemporaryFolder(), 'ledger.db')
  const database = openStore(path, ledgerMigrations, systemClock)
  t.after(() => database.close())
  const writer = createJournalWriter(database)
  let lines = 0
  const enter = (count: number, atMs: number, pruneBeforeMs = 0): void => {
    const rows = Array.from({ length: count }, () => toDirectRow(line(++lines, atMs)))
    const group = { intents: [], prices: [], marks: [], settlements: [], lines: rows, pruneBeforeMs }
    assert.equal(writer.write(group).is, 'written')
  }
  for (let n = 0; n < 16; n++) enter(1_000, 1_000)
  const before = sizeOf(database, path)
  const kept = 10 * 40
  for (let n = 0; n < 40; n++) enter(10, 90_000_000, 86_400_000)
  assert.equal(Number(database.prepare('select count(*) as n from ledger').get()!['n']), kept)
  const after = sizeOf(database, path)
  assert.ok(after < before / 1.5, `${before} bytes before, ${after} after`)
  const columns = database.prepare(`select ${directColumns.join(', ')} from ledger where seq = ?`)
  assert.deepEqual(Object.values(columns.get(lines)!), toDirectRow(line(lines, 90_000_000)))
  assertSound(database)
})

function line(n: number, atMs: number) {
  return {
    requestId: `req_${String(n).padStart(26, '0')}`,
    kind: 'cached' as const,
    attempt: 0,
    atMs,
    settledAtMs: atMs,
    org: 'default',
    keyId: 'k',
    keyName: 'key',
    user: `user-${n % 100}`,
    tags: [],
    dialect: 'openai-chat',
    operation: 'generate',
    stream: false,
    provider: 'openai',
    model: 'm',
    credential: 'cache',
    usage: { inputTokens: 0, outputTokens: 0 },
    usageSource: 'none' as const,
    flags: 0,
    reservedNanoUsd: 0,
    priceVersion: 'none',
    providerCostNanoUsd: 0,
    chargedNanoUsd: 0,
    savedNanoUsd: n,
  }
}

test('the file of records shrinks as they go', (t) => {
  const path = join(createTemporaryFolder(), 'records.db')
  const database = openStore(path, recordMigrations, systemClock)
  t.after(() => database.close())
  const store = createRecordStore(database)
  const count = 10_000
  for (let n = 0; n < count; n += 1_000) {
    store.insert(Array.from({ length: 1_000 }, (_, at) => createRequestRecord(n + at)))
  }
  const before = sizeOf(database, path)
  while (store.prune({ olderThanMs: count - 500 }) > 0);
  const after = sizeOf(database, path)
  assert.ok(after < before / 1.5, `${before} bytes before, ${after} after`)
  assert.equal(store.search({ org: 'default', limit: 1_000 }).data.length, 500)
  assertSound(database)
})

test('a step is bounded, and what new rows will need is kept', (t) => {
  const path = join(createTemporaryFolder(), 'some.db')
  const database = openStore(path, [], systemClock)
  t.after(() => database.close())
  database.exec('create table blobs (bytes blob)')
  const insert = database.prepare('insert into blobs values (zeroblob(?))')
  for (let n = 0; n < 500; n++) insert.run(pageBytes)
  database.exec('delete from blobs')
  const free = () => Number(database.prepare('pragma freelist_count').get()!['freelist_count'])
  const vacuum = createVacuum(database)
  const before = free()
  assert.equal(vacuum.step(), true)
  assert.equal(free(), before - 64)
  while (vacuum.step());
  assert.equal(free(), 256)
  assert.equal(vacuum.step(), false)
})

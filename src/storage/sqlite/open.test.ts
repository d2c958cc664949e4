/** A store opens with its migrations applied once, all or none. */

import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import type { Migration } from '../migration.ts'
import { openStore } from './open.ts'

const clock = { nowMs: () => 1000, monotonicMs: () => 0 }

function createTable(name: string): Migration {
  return {
    name: `create ${name}`,
    statements: ({ schema }) => [schema.createTable(name).addColumn('id', 'integer')],
  }
}

const failing: Migration = {
  name: 'failing',
  statements: ({ schema }) => [
    schema.createTable('half').addColumn('id', 'integer'),
    schema
      .createIndex('broken')
      .on('nowhere')
      .columns(['id'])
      .where(sql`1`, '=', 1),
  ],
}

test('migrations run once and in order, and are marked with their time', () => {
  const path = join(createTemporaryFolder(), 'data', 'x.db')
  openStore(path, [createTable('a')], clock).close()
  const database = openStore(path, [createTable('a'), createTable('b')], { ...clock, nowMs: () => 2000 })
  assert.deepEqual(
    database
      .prepare('select * from migrations order by applied_at_ms')
      .all()
      .map((row) => ({ ...row })),
    [
      { name: 'create a', applied_at_ms: 1000 },
      { name: 'create b', applied_at_ms: 2000 },
    ],
  )
  database.prepare('insert into b values (1)').run()
  database.close()
})

test('a migration that fails leaves nothing of itself or of its predecessors', () => {
  const path = join(createTemporaryFolder(), 'x.db')
  assert.throws(() => openStore(path, [createTable('a'), failing], clock), /nowhere/)
  const database = openStore(path, [], clock)
  const tables = database.prepare(`select name from sqlite_master where type = 'table'`).all()
  assert.deepEqual(
    tables.map((row) => row['name']),
    ['migrations'],
  )
  database.close()
})

test('a file of a newer program is refused', () => {
  const path = join(createTemporaryFolder(), 'x.db')
  openStore(path, [createTable('a'), createTable('b')], clock).close()
  assert.throws(
    () => openStore(path, [createTable('a')], clock),
    /newer version of Weir \(migration create b\)/,
  )
})

test('the file is a write-ahead database that only its owner reads', () => {
  const path = join(createTemporaryFolder(), 'x.db')
  const database = openStore(path, [createTable('a')], clock)
  assert.equal(database.prepare('pragma journal_mode').get()?.['journal_mode'], 'wal')
  assert.equal(database.prepare('pragma synchronous').get()?.['synchronous'], 1)
  for (const file of [path, `${path}-wal`, `${path}-shm`]) assert.equal(statSync(file).mode & 0o777, 0o600)
  database.close()
})

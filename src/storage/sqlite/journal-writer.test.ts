/** Whatever the journal's writer looks for, it finds by an index: the ledger may have ten million lines. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { systemClock } from '../../core/clock.ts'
import { createJournalWriter } from './journal-writer.ts'
import { ledgerMigrations } from './ledger-migrations.ts'
import { openStore } from './open.ts'

test('no statement that looks for one line reads all of them', (t) => {
  const database = openStore(join(createTemporaryFolder(), 'ledger.db'), ledgerMigrations, systemClock)
  t.after(() => database.close())
  const prepared: string[] = []
  createJournalWriter({
    exec: (sql: string) => database.exec(sql),
    prepare(sql: string) {
      prepared.push(sql)
      return database.prepare(sql)
    },
  } as DatabaseSync)
  const lookUps = prepared.filter((sql) => sql.startsWith('select 1 '))
  assert.equal(lookUps.length, 3)
  for (const sql of lookUps) {
    const plan = database.prepare(`explain query plan ${sql}`).all()
    for (const { detail } of plan) assert.match(String(detail), /^SEARCH /, sql)
  }
})

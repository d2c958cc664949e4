/** No report reads the whole ledger: what it asks for is found by an index, whatever it is told apart by. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { systemClock } from '../../core/clock.ts'
import { usageDimensions, type UsageFilter } from '../../ledger/port.ts'
import { exactFilter } from '../../records/filter.ts'
import { createLedgerStore } from './ledger-store.ts'
import { ledgerMigrations } from './ledger-migrations.ts'
import { openStore } from './open.ts'
import type { Row } from './reader.ts'

const dayMs = 86_400_000

test('each report finds its sums by the key of the table, and its newest lines by their number', async (t) => {
  const database = openStore(join(createTemporaryFolder(), 'ledger.db'), ledgerMigrations, systemClock)
  t.after(() => database.close())
  let steps: string[] = []
  const reader = {
    async all(
      sql: string,
      parameters: readonly (string | number | bigint | null | NodeJS.ArrayBufferView)[],
    ) {
      const plan: Row[] = database.prepare(`explain query plan ${sql}`).all(...parameters)
      steps = plan.map(({ detail }) => String(detail))
      return []
    },
  }
  const store = createLedgerStore(database, { reader })
  const query = { org: 'default', fromMs: dayMs / 2, toMs: 90.5 * dayMs, limit: 100, offset: 0 }
  const filters: UsageFilter[] = [
    {},
    ...usageDimensions
      .filter((name) => name !== 'hour' && name !== 'day')
      .map((name) => ({ [name]: exactFilter('x') })),
  ]
  for (const by of usageDimensions) {
    for (const where of filters) {
      const named = new Set(
        [by, ...Object.keys(where)].filter((name) => ['user', 'session', 'tag'].includes(name)),
      )
      if (named.size > 1) continue
      await store.usage({ ...query, by: [by], where })
      const tables = steps.filter((step) => /^(?:SEARCH|SCAN) (?:rollups|ledger)/.test(step))
      assert.ok(tables.length >= 2, steps.join('\n'))
      for (const step of tables) {
        assert.match(
          step,
          /^SEARCH (?:rollups USING PRIMARY KEY \(kind=\? AND span=\? AND at_ms>\? AND at_ms<\?|ledger USING (?:INTEGER PRIMARY KEY \(rowid|INDEX ledger_by_(?:user|session) \(.*seq)>\?)/,
          `${by} ${JSON.stringify(where)}: ${step}`,
        )
      }
    }
  }
})

/** The routes in force, as revisions of a real store say. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { until } from '../../test/support/until.ts'
import type { Config } from '../config/load.ts'
import type { RolloutStore } from '../rollout/port.ts'
import { migrations } from '../storage/sql/migrations.ts'
import { createRolloutStore } from '../storage/sql/rollout-store.ts'
import { openSqlite } from '../storage/sql/sqlite.ts'
import { createLog } from '../telemetry/log.ts'
import { openRollout } from './rollout.ts'

test('a route whose revision could not be made is taken up when the store is back', async (t) => {
  const clock = { at: 1_000_000, nowMs: () => clock.at, monotonicMs: () => clock.at }
  const database = openSqlite(join(createTemporaryFolder(), 'weir.db'), migrations, clock)
  t.after(() => database.close())
  const store = createRolloutStore(database)
  let isDown = true
  const write: RolloutStore['write'] = async (change) => {
    if (isDown) throw new Error('down')
    return store.write(change)
  }
  const routes = { assistant: { targets: [{ target: 'openai/m' }] } }
  const rollout = await openRollout({
    config: { routes, rollout: { maxGateAgeHours: 24 } } as unknown as Config,
    stores: { rollout: { ...store, write } } as never,
    audit: { record: async () => 1 },
    checkModels: assert.fail,
    clock,
    log: createLog({ level: 'silent', format: 'json' }),
  })
  t.after(() => rollout.close())
  let changes = 0
  rollout.onChange(() => changes++)
  assert.deepEqual(rollout.names(), [])
  isDown = false
  clock.at += 10_000
  await until('the revision', () => (rollout.names().length > 0 ? true : undefined))
  assert.deepEqual(rollout.names(), ['assistant'])
  assert.ok(changes > 0, 'whoever holds the routes is told')
})

/** A key that nobody has renewed for too long is an alert soon after the start. */

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../src/core/clock.ts'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { createAccessStore } from '../../src/storage/sql/access-store.ts'
import { openDatabase } from '../../src/storage/sql/open.ts'
import { asOwner } from '../support/people.ts'
import { startStack } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const dayMs = 86_400_000

test('keys past their age are alerts, by their name and never by their secret', async (t) => {
  const dataDir = join(createTemporaryFolder(), 'data')
  mkdirSync(dataDir)
  const database = await openDatabase({
    store: 'sqlite',
    dataDir,
    clock: systemClock,
    onError: () => undefined,
  })
  const nowMs = systemClock.nowMs()
  const key = (id: string, days: number) => ({
    org: 'default',
    id,
    name: `key of ${days} days`,
    seq: 0,
    createdAtMs: nowMs - days * dayMs,
    metadata: {},
    secretHash: 'ab'.repeat(32),
    rules: {},
  })
  const renewed = { ...key('renewed', 400), secretAtMs: nowMs - dayMs }
  await createAccessStore(database).write({ keys: [key('old', 120), key('young', 80), renewed] })
  await database.close()
  const stack = await startStack(t, { dataDir, config: { alerts: { rules: { keyAgeDays: 90 } } } })
  const alerts = async (status: string) => {
    const { body } = await asOwner(stack)('GET', `/alerts?kind=key-age&status=${status}`)
    return asArray(body['data']).map((alert) => asObject(alert)!)
  }
  const raised = await until('the alert', async () => {
    const found = await alerts('open')
    return found.length > 0 ? found : undefined
  })
  assert.deepEqual(
    raised.map(({ subject, summary }: JsonObject) => [subject, summary]),
    [['old', 'The API key "key of 120 days" is 120 days old: rotate it, or end it.']],
  )
})

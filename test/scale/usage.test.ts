/** Reports and sessions are of all instances together, and instances that start at once share one migration. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asArray, asObject } from '../../src/core/json.ts'
import { testServer } from '../support/databases.ts'
import { startInstances } from '../support/instances.ts'
import { until } from '../support/until.ts'

test('each instance tells what all of them have used', async (t) => {
  const instances = await startInstances(t, 2)
  if (typeof instances === 'string') return t.skip(instances)
  const { post, admin } = instances
  const body = { model: 'openai/echo', user: 'ada', prompt_cache_key: 'talk', messages: [] }
  for (const at of [0, 0, 1]) {
    const messages = [{ role: 'user', content: `to instance ${at}` }]
    assert.equal((await post(at, '/v1/chat/completions', { ...body, messages })).status, 200)
  }
  for (const at of [0, 1]) {
    const row = await until('the lines of both', async () => {
      const { data } = await admin(at, '/usage?by=model')
      const [found] = asArray(data).map((each) => asObject(each)!)
      return found?.['requests'] === 3 ? found : undefined
    })
    assert.ok(Number(row['charged_usd']) > 0)
    const session = await admin(at, '/sessions/talk')
    assert.equal(asArray(session['turns']).length, 3)
    const shared = asObject((await admin(at, '/ledger/verify'))['shared'])!
    assert.deepEqual([shared['lines'], shared['charged_usd']], [3, row['charged_usd']])
  }
})

testServer('of several that start at once, one migrates and all are served', async (place) => {
  const databases = await Promise.all(Array.from({ length: 4 }, () => place.open()))
  for (const { kysely } of databases) {
    const db = kysely.withTables<{ migrations: { name: string } }>()
    const steps = await db.selectFrom('migrations').select('name').execute()
    assert.equal(steps.filter(({ name }) => name === 'ledger-0002-shared-rollups').length, 1)
  }
})

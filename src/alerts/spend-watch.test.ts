/** What keys spend is added up over instances and restarts, by the prices of their models. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createTestClock, type TestClock } from '../../test/support/access.ts'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import type { PriceTable } from '../models/price.ts'
import type { AttemptRecord } from '../records/record.ts'
import { openDatabase } from '../storage/sql/open.ts'
import { createSpendStore } from '../storage/sql/spend-store.ts'
import type { SpendStore } from './port.ts'
import { SpendWatch } from './spend-watch.ts'

const hourMs = 3_600_000
/** One USD for a thousand output tokens. */
const price: PriceTable = {
  periods: [{ tiers: [{ aboveTokens: 0, rates: { input: 0, output: 1_000_000_000_000 } }] }],
}

async function openStore(t: TestContext, clock: TestClock): Promise<SpendStore> {
  const dataDir = createTemporaryFolder()
  const database = await openDatabase({ store: 'sqlite', dataDir, clock, onError: () => undefined })
  t.after(() => database.close())
  return createSpendStore(database)
}

const watchOver = (store: SpendStore, clock: TestClock) =>
  new SpendWatch({
    store,
    clock,
    prices: async () => (_provider, model) => (model === 'priced' ? price : undefined),
    rule: () => ({ score: 8, minNanoUsd: 1e9 }),
  })

function request(clock: TestClock, outputTokens: number, model = 'priced') {
  const attempt: AttemptRecord = {
    n: 1,
    provider: 'openai',
    model,
    startedMs: 0,
    endedMs: 1,
    dropped: [],
    usage: { inputTokens: 0, outputTokens },
  }
  // A retry that was billed too.
  return { org: 'default', keyId: 'k', keyName: 'app', atMs: clock.nowMs(), attempts: [attempt, attempt] }
}

test('a spike is found against the history of all instances, also after a restart, and ends with its hour', async (t) => {
  const clock = createTestClock()
  const store = await openStore(t, clock)
  const instances = [watchOver(store, clock), watchOver(store, clock)]
  for (let hour = 0; hour < 30; hour++) {
    for (const [at, watch] of instances.entries()) {
      watch.note(request(clock, 500 + ((hour + at) % 3) * 50))
      assert.deepEqual((await watch.judge()).raised, [])
    }
    clock.advance(hourMs)
  }
  const restarted = watchOver(store, clock)
  restarted.note(request(clock, 1_000_000, 'unpriced'))
  assert.deepEqual((await restarted.judge()).raised, [])
  restarted.note(request(clock, 20_000))
  const { raised } = await restarted.judge()
  assert.equal(raised[0]?.detail['spent_usd'], '40')
  clock.advance(hourMs)
  assert.deepEqual(await restarted.judge(), {
    raised: [],
    resolved: [{ org: 'default', kind: 'spend-anomaly', subject: 'k' }],
  })
})

test('every request of a burst counts, and what the store could not take is stored the next time', async (t) => {
  const clock = createTestClock()
  const store = await openStore(t, clock)
  let isDown = true
  const watch = watchOver(
    {
      ...store,
      add: (hours) => (isDown ? Promise.reject(new Error('down')) : store.add(hours)),
    },
    clock,
  )
  watch.note(request(clock, 1)) // before the prices are there
  await assert.rejects(watch.judge())
  const record = request(clock, 1)
  for (let n = 1; n < 150_000; n++) watch.note(record)
  isDown = false
  await watch.judge()
  const stored = await store.since(0)
  assert.deepEqual(
    stored.map(({ nanoUsd }) => nanoUsd),
    [150_000 * 2 * 1_000_000],
  )
})

test('an anomaly of before a restart ends with its hour', async (t) => {
  const clock = createTestClock()
  const watch = watchOver(await openStore(t, clock), clock)
  const what = { org: 'default', kind: 'spend-anomaly', subject: 'k' } as const
  watch.resume(what)
  assert.deepEqual(await watch.judge(), { raised: [], resolved: [what] })
  assert.deepEqual(await watch.judge(), { raised: [], resolved: [] })
})

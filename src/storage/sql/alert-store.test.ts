/** One alert of each thing is open at a time, with what is to be told of it; spend adds up by the hour. */

import assert from 'node:assert/strict'
import { testStore } from '../../../test/support/databases.ts'
import type { Signal } from '../../alerts/alert.ts'
import { createAlertStore } from './alert-store.ts'
import { createSpendStore } from './spend-store.ts'

const signal: Signal = {
  org: 'default',
  kind: 'provider-failures',
  subject: 'openai',
  severity: 'warning',
  summary: 'The provider openai fails.',
  detail: { attempts: 40 },
}
const channels = ['hook', 'mail']

testStore('reported again it is the same alert, until it is over; worse is told again', async (database) => {
  const store = createAlertStore(database)
  const first = await store.raise(signal, { id: 'a1', nowMs: 100, channels })
  assert.deepEqual(first, {
    occasion: 'raised',
    alert: { ...signal, id: 'a1', status: 'open', count: 1, firstAtMs: 100, lastAtMs: 100 },
  })
  const again = await store.raise({ ...signal, summary: 'Still.' }, { id: 'a2', nowMs: 200, channels })
  assert.deepEqual([again.occasion, again.alert.id, again.alert.count], ['repeated', 'a1', 2])
  assert.equal(again.alert.summary, 'Still.')
  const worse = await store.raise({ ...signal, severity: 'critical' }, { id: 'a3', nowMs: 300, channels })
  assert.equal(worse.occasion, 'escalated')
  const milder = await store.raise(signal, { id: 'a4', nowMs: 350, channels })
  assert.deepEqual([milder.occasion, milder.alert.severity], ['repeated', 'critical'])
  assert.deepEqual(
    (await store.open()).map(({ id, count }) => [id, count]),
    [['a1', 4]],
  )
  const over = await store.resolve(signal, { nowMs: 400, channels: ['hook'] })
  assert.deepEqual([over?.status, over?.resolvedAtMs, over?.count], ['resolved', 400, 4])
  assert.equal(await store.resolve(signal, { nowMs: 500, channels }), undefined)
  assert.deepEqual(await store.open(), [])
  assert.equal((await store.raise(signal, { id: 'a5', nowMs: 600, channels: [] })).occasion, 'raised')
  const due = await store.claim(1000, 60_000, 100)
  assert.deepEqual(
    due.map(({ alertId, occasion, channel }) => `${alertId} ${occasion} ${channel}`).toSorted(),
    ['a1 escalated hook', 'a1 escalated mail', 'a1 raised hook', 'a1 raised mail', 'a1 resolved hook'],
  )
})

testStore(
  'a delivery is for one taker at a time, and stays until it is delivered or given up',
  async (database) => {
    const store = createAlertStore(database)
    await store.raise(signal, { id: 'a1', nowMs: 100, channels })
    const claimed = await store.claim(100, 60_000, 1)
    const other = await store.claim(100, 60_000, 10)
    assert.deepEqual([claimed.length, other.length], [1, 1])
    assert.deepEqual(await store.claim(60_099, 60_000, 10), [])
    await store.delivered(other[0]!.id)
    const [late] = await store.claim(60_100, 60_000, 10)
    assert.deepEqual([late!.id, late!.attempts], [claimed[0]!.id, 1])
    await store.failed(late!.id, 90_000)
    assert.deepEqual(await store.claim(89_999, 60_000, 10), [])
    assert.equal((await store.claim(90_000, 60_000, 10)).length, 1)
    await store.failed(late!.id, undefined)
    assert.deepEqual(await store.claim(9_000_000, 60_000, 10), [])
  },
)

testStore('alerts are listed by page, acknowledged once, and of their own organisation', async (database) => {
  const store = createAlertStore(database)
  for (const [n, subject] of ['x', 'y', 'z'].entries()) {
    await store.raise({ ...signal, subject }, { id: `a${n}`, nowMs: 100, channels: [] })
  }
  await store.resolve({ ...signal, subject: 'y' }, { nowMs: 200, channels: [] })
  const page = await store.list({ org: 'default', limit: 2 })
  assert.deepEqual(
    page.map(({ id }) => id),
    ['a2', 'a1'],
  )
  const rest = await store.list({ org: 'default', limit: 2, before: page[1]! })
  assert.deepEqual(
    rest.map(({ id }) => id),
    ['a0'],
  )
  assert.equal((await store.list({ org: 'default', status: 'open', limit: 9 })).length, 2)
  assert.equal((await store.list({ org: 'default', kind: 'drift', limit: 9 })).length, 0)
  assert.deepEqual(await store.list({ org: 'other', limit: 9 }), [])
  assert.equal((await store.acknowledge('default', 'a0', 300))?.acknowledgedAtMs, 300)
  assert.equal((await store.acknowledge('default', 'a0', 400))?.acknowledgedAtMs, 300)
  assert.equal(await store.acknowledge('other', 'a0', 300), undefined)
  assert.equal((await store.acknowledge('default', 'a0', null))?.acknowledgedAtMs, undefined)
  assert.equal((await store.acknowledge('default', 'a0', 500))?.acknowledgedAtMs, 500)
  await store.prune(201)
  assert.equal((await store.list({ org: 'default', limit: 9 })).length, 2)
})

testStore('of an alert that is silenced no channel is told until its time has come', async (database) => {
  const store = createAlertStore(database)
  const channels = ['pager']
  const raise = (severity: 'info' | 'warning' | 'critical', nowMs: number) =>
    store.raise({ ...signal, severity }, { id: `a${nowMs}`, nowMs, channels })
  await raise('info', 100)
  assert.equal(await store.silence('other', 'a100', 200), undefined)
  assert.equal((await store.silence('default', 'a100', 200))?.silencedUntilMs, 200)
  await raise('warning', 150)
  const told = async () => (await store.claim(1_000, 0, 9)).map(({ occasion }) => occasion)
  assert.deepEqual(await told(), ['raised'])
  await raise('critical', 200)
  assert.deepEqual((await told()).toSorted(), ['escalated', 'raised'])
  await store.silence('default', 'a100', 400)
  await store.resolve(signal, { nowMs: 300, channels })
  assert.equal((await told()).length, 2)
  assert.equal(await store.silence('default', 'a100', 500), undefined, 'it is over')
})

testStore('spend adds up by key and hour, from any instance', async (database) => {
  const store = createSpendStore(database)
  const row = { org: 'default', keyId: 'k', keyName: 'app', hour: 10, nanoUsd: 5 }
  await store.add([row, { ...row, keyId: 'other' }])
  await store.add([
    { ...row, keyName: 'renamed', nanoUsd: 7 },
    { ...row, hour: 9 },
  ])
  await store.add([])
  assert.deepEqual(
    (await store.since(10)).toSorted((a, b) => (a.keyId < b.keyId ? -1 : 1)),
    [
      { ...row, keyName: 'renamed', nanoUsd: 12 },
      { ...row, keyId: 'other' },
    ],
  )
  await store.prune(10)
  assert.equal((await store.since(0)).length, 2)
})

testStore('the spend of any number of keys is added at once', async (database) => {
  const store = createSpendStore(database)
  const hours = Array.from({ length: 15_000 }, (_, n) => ({
    org: 'default',
    keyId: `k${n}`,
    keyName: 'app',
    hour: 1,
    nanoUsd: n,
  }))
  await store.add(hours)
  await store.add(hours.slice(0, 2))
  const stored = await store.since(1)
  assert.equal(stored.length, 15_000)
  assert.equal(stored.find(({ keyId }) => keyId === 'k1')?.nanoUsd, 2)
})

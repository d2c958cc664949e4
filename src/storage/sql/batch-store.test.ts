/** Lines are had by one instance at a time, come back when it falls silent, and have one result each. */

import assert from 'node:assert/strict'
import { testDatabase, testStore } from '../../../test/support/databases.ts'
import type { Batch, Lease, LinePlace, SettledLine } from '../../batch/port.ts'
import { createBatchStore } from './batch-store.ts'
import { createFileStore } from './file-store.ts'
import { plainBatch } from '../../../test/support/plain-batch.ts'

const batch: Batch = { ...plainBatch, metadata: { team: 'x' }, total: 4 }
const places = [1, 2, 3, 5].map((line): LinePlace => ({ line, offset: line * 10, bytes: 9 }))
const lease = (holder: string, nowMs: number): Lease => ({ holder, nowMs, leaseMs: 1000 })
const result = (line: number, isError = false): SettledLine => ({
  line,
  isError,
  costNanoUsd: 7,
  usage: { inputTokens: 5, cacheReadTokens: 1, outputTokens: 3, reasoningTokens: 2 },
  part: 'p',
  offset: line * 100,
  bytes: 90,
})
const numbers = (lines: readonly { readonly line: number }[]) => lines.map(({ line }) => line)

testStore(
  'a line is claimed by one, renewed while it lives, and goes to another when it falls silent',
  async (database) => {
    const store = createBatchStore(database)
    await store.create(batch)
    await store.addLines(batch.id, places)
    const mine = await store.claim(batch.id, 2, lease('a', 1000))
    assert.deepEqual(mine, [
      { line: 1, offset: 10, bytes: 9, tries: 0, crashes: 0 },
      { line: 2, offset: 20, bytes: 9, tries: 0, crashes: 0 },
    ])
    assert.deepEqual(numbers(await store.claim(batch.id, 10, lease('b', 1000))), [3, 5])
    assert.deepEqual(await store.claim(batch.id, 10, lease('b', 1999)), [])
    assert.equal(await store.underWay(batch.id, 1999), 4)
    await store.extend([batch.id], lease('b', 1999))
    const taken = await store.claim(batch.id, 10, lease('b', 2500))
    assert.deepEqual(
      taken.map(({ line, crashes }) => [line, crashes]),
      [
        [1, 1],
        [2, 1],
      ],
    )
    // Who lost its lease gives back nothing.
    await store.giveBack(batch.id, 'a', [{ line: 1, dueAtMs: 0, tries: 9 }])
    assert.deepEqual(await store.due(batch.id, 2500, 10), [])
    await store.giveBack(batch.id, 'b', [{ line: 1, dueAtMs: 5000, tries: 1 }])
    assert.deepEqual(await store.due(batch.id, 4000, 10), [3, 5, 2])
    const again = await store.claim(batch.id, 10, lease('c', 5000), [1, 77])
    assert.deepEqual(again, [{ line: 1, offset: 10, bytes: 9, tries: 1, crashes: 1 }])
    await store.releaseAll('c', 5100)
    assert.deepEqual(await store.findDue([batch.id, 'another'], 5100), [{ id: batch.id, fewestCrashes: 0 }])
    // From now on it is asked for as what it is.
    assert.deepEqual(await store.claim(batch.id, 10, lease('c', 5100), [1]), [])
    assert.deepEqual(await store.due(batch.id, 5100, 10), [3, 5, 2])
    const suspects = (nowMs: number, crashes: number, orMore: boolean) =>
      store.claimSuspects(batch.id, 10, lease('c', nowMs), { crashes, orMore })
    assert.deepEqual(await suspects(5100, 3, true), [])
    const [suspect, ...others] = await suspects(5100, 2, false)
    assert.deepEqual([suspect!.line, suspect!.crashes, others], [1, 2, []])
    assert.deepEqual(await suspects(5200, 2, false), [])
    await store.releaseAll('c', 5300)
    assert.deepEqual(await suspects(5300, 2, false), [])
    assert.deepEqual(
      (await suspects(5300, 2, true)).map(({ line, crashes }) => [line, crashes]),
      [[1, 3]],
    )
  },
)

testStore('each line has one result, whoever brings it; the last one ends the progress', async (database) => {
  const store = createBatchStore(database)
  await store.create(batch)
  await store.addLines(batch.id, places)
  await store.claim(batch.id, 4, lease('a', 1000))
  const half = await store.settle(batch.id, 'a', [result(1), result(2, true)], 1100)
  assert.deepEqual([half.completed, half.failed, half.costNanoUsd, half.status], [1, 1, 14, 'in_progress'])
  const same = await store.settle(batch.id, 'a', [{ ...result(1), part: 'other' }, result(3)], 1200)
  assert.deepEqual([same.completed, same.failed, same.costNanoUsd], [2, 1, 21])
  assert.equal(await store.endOfPart(batch.id, 'p'), 390)
  assert.equal(await store.endOfPart(batch.id, 'other'), 0)
  const last = await store.settle(batch.id, 'a', [result(5)], 1300)
  assert.deepEqual([last.status, last.finalizingAtMs], ['finalizing', 1300])
  const lines = await store.lines(batch.id, 0, 3)
  assert.deepEqual(lines[1], {
    line: 2,
    offset: 20,
    bytes: 9,
    result: { part: 'p', isError: true, offset: 200, bytes: 90 },
  })
  assert.deepEqual(numbers(await store.lines(batch.id, 3, 10)), [5])
  const ended = await store.change(batch.id, ['finalizing'], { status: 'completed', endedAtMs: 1400 })
  assert.equal(ended?.status, 'completed')
  assert.equal(await store.change(batch.id, ['finalizing'], { status: 'completed' }), undefined)
  const late = await store.settle(batch.id, 'a', [result(5)], 1500)
  assert.equal(late.completed, 3)
  assert.deepEqual(await store.endedWithLines('here'), [batch.id])
  assert.equal(await store.removeLines(batch.id, 3), 3)
  assert.equal(await store.removeLines(batch.id, 3), 1)
  assert.deepEqual(await store.endedWithLines('here'), [])
})

testDatabase('two instances that ask at the same moment get different lines', async (place) => {
  const [one, other] = [createBatchStore(await place.open()), createBatchStore(await place.open())]
  await one.create(batch)
  const many = Array.from({ length: 1200 }, (_, n) => ({ line: n + 1, offset: n, bytes: 1 }))
  await one.addLines(batch.id, many)
  await one.addLines(batch.id, many.slice(0, 3))
  const claims = await Promise.all(
    Array.from({ length: 12 }, (_, n) => (n % 2 ? one : other).claim(batch.id, 100, lease(`i${n}`, 1000))),
  )
  const rest = await one.claim(batch.id, 1200, lease('rest', 1000))
  const all = [...claims.flat(), ...rest].map(({ line }) => line)
  assert.equal(new Set(all).size, all.length)
  assert.equal(all.length, 1200)
})

testStore(
  'batches are listed by owner and page, led by one, and changed from where they stand',
  async (database) => {
    const store = createBatchStore(database)
    for (const n of [1, 2, 3]) await store.create({ ...batch, id: `batch_${n}`, maxNanoUsd: 5 })
    await store.create({ ...batch, id: 'batch_4', keyId: 'other' })
    await store.create({ ...batch, id: 'batch_5', org: 'elsewhere', folder: 'there' })
    const page = await store.list({ org: 'default', keyId: 'k', limit: 2 })
    assert.deepEqual(
      page.map(({ id }) => id),
      ['batch_3', 'batch_2'],
    )
    assert.deepEqual(await store.list({ org: 'default', keyId: 'k', limit: 2, after: 'batch_2' }), [
      { ...batch, id: 'batch_1', maxNanoUsd: 5 },
    ])
    assert.equal((await store.list({ org: 'default', limit: 9, status: 'in_progress' })).length, 4)
    assert.equal((await store.list({ org: 'default', limit: 9, dialect: 'anthropic' })).length, 0)
    assert.equal(await store.get('elsewhere', 'batch_1'), undefined)
    assert.equal((await store.open('here')).length, 4)
    assert.equal(await store.lead('batch_1', lease('a', 1000)), true)
    assert.equal(await store.lead('batch_1', lease('b', 1999)), false)
    assert.equal(await store.lead('batch_1', lease('a', 1500)), true)
    assert.equal(await store.lead('batch_1', lease('b', 2500)), true)
    const faults = [{ code: 'x', line: 3, message: 'y' }]
    const failed = await store.change('batch_1', ['in_progress'], {
      status: 'failed',
      faults,
      isPaused: true,
    })
    assert.deepEqual([failed?.faults, failed?.isPaused], [faults, true])
  },
)

testStore('files are of one key, listed by page, and found when they expire', async (database) => {
  const store = createFileStore(database)
  const file = {
    id: 'f1',
    org: 'default',
    keyId: 'k',
    folder: 'here',
    purpose: 'batch',
    filename: 'a',
    bytes: 5,
    createdAtMs: 1,
  }
  await store.put(file)
  await store.put({ ...file, id: 'f2', purpose: 'batch_output', expiresAtMs: 50 })
  await store.put({ ...file, id: 'f2', purpose: 'batch_output', expiresAtMs: 60 })
  await store.put({ ...file, id: 'f3', keyId: 'other' })
  assert.deepEqual(await store.get(file, 'f1'), file)
  assert.equal(await store.get({ org: 'default', keyId: 'other' }, 'f1'), undefined)
  const ids = async (query: object) =>
    (await store.list({ ...file, order: 'asc', limit: 9, purpose: undefined!, ...query })).map(({ id }) => id)
  assert.deepEqual(await ids({}), ['f1', 'f2'])
  assert.deepEqual(await ids({ order: 'desc', limit: 1 }), ['f2'])
  assert.deepEqual(await ids({ order: 'desc', after: 'f2' }), ['f1'])
  assert.deepEqual(await ids({ purpose: 'batch_output' }), ['f2'])
  assert.equal(await store.totalBytes('default'), 15)
  assert.equal(await store.totalBytes('nobody'), 0)
  assert.deepEqual(await store.expired('here', 59, 9), [])
  assert.equal((await store.expired('here', 60, 9)).length, 1)
  assert.equal(await store.delete({ org: 'default', keyId: 'other' }, 'f1'), false)
  assert.equal(await store.delete(file, 'f1'), true)
})

/** The recorder groups, survives a failing store within its bounds, prunes, and loses at most a group to a kill. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createRequestRecord } from '../../test/support/request-record.ts'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { systemClock } from '../core/clock.ts'
import { openStore } from '../storage/sqlite/open.ts'
import { recordMigrations } from '../storage/sqlite/record-migrations.ts'
import { createRecordStore } from '../storage/sqlite/record-store.ts'
import type { PruneLimits, RecordStore, RequestRecord } from './port.ts'
import { createRecorder, type Recorder, type RecorderOptions } from './recorder.ts'

interface Bench {
  readonly recorder: Recorder
  /** The numbers of the records of each group that was written. */
  readonly groups: number[][]
  readonly prunes: PruneLimits[]
  readonly lost: number[]
  fault: (records: readonly RequestRecord[]) => boolean
  pruneAnswers: number[]
}

function createBench(t: TestContext, options: Partial<RecorderOptions> = {}): Bench {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const bench: Omit<Bench, 'recorder'> = {
    groups: [],
    prunes: [],
    lost: [],
    fault: () => false,
    pruneAnswers: [],
  }
  const store: RecordStore = {
    insert(records) {
      if (bench.fault(records)) throw new Error('disk full')
      bench.groups.push(records.map((record) => record.atMs))
    },
    search: () => ({ data: [] }),
    timings: () => [],
    get: () => undefined,
    cursorAt: () => undefined,
    requestsOf: () => ({ ids: [], sessions: [] }),
    forget: () => undefined,
    prune(limits) {
      bench.prunes.push(limits)
      return bench.pruneAnswers.shift() ?? 0
    },
    sizeBytes: () => 0,
  }
  const recorder = createRecorder({
    store,
    clock: { nowMs: () => 10 * 86_400_000, monotonicMs: () => 0 },
    onError: (_cause, dropped) => bench.lost.push(dropped),
    retention: { days: 3, maxBytes: 1000 },
    ...options,
  })
  return Object.assign(bench, { recorder })
}

const record = (bench: Bench, ...numbers: number[]): void => {
  for (const n of numbers) bench.recorder.record(createRequestRecord(n))
}

test('records of 250 ms are one group', (t) => {
  const bench = createBench(t)
  record(bench, 1, 2)
  t.mock.timers.tick(249)
  record(bench, 3)
  assert.deepEqual(bench.groups, [])
  t.mock.timers.tick(1)
  assert.deepEqual(bench.groups, [[1, 2, 3]])
  t.mock.timers.tick(1000)
  record(bench, 4)
  t.mock.timers.tick(250)
  assert.deepEqual(bench.groups, [[1, 2, 3], [4]])
})

test('a full group does not wait, and is written outside of the call that filled it', (t) => {
  const bench = createBench(t, { maxBatch: 2 })
  record(bench, 1, 2, 3, 4, 5)
  assert.deepEqual(bench.groups, [])
  t.mock.timers.tick(1)
  t.mock.timers.tick(1)
  assert.deepEqual(bench.groups, [
    [1, 2],
    [3, 4],
  ])
  t.mock.timers.tick(250)
  assert.deepEqual(bench.groups.at(-1), [5])
})

test('a failing store costs the oldest records beyond the bound, counted; then all is written', (t) => {
  const bench = createBench(t, { maxQueued: 3, maxBatch: 8 })
  bench.fault = () => true
  record(bench, 1, 2, 3)
  t.mock.timers.tick(250)
  assert.deepEqual(bench.lost, [0])
  record(bench, 4, 5)
  t.mock.timers.tick(999)
  assert.equal(bench.lost.length, 1)
  t.mock.timers.tick(1)
  assert.deepEqual(bench.lost, [0, 2])
  bench.fault = () => false
  t.mock.timers.tick(1000)
  t.mock.timers.tick(1000)
  assert.deepEqual(bench.groups.flat(), [3, 4, 5])
})

test('one record that cannot be stored takes no other with it', (t) => {
  const bench = createBench(t, { maxBatch: 8 })
  bench.fault = (records) => records.some(({ atMs }) => atMs === 5)
  record(bench, 1, 2, 3, 4, 5, 6, 7)
  for (let second = 0; second < 30; second++) t.mock.timers.tick(1000)
  assert.deepEqual(bench.groups.flat(), [1, 2, 3, 4, 6, 7])
  assert.equal(
    bench.lost.reduce((sum, count) => sum + count, 0),
    1,
  )
})

test('a flush writes what is queued by then, however much comes meanwhile', async (t) => {
  const bench = createBench(t, { maxBatch: 2 })
  record(bench, 1, 2, 3)
  let next = 4
  bench.fault = () => {
    record(bench, next++, next++)
    return false
  }
  await bench.recorder.flush()
  assert.deepEqual(bench.groups, [
    [1, 2],
    [3, 4],
  ])
})

test('close writes what is queued and may be called twice', (t) => {
  const bench = createBench(t, { maxBatch: 2 })
  record(bench, 1, 2, 3)
  bench.recorder.close()
  bench.recorder.close()
  assert.deepEqual(bench.groups, [[1, 2], [3]])
  t.mock.timers.tick(120_000)
  assert.deepEqual(bench.prunes, [])
})

test('close tells how many records a failing store did not take', (t) => {
  const bench = createBench(t)
  bench.fault = () => true
  record(bench, 1, 2)
  bench.recorder.close()
  assert.deepEqual(bench.lost, [0, 2])
})

test('each minute the old and the too many are pruned, step by step', (t) => {
  const bench = createBench(t)
  bench.pruneAnswers = [200, 200, 0, 7]
  t.mock.timers.tick(60_000)
  assert.deepEqual(bench.prunes, [{ olderThanMs: 7 * 86_400_000, maxBytes: 1000 }])
  for (let step = 0; step < 10; step++) t.mock.timers.tick(25)
  assert.equal(bench.prunes.length, 3)
  t.mock.timers.tick(60_000)
  assert.equal(bench.prunes.length, 4)
})

/** Writes records until it is killed, and tells the number of each group after its commit. */
const writer = `
  import { systemClock } from '${import.meta.resolve('../core/clock.ts')}'
  import { openStore } from '${import.meta.resolve('../storage/sqlite/open.ts')}'
  import { recordMigrations } from '${import.meta.resolve('../storage/sqlite/record-migrations.ts')}'
  import { createRecordStore } from '${import.meta.resolve('../storage/sqlite/record-store.ts')}'
  import { createRequestRecord } from '${import.meta.resolve('../../test/support/request-record.ts')}'
  import { createRecorder } from '${import.meta.resolve('./recorder.ts')}'
  const store = createRecordStore(openStore(process.argv[1], recordMigrations, systemClock))
  let written = 0
  const telling = { ...store, insert(records) { store.insert(records); console.log(written += records.length) } }
  const recorder = createRecorder({ store: telling, clock: systemClock, flushMs: 1, maxBatch: 20,
    onError(cause) { throw cause }, retention: { days: 1, maxBytes: 1e9 } })
  let n = 0
  setInterval(() => { for (let i = 0; i < 50; i++) recorder.record(createRequestRecord(n++, { user: 'u' + n % 7 })) }, 1)
`

test('after kill -9 the file is whole and holds every group that was committed, in order', async () => {
  const path = join(createTemporaryFolder(), 'records.db')
  for (const groups of [3, 40]) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', writer, path], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let told = 0
    let lines = 0
    for await (const line of createInterface(child.stdout)) {
      told = Number(line)
      if (++lines === groups) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    assert.equal(child.signalCode, 'SIGKILL')

    const database = openStore(path, recordMigrations, systemClock)
    assert.equal(database.prepare('pragma integrity_check').get()?.['integrity_check'], 'ok')
    const store = createRecordStore(database)
    const { c: count } = database.prepare('select count(*) c from request_records').get() as { c: number }
    assert.ok(count >= told && told > 0, `${count} stored, ${told} told`)
    const newest = store.search({ org: 'default', limit: 1 }).data[0]
    assert.equal(newest?.atMs, count - 1) // no gap: the numbers are 0 to count - 1
    database.exec('delete from request_records')
    database.close()
  }
})

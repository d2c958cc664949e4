/** A run is never run twice at once, and its files are those that it was given. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { until } from '../../test/support/until.ts'
import { foldAnswer } from '../core/answer.ts'
import { systemClock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { createEvalStore } from '../storage/sql/eval-store.ts'
import { migrations } from '../storage/sql/migrations.ts'
import { openSqlite } from '../storage/sql/sqlite.ts'
import { Evals } from './evals.ts'
import type { Called, CallModel, EvalStore, RunAccount } from './port.ts'
import type { RunSettings } from './run-settings.ts'

const suite = {
  name: 'one',
  prompts: ['hello'],
  candidate: 'openai/m',
  tests: [{ id: 'a', assert: [{ type: 'contains', value: 'hello' }] }],
}
const settings: RunSettings = {
  entry: 'suite.yaml',
  files: { 'suite.yaml': JSON.stringify(suite) },
  overrides: {},
  selection: {},
  allowsScripts: false,
}

function open(t: TestContext, call: CallModel, over: (store: EvalStore) => EvalStore = (store) => store) {
  const database = openSqlite(join(createTemporaryFolder(), 'weir.db'), migrations, systemClock)
  const store = createEvalStore(database)
  let runs = 0
  const account: RunAccount = {
    call,
    embed: () => Promise.reject(new Error('no embedder')),
    checkTarget: () => undefined,
  }
  const evals = new Evals({
    estimate: async () => undefined,
    windowOf: async () => undefined,
    store: over(store),
    clock: systemClock,
    wait: async () => undefined,
    newRunId: () => `run_${++runs}`,
    instance: 'local',
    retentionDays: () => 90,
    gatewayVersion: '0',
    onError: () => undefined,
  })
  t.after(async () => {
    await evals.close()
    await database.close()
  })
  return { evals, store, account }
}

test('of two who resume a run at once, one does', async (t) => {
  let calls = 0
  const { evals, store, account } = open(t, (_request, _options, signal) => {
    calls++
    return new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(new Error('stop'))),
    )
  })
  await store.addRun({
    org: 'default',
    id: 'run_x',
    name: 'one',
    suiteHash: 'h',
    status: 'running',
    createdAtMs: 1,
    settings: JSON.stringify(settings),
  })
  const both = await Promise.allSettled([1, 2].map(() => evals.resume('default', 'run_x', false, account)))
  assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  assert.equal(calls, 1)
})

test('a path that no file has is told as such, whatever its name', async (t) => {
  const { evals, account } = open(t, () => Promise.reject(new Error('never asked')))
  await assert.rejects(evals.start('default', { ...settings, entry: 'constructor' }, account), /constructor/)
})

test('a run that ends while it is read is told as it ended, not as interrupted', async (t) => {
  const answered = Promise.withResolvers<void>()
  const isRead = Promise.withResolvers<void>()
  const mayReturn = Promise.withResolvers<void>()
  let held = 0
  const slowly = async <Read>(read: Promise<Read>): Promise<Read> => {
    const found = await read
    if (++held > 2) return found
    if (held === 2) isRead.resolve()
    await mayReturn.promise
    return found
  }
  const call: CallModel = async () => {
    await answered.promise
    const answer = foldAnswer([
      { type: 'start', id: 'a', model: 'm' },
      { type: 'block-start', block: 0, choice: 0, kind: 'text' },
      { type: 'block-delta', block: 0, text: 'hello' },
      { type: 'finish', choice: 0, reason: 'stop', native: 'stop' },
    ])
    return { requestId: 'r', durationMs: 1, attempts: 1, answer }
  }
  const { evals, account } = open(t, call, (store) => ({
    ...store,
    run: (org, id) => slowly(store.run(org, id)),
    runs: (org, page) => slowly(store.runs(org, page)),
  }))
  const { id } = await evals.start('default', settings, account)
  const [one, all] = [evals.get('default', id), evals.list('default', { limit: 10 })]
  await isRead.promise
  answered.resolve()
  await until('the end of the run', async () => {
    const { status, progress } = await evals.get('default', id)
    return status !== 'running' && progress === undefined ? status : undefined
  })
  mayReturn.resolve()
  assert.equal((await one).status, 'finished')
  assert.deepEqual(
    (await all).data.map(({ status }) => status),
    ['finished'],
  )
})

const noAnswer: Called = {
  requestId: 'req_1',
  error: new GatewayError('client_gone', 'The call was cut off.'),
  durationMs: 1,
  attempts: 1,
}

test('a run that is stopped while all its calls are under way is stopped, and can be gone on with', async (t) => {
  const { evals, account } = open(t, (_request, _options, signal) => {
    const { promise, resolve } = Promise.withResolvers<Called>()
    signal.addEventListener('abort', () => resolve(noAnswer))
    return promise
  })
  const { id } = await evals.start('default', settings, account)
  const stopped = await evals.stop('default', id)
  assert.deepEqual([stopped.status, stopped.digest?.cases], ['stopped', 1])
  assert.equal((await evals.resume('default', id, false, account)).status, 'running')
})

test('the suite of an earlier run is started again by its name, and is listed once', async (t) => {
  const { evals, account } = open(t, () => Promise.resolve(noAnswer))
  const { id } = await evals.start('default', settings, account)
  const again = await evals.start('default', { ...settings, entry: `run:${id}`, files: {} }, account)
  assert.equal(again.name, 'one')
  const [newest, pack] = await evals.suites('default')
  assert.deepEqual([newest?.entry, pack?.entry.slice(0, 5)], [`run:${again.id}`, 'pack:'])
  await assert.rejects(evals.start('default', { ...settings, entry: 'run:none' }, account), /no such run/)
  await assert.rejects(evals.start('other', { ...settings, entry: `run:${id}` }, account), /no such run/)
})

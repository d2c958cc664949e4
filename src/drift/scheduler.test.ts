import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { until } from '../../test/support/until.ts'
import type { AskModel } from '../core/ask.ts'
import { createSchemaGrader } from '../judgement/assertions/json-schemas.ts'
import { createRegexRunner } from '../judgement/assertions/regex.ts'
import { migrations } from '../storage/sql/migrations.ts'
import { openSqlite } from '../storage/sql/sqlite.ts'
import { createDriftStore } from '../storage/sql/drift-store.ts'
import type { DriftAlert, DriftStore, Run } from './port.ts'
import { createScheduler, type Scheduler } from './scheduler.ts'
import { createWatch, type DriftWatch } from './watch.ts'

const org = 'default'
const minuteMs = 60_000
const hourMs = 60 * minuteMs
const noonMs = Date.parse('2026-03-01T12:00:00Z')

interface Instance {
  readonly scheduler: Scheduler
  readonly watch: DriftWatch
}

/** Instances over one store, with a clock that is set by hand and a model that answers at once. */
function startWorld(t: TestContext) {
  const clock = { at: noonMs, nowMs: () => clock.at, monotonicMs: () => clock.at }
  const database = openSqlite(join(createTemporaryFolder(t), 'weir.db'), migrations, clock)
  const schedulers: Scheduler[] = []
  t.after(async () => {
    for (const scheduler of schedulers) await scheduler.stop()
    await database.close()
  })
  const store = createDriftStore(database)
  const told: DriftAlert[] = []
  const faults: unknown[] = []
  const state = { hold: undefined as Promise<void> | undefined, words: 40 }
  let ids = 0
  const newId = () => `id-${String(++ids).padStart(5, '0')}`
  const ask: AskModel = async () => {
    await state.hold
    return {
      requestId: newId(),
      durationMs: 10,
      attempts: 1,
      usage: { inputTokens: 5, outputTokens: state.words + (ids % 7) },
      answer: {
        id: 'a',
        model: 'm',
        blocks: [{ kind: 'text', choice: 0, text: 'a plain answer' }],
        finishes: [{ choice: 0, reason: 'stop', native: 'stop' }],
        natives: [],
      },
    }
  }
  function startInstance(name: string): Instance {
    const tell = (alert: DriftAlert) => void told.push(alert)
    const watch = createWatch({
      store,
      clock,
      newId,
      tell,
      ask,
      embed: async () => [],
      grading: { regex: createRegexRunner(), schemas: createSchemaGrader() },
    })
    const onError = (cause: unknown) => void faults.push(cause)
    const parts = { watch, store, clock, org, newId, tell, onError }
    const scheduler = createScheduler({ ...parts, instance: name, retentionDays: () => 100 })
    schedulers.push(scheduler)
    return { watch, scheduler }
  }
  return { clock, store, told, faults, state, startInstance }
}

const setText = (more: Record<string, unknown> = {}): string =>
  JSON.stringify({
    name: 'hourly',
    target: 'openai/m',
    samples: 2,
    schedule: '0 * * * *',
    jitterSeconds: 0,
    prompts: Array.from({ length: 10 }, (_, at) => ({ id: `p${at}`, prompt: `Question ${at}?` })),
    ...more,
  })

const keep = ({ watch }: Instance, more?: Record<string, unknown>) =>
  watch.shelf.keep(org, { file: 'golden.yaml', files: { 'golden.yaml': setText(more) } })

const runsOf = (store: DriftStore): Promise<readonly Run[]> => store.runs(org, { set: 'hourly', limit: 100 })

const ended = (store: DriftStore, count: number) =>
  until(`${count} ended runs`, async () => {
    const runs = await store.runs(org, { set: 'hourly', isEnded: true, limit: 100 })
    return runs.length >= count ? runs : undefined
  })

test('a run starts when its slot comes, once', async (t) => {
  const { clock, store, startInstance, faults } = startWorld(t)
  const one = startInstance('one')
  one.scheduler.schedule([await keep(one)])
  assert.equal(one.scheduler.nextMs('hourly'), noonMs + hourMs)
  await one.scheduler.tick()
  assert.deepEqual(await runsOf(store), [])
  clock.at = noonMs + hourMs
  await one.scheduler.tick()
  await one.scheduler.tick()
  const runs = await ended(store, 1)
  assert.deepEqual(
    runs.map(({ kind, slotMs }) => [kind, slotMs]),
    [['watch', noonMs + hourMs]],
  )
  assert.deepEqual(faults, [])
})

test('of several instances one runs it, and another takes over when that one is gone', async (t) => {
  const { clock, store, startInstance } = startWorld(t)
  const [one, two] = [startInstance('one'), startInstance('two')]
  for (const instance of [one, two]) instance.scheduler.schedule([await keep(instance)])
  clock.at = noonMs + hourMs
  await Promise.all([one.scheduler.tick(), two.scheduler.tick()])
  await ended(store, 1)
  await one.scheduler.stop()
  clock.at += hourMs
  await two.scheduler.tick()
  const runs = await ended(store, 2)
  assert.deepEqual(
    runs.map(({ slotMs }) => slotMs),
    [noonMs + 2 * hourMs, noonMs + hourMs],
  )
})

test('a slot that no instance was there for is a run without data, told once', async (t) => {
  const { clock, store, told, startInstance } = startWorld(t)
  const one = startInstance('one')
  one.scheduler.schedule([await keep(one)])
  clock.at = noonMs + hourMs
  await one.scheduler.tick()
  await ended(store, 1)
  await one.scheduler.stop()
  told.length = 0
  clock.at = noonMs + 5 * hourMs + 20 * minuteMs
  const two = startInstance('two')
  two.scheduler.schedule([await keep(two)])
  await two.scheduler.tick()
  const [missed] = await ended(store, 2)
  assert.deepEqual(
    [missed!.kind, missed!.verdict, missed!.slotMs],
    ['missed', 'no-data', noonMs + 5 * hourMs],
  )
  assert.deepEqual(
    told.map(({ kind, title }) => [kind, title]),
    [['no-data', 'hourly: a run was missed']],
  )
  await two.scheduler.tick()
  assert.equal((await runsOf(store)).length, 2)
})

test('a run that is still going on makes the next slot a missed one', async (t) => {
  const { clock, store, state, startInstance } = startWorld(t)
  const one = startInstance('one')
  one.scheduler.schedule([await keep(one)])
  const { promise, resolve } = Promise.withResolvers<void>()
  state.hold = promise
  clock.at = noonMs + hourMs
  await one.scheduler.tick()
  await until('a run', async () => ((await runsOf(store)).length > 0 ? true : undefined))
  clock.at = noonMs + 2 * hourMs
  await one.scheduler.tick()
  resolve()
  const runs = await ended(store, 2)
  assert.deepEqual(runs.map(({ kind }) => kind).toSorted(), ['missed', 'watch'])
})

test('a clock that is set back does not run a slot again, one that is set forward misses one', async (t) => {
  const { clock, store, startInstance } = startWorld(t)
  const one = startInstance('one')
  one.scheduler.schedule([await keep(one)])
  clock.at = noonMs + hourMs
  await one.scheduler.tick()
  await ended(store, 1)
  clock.at = noonMs + 30 * minuteMs
  await one.scheduler.tick()
  clock.at = noonMs + hourMs
  await one.scheduler.tick()
  assert.equal((await runsOf(store)).length, 1)
  clock.at = noonMs + 100 * hourMs + 30 * minuteMs
  await one.scheduler.tick()
  const [missed] = await ended(store, 2)
  assert.equal(missed!.kind, 'missed')
})

test('nothing starts in quiet hours', async (t) => {
  const { clock, store, startInstance } = startWorld(t)
  const one = startInstance('one')
  one.scheduler.schedule([await keep(one, { quiet: [{ from: '12:30', to: '14:30' }] })])
  for (const hours of [1, 2, 3]) {
    clock.at = noonMs + hours * hourMs
    await one.scheduler.tick()
  }
  const runs = await ended(store, 1)
  assert.deepEqual(
    runs.map(({ slotMs }) => slotMs),
    [noonMs + 3 * hourMs],
  )
})

test('a first alarm is held against a fresh run ten minutes later', async (t) => {
  const { clock, store, state, startInstance } = startWorld(t)
  const one = startInstance('one')
  const kept = await keep(one, { schedule: '0 0 * * *' })
  for (let turn = 0; turn < 12; turn++) {
    clock.at += minuteMs
    await one.watch.run(kept, { org, kind: 'baseline' })
  }
  one.scheduler.schedule([kept])
  state.words = 80
  clock.at = Date.parse('2026-03-02T00:00:00Z')
  await one.scheduler.tick()
  const [first] = await ended(store, 13)
  assert.deepEqual([first!.kind, first!.verdict], ['watch', 'drift'])
  clock.at += 5 * minuteMs
  await one.scheduler.tick()
  assert.equal((await runsOf(store)).length, 13)
  clock.at += 5 * minuteMs
  await one.scheduler.tick()
  const [second] = await ended(store, 14)
  assert.deepEqual([second!.kind, second!.verdict], ['confirm', 'drift'])
  clock.at += 15 * minuteMs
  await one.scheduler.tick()
  assert.equal((await runsOf(store)).length, 14)
  const alarms = await store.alarms(org)
  assert.equal(alarms.length, 1)
})

test('a run that was cut off long ago is ended without data', async (t) => {
  const { clock, store, told, startInstance } = startWorld(t)
  const one = startInstance('one')
  const kept = await keep(one)
  await store.startRun({
    org,
    id: 'cut',
    set: 'hourly',
    version: 1,
    target: 'openai/m',
    kind: 'watch',
    startedAtMs: noonMs - 7 * hourMs,
    expectedRows: 20,
    validRows: 0,
    costNanoUsd: 0,
  })
  one.scheduler.schedule([kept])
  clock.at = noonMs + minuteMs
  await one.scheduler.tick()
  assert.equal((await store.run(org, 'cut'))?.verdict, 'no-data')
  assert.equal(told.length, 1)
})

test('100 hourly sets cost next to nothing while none is due', async (t) => {
  const { clock, store, startInstance } = startWorld(t)
  const asked = t.mock.method(store, 'runs')
  const one = startInstance('one')
  const { version, set } = await keep(one)
  const sets = Array.from({ length: 100 }, (_, at) => ({ version, set: { ...set, name: `set-${at}` } }))
  one.scheduler.schedule(sets)
  await one.scheduler.tick()
  asked.mock.resetCalls()
  clock.at += 5_000
  const before = process.cpuUsage()
  for (let turn = 0; turn < 10; turn++) await one.scheduler.tick()
  const { user, system } = process.cpuUsage(before)
  t.diagnostic(`ten ticks: ${((user + system) / 1000).toFixed(1)} ms of CPU`)
  assert.equal(asked.mock.callCount(), 0)
})

test('runs go after their days, those of the baseline in force stay', async (t) => {
  const { clock, store, startInstance, faults } = startWorld(t)
  const one = startInstance('one')
  const kept = await keep(one)
  for (let n = 0; n < 2; n++) await one.watch.run(kept, { org, kind: 'baseline' })
  await one.watch.run(kept, { org, kind: 'watch' })
  one.scheduler.schedule([kept])
  await one.scheduler.tick()
  assert.equal((await runsOf(store)).length, 3)
  clock.at += 101 * 24 * hourMs
  await one.scheduler.tick()
  const left = await until('the old run to go', async () => {
    const runs = await runsOf(store)
    return runs.every(({ kind, slotMs }) => kind === 'baseline' || slotMs !== undefined) ? runs : undefined
  })
  assert.equal(left.filter(({ kind }) => kind === 'baseline').length, 2)
  assert.deepEqual(faults, [])
})

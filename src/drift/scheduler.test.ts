import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ended,
  hourMs,
  keep,
  minuteMs,
  noonMs,
  org,
  runsOf,
  startWorld,
} from '../../test/support/drift-world.ts'
import { until } from '../../test/support/until.ts'
import { nextRunMs } from './due.ts'

test('a run starts when its slot comes, once', async (t) => {
  const { clock, store, startInstance, faults } = startWorld(t)
  const one = startInstance('one')
  const kept = await keep(one)
  await one.configure(kept)
  assert.equal(nextRunMs(kept.set, clock.at), noonMs + hourMs)
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
  for (const instance of [one, two]) await instance.configure(await keep(instance))
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
  await one.configure(await keep(one))
  clock.at = noonMs + hourMs
  await one.scheduler.tick()
  await ended(store, 1)
  await one.scheduler.stop()
  told.length = 0
  clock.at = noonMs + 5 * hourMs + 20 * minuteMs
  const two = startInstance('two')
  await two.configure(await keep(two))
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
  await one.configure(await keep(one))
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
  await one.configure(await keep(one))
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
  await one.configure(await keep(one, { quiet: [{ from: '12:30', to: '14:30' }] }))
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
  await one.configure(kept)
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
  await one.configure(kept)
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
  await one.configure(...sets)
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
  await one.configure(kept)
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

test('a clock that was a year ahead does not silence the watch when it is right again', async (t) => {
  const { clock, store, startInstance } = startWorld(t)
  const one = startInstance('one')
  await one.configure(await keep(one))
  clock.at = noonMs + 365 * 24 * hourMs
  await one.scheduler.tick()
  const [ahead] = await ended(store, 1)
  clock.at = noonMs + minuteMs
  await one.scheduler.tick()
  clock.at = noonMs + hourMs
  await one.scheduler.tick()
  const runs = await ended(store, 2)
  const right = runs.find(({ id }) => id !== ahead!.id)
  assert.deepEqual([right!.kind, right!.slotMs], ['watch', noonMs + hourMs])
})

for (const [reported, change] of [
  ['model', { model: 'm-2' }],
  ['build', { build: 'fp_2' }],
] as const) {
  test(`a new ${reported} starts a run outside the schedule, at most one in six hours`, async (t) => {
    const { clock, store, state, startInstance, told } = startWorld(t)
    const one = startInstance('one')
    const kept = await keep(one, { schedule: '0 * * * *' })
    state.build = 'fp_1'
    for (let turn = 0; turn < 12; turn++) {
      clock.at += minuteMs
      await one.watch.run(kept, { org, kind: 'baseline' })
    }
    await one.configure(kept)
    Object.assign(state, change)
    clock.at = noonMs + hourMs
    await one.scheduler.tick()
    const [first] = await ended(store, 13)
    assert.equal(first!.verdict, reported === 'model' ? 'warning' : 'ok')
    assert.ok(first!.judgement!.reasons.some(({ code }) => code === `${reported}_changed`))
    clock.at += 11 * minuteMs
    await one.scheduler.tick()
    const [second] = await ended(store, 14)
    assert.equal(second!.kind, 'confirm')
    // The same change again, and another one within six hours.
    clock.at = noonMs + 2 * hourMs
    await one.scheduler.tick()
    await ended(store, 15)
    Object.assign(state, reported === 'model' ? { model: 'm-3' } : { build: 'fp_3' })
    clock.at = noonMs + 3 * hourMs
    await one.scheduler.tick()
    await ended(store, 16)
    clock.at += 11 * minuteMs
    await one.scheduler.tick()
    assert.equal((await runsOf(store)).length, 16)
    assert.ok(told.every(({ kind }) => kind !== 'drift'))
  })
}

test('three runs without data in a row leave the target unwatched, and that is told so', async (t) => {
  const { clock, store, told, startInstance } = startWorld(t)
  const one = startInstance('one')
  await one.configure(await keep(one))
  for (let slot = 1; slot <= 3; slot++) {
    clock.at = noonMs + slot * hourMs + 20 * minuteMs
    await one.scheduler.tick()
  }
  await ended(store, 3)
  const [first, second, third] = told
  assert.deepEqual([first!.isBlind, second!.isBlind, third!.isBlind], [undefined, undefined, true])
  assert.equal(third!.title, 'hourly: a run was missed, the last 3 in a row')
})

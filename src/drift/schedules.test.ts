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

const hourly = { schedule: '0 * * * *', jitterMs: 0 }
const slots = (runs: Awaited<ReturnType<typeof runsOf>>) =>
  runs.map(({ kind, slotMs }) => [kind, ((slotMs ?? 0) - noonMs) / hourMs])

test('a kept set that no configuration names runs on one instance when a person says so, also after a restart', async (t) => {
  const { clock, store, startInstance } = startWorld(t)
  const [one, two] = [startInstance('one'), startInstance('two')]
  await keep(one, { schedule: undefined })
  await Promise.all([one.configure(), two.configure()])
  clock.at = noonMs + hourMs
  await Promise.all([one.scheduler.tick(), two.scheduler.tick()])
  assert.deepEqual(await runsOf(store), [])

  await two.schedules.decide(org, 'hourly', hourly, 'ada')
  clock.at = noonMs + hourMs + minuteMs
  await Promise.all([one.scheduler.tick(), two.scheduler.tick()])
  clock.at = noonMs + 2 * hourMs
  await Promise.all([one.scheduler.tick(), two.scheduler.tick()])
  assert.deepEqual(slots(await ended(store, 1)), [['watch', 2]])

  await Promise.all([one.scheduler.stop(), two.scheduler.stop()])
  const three = startInstance('three')
  await three.configure()
  clock.at = noonMs + 3 * hourMs
  await three.scheduler.tick()
  assert.deepEqual(slots(await ended(store, 2)), [
    ['watch', 3],
    ['watch', 2],
  ])
})

test('what a person decides stands above the configuration until it is taken back', async (t) => {
  const { clock, store, startInstance } = startWorld(t)
  const one = startInstance('one')
  await one.configure(await keep(one))
  await one.schedules.decide(org, 'hourly', undefined, 'ada')
  one.scheduler.lookSoon()
  for (const hours of [1, 2]) {
    clock.at = noonMs + hours * hourMs
    await one.scheduler.tick()
  }
  assert.deepEqual(await runsOf(store), [])
  const [paused] = await one.schedules.inForce()
  assert.deepEqual([paused!.set.schedule, paused!.by], [undefined, 'ada'])
  await one.schedules.forget(org, 'hourly')
  one.scheduler.lookSoon()
  await one.scheduler.tick()
  clock.at = noonMs + 3 * hourMs
  await one.scheduler.tick()
  // The hours in which it was not to run are not missed.
  assert.deepEqual(slots(await ended(store, 1)), [['watch', 3]])
  await assert.rejects(one.schedules.forget(org, 'hourly'), /Nobody has decided/)
})

test('another schedule has no missed slots of the time before it, also after a restart', async (t) => {
  const { clock, store, startInstance, told } = startWorld(t)
  const one = startInstance('one')
  await keep(one)
  await one.schedules.decide(org, 'hourly', { schedule: '0 13 * * *', jitterMs: 0 }, 'ada')
  await one.configure()
  clock.at = noonMs + hourMs
  await one.scheduler.tick()
  await ended(store, 1)
  clock.at = noonMs + 5 * hourMs + 30 * minuteMs
  await one.schedules.decide(org, 'hourly', hourly, 'ada')
  await one.scheduler.stop()
  const two = startInstance('two')
  await two.configure()
  await two.scheduler.tick()
  assert.equal((await runsOf(store)).length, 1)
  assert.ok(told.every(({ title }) => !title.includes('missed')))
  clock.at = noonMs + 6 * hourMs
  await two.scheduler.tick()
  assert.deepEqual(slots(await ended(store, 2))[0], ['watch', 6])
})

test('a new version of a scheduled set is the one that runs', async (t) => {
  const { clock, store, startInstance } = startWorld(t)
  const one = startInstance('one')
  await keep(one)
  await one.schedules.decide(org, 'hourly', hourly, 'ada')
  await one.configure()
  await keep(one, { samples: 3 })
  clock.at = noonMs + hourMs
  await one.scheduler.tick()
  const [run] = await ended(store, 1)
  assert.deepEqual([run!.version, run!.expectedRows], [2, 30])
})

test('a schedule that is none, of a time zone that is none, or of no set is refused', async (t) => {
  const { startInstance } = startWorld(t)
  const one = startInstance('one')
  await keep(one)
  const decide = (set: string, schedule: string, timezone = 'UTC') =>
    one.schedules.decide(org, set, { schedule, timezone }, 'ada')
  await assert.rejects(decide('hourly', 'often'), /not a cron expression/)
  await assert.rejects(decide('hourly', '0 0 31 2 *'), /never due/)
  await assert.rejects(decide('hourly', '0 0 * * *', 'Mars/Olympus'), /not a time zone/)
  await assert.rejects(decide('daily', '0 0 * * *'), /no golden set daily/)
  assert.deepEqual(await one.schedules.inForce(), [])
})

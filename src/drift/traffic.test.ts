import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { createRequestRecord } from '../../test/support/request-record.ts'
import { createRandom } from '../judgement/statistics/random.ts'
import { createDriftStore } from '../storage/sql/drift-store.ts'
import { migrations } from '../storage/sql/migrations.ts'
import { openSqlite } from '../storage/sql/sqlite.ts'
import type { DriftAlert } from './port.ts'
import { addToSums, emptySums, type TrafficHour, trafficFindings } from './traffic.ts'
import { TrafficMeter } from './traffic-meter.ts'

const hourMs = 3_600_000

/** Two callers with answers of different lengths; `share` of the answers are the long ones. */
function hourOf(at: number, share: number, factor = 1, refused = 0): TrafficHour {
  const random = createRandom(`hour ${at} ${share} ${factor}`)
  const mood = 1 + 0.03 * random.normal()
  const strata: Record<string, number[]> = { brief: emptySums(), long: emptySums() }
  for (let answer = 0; answer < 400; answer++) {
    const isLong = random.next() < share
    const sums = strata[isLong ? 'long' : 'brief']!
    addToSums(sums, 'length', Math.log((isLong ? 900 : 60) * factor * mood) + 0.4 * random.normal())
    addToSums(sums, 'refusal', random.next() < refused ? 1 : 0)
  }
  return { hourMs: at * hourMs, strata }
}

const before = Array.from({ length: 48 }, (_, at) => hourOf(at, 0.5))
const metricsOf = (hour: TrafficHour) => trafficFindings(before, hour).map(({ metric }) => metric)

test('an ordinary hour, and one with another mix of callers, are no change', () => {
  assert.deepEqual(metricsOf(hourOf(48, 0.5)), [])
  assert.deepEqual(metricsOf(hourOf(48, 0.9)), [])
})

test('answers that become longer, or are refused, are found', () => {
  assert.deepEqual(metricsOf(hourOf(48, 0.5, 1.6)), ['length'])
  assert.deepEqual(metricsOf(hourOf(48, 0.5, 1, 0.1)), ['refusal'])
})

test('too few hours or answers tell nothing', () => {
  assert.deepEqual(trafficFindings(before.slice(0, 20), hourOf(48, 0.5, 3)), [])
  assert.deepEqual(trafficFindings(before, { hourMs: 0, strata: { brief: emptySums() } }), [])
})

test('finished requests become hours in the store, and the last hour is judged once for all instances', async (t) => {
  const clock = { at: 1000 * hourMs, nowMs: () => clock.at, monotonicMs: () => clock.at }
  const database = openSqlite(join(createTemporaryFolder(), 'weir.db'), migrations, clock)
  t.after(() => database.close())
  const store = createDriftStore(database)
  const told: DriftAlert[] = []
  const read: number[] = []
  const counting = {
    ...store,
    traffic: (...[fromMs, toMs, series]: Parameters<typeof store.traffic>) => {
      read.push((toMs - fromMs) / hourMs + 1)
      return store.traffic(fromMs, toMs, series)
    },
  }
  const start = (instance: string) =>
    new TrafficMeter({ store: counting, clock, instance, tell: (alert) => void told.push(alert) })
  const meters = [start('one'), start('two')]
  const random = createRandom('requests')
  for (let hour = 0; hour < 30; hour++) {
    for (let answer = 0; answer < 120; answer++) {
      const outputTokens = Math.round((hour === 29 ? 300 : 100) * (1 + 0.2 * random.next()))
      const record = createRequestRecord(clock.at + answer, {
        model: 'm',
        usage: { inputTokens: 10, outputTokens },
      })
      meters[answer % 2]!.observe(record)
    }
    clock.at += hourMs
    for (const meter of meters) await meter.tick()
    clock.at += 6 * 60_000
    for (const meter of meters) await meter.tick()
    clock.at -= 6 * 60_000
  }
  assert.equal(told.filter(({ kind }) => kind === 'clean').length, 29)
  const [warning, ...more] = told.filter(({ kind }) => kind !== 'clean')
  assert.deepEqual(more, [])
  assert.equal(warning?.title, 'assistant (openai/m): live answers have changed')
  assert.match(warning.lines[0]!, /^output tokens went from 1\d\d to 3\d\d$/)
  const rows = await store.traffic(0, clock.at)
  assert.equal(rows.length, 60)
  // The fortnight is read once, and each hour after its end.
  assert.deepEqual(
    read.filter((hours) => hours > 1),
    [14 * 24],
  )
})

test('an hour that could not be written is written the next time', async (t) => {
  const clock = { at: 1000 * hourMs, nowMs: () => clock.at, monotonicMs: () => clock.at }
  const database = openSqlite(join(createTemporaryFolder(), 'weir.db'), migrations, clock)
  t.after(() => database.close())
  const store = createDriftStore(database)
  let isDown = true
  const addTraffic: typeof store.addTraffic = async (...row) => {
    if (isDown) throw new Error('down')
    await store.addTraffic(...row)
  }
  const meter = new TrafficMeter({
    store: { ...store, addTraffic },
    clock,
    instance: 'one',
    tell: () => undefined,
  })
  meter.observe(createRequestRecord(clock.at, { model: 'm', usage: { inputTokens: 1, outputTokens: 2 } }))
  clock.at += hourMs
  await assert.rejects(meter.tick(), /down/)
  isDown = false
  await meter.tick()
  assert.equal((await store.traffic(0, clock.at)).length, 1)
})

test('an hour that could not be judged is judged the next time, each series of it once', async (t) => {
  const clock = { at: 1000 * hourMs, nowMs: () => clock.at, monotonicMs: () => clock.at }
  const database = openSqlite(join(createTemporaryFolder(), 'weir.db'), migrations, clock)
  t.after(() => database.close())
  const store = createDriftStore(database)
  const told: string[] = []
  let isDown = true
  const traffic: typeof store.traffic = async (fromMs, toMs, series) => {
    if (isDown && series?.model === 'openai/second') throw new Error('down')
    return store.traffic(fromMs, toMs, series)
  }
  const meter = new TrafficMeter({
    store: { ...store, traffic },
    clock,
    instance: 'one',
    tell: ({ target }) => void told.push(target),
  })
  for (const model of ['first', 'second']) {
    for (let answer = 0; answer < 120; answer++) {
      meter.observe(createRequestRecord(clock.at, { model, usage: { inputTokens: 1, outputTokens: 2 } }))
    }
  }
  clock.at += hourMs + 6 * 60_000
  await assert.rejects(meter.tick(), /down/)
  isDown = false
  await meter.tick()
  await meter.tick()
  assert.deepEqual(told, ['openai/first', 'openai/second'])
})

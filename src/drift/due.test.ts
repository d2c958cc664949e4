import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { lastSlotMs, nextSlotMs, quietOf, slotsAfter as slotTimes } from './cron.ts'
import { dueMs, jitterMs, nextRunMs, type Timed } from './due.ts'

const at = (text: string): number => Date.parse(text)
const zurich = 'Europe/Zurich'
const timed = (given: Partial<Timed>): Timed => ({
  name: 'shop',
  timezone: 'UTC',
  jitterMs: 0,
  quiet: [],
  schedule: '0 * * * *',
  ...given,
})

/** The slots after a time, in UTC. */
const slotsAfter = (schedule: string, timezone: string, from: string, count: number): string[] =>
  slotTimes(schedule, timezone, at(from))
    .take(count)
    .map((slotMs) => new Date(slotMs).toISOString().slice(0, 16))
    .toArray()

test('an hour that clocks leave out has no slots, one that they repeat has them once', () => {
  assert.deepEqual(slotsAfter('0 * * * *', zurich, '2026-03-29T00:30:00Z', 3), [
    '2026-03-29T01:00',
    '2026-03-29T02:00',
    '2026-03-29T03:00',
  ])
  assert.deepEqual(slotsAfter('0 * * * *', zurich, '2026-10-24T23:30:00Z', 3), [
    '2026-10-25T00:00',
    '2026-10-25T02:00',
    '2026-10-25T03:00',
  ])
})

test('a daily slot comes once a day, also in the hour that a change of clocks leaves out or repeats', () => {
  for (const from of ['2026-03-27T12:00:00Z', '2026-10-23T12:00:00Z']) {
    const days = slotsAfter('30 2 * * *', zurich, from, 4).map((slot) => slot.slice(0, 10))
    assert.equal(new Set(days).size, 4, days.join())
  }
})

test('the last slot is the one that comes next after the slot before it', () => {
  const zones = fc.constantFrom('UTC', zurich, 'America/New_York', 'Australia/Lord_Howe')
  const schedules = fc.constantFrom('0 * * * *', '30 2 * * *', '*/20 1-3 * * *', '15 0 * * 1')
  const start = at('2026-01-01T00:00:00Z')
  const times = fc.integer({ min: 0, max: 365 * 24 * 60 }).map((minutes) => start + minutes * 60_000)
  fc.assert(
    fc.property(zones, schedules, times, (zone, schedule, nowMs) => {
      const slotMs = nextSlotMs(schedule, zone, nowMs)!
      assert.ok(slotMs > nowMs)
      assert.equal(lastSlotMs(schedule, zone, nowMs, slotMs), slotMs)
      assert.equal(lastSlotMs(schedule, zone, slotMs, slotMs), undefined)
    }),
    { numRuns: 60 },
  )
})

test('quiet hours are those of the wall, over midnight too', () => {
  const isQuiet = quietOf([{ from: '22:00', to: '06:00' }], zurich)
  // 21:59 and 22:00 in winter, and in summer.
  assert.equal(isQuiet(at('2026-01-10T20:59:00Z')), false)
  assert.equal(isQuiet(at('2026-01-10T21:00:00Z')), true)
  assert.equal(isQuiet(at('2026-07-10T19:59:00Z')), false)
  assert.equal(isQuiet(at('2026-07-10T20:00:00Z')), true)
  assert.equal(isQuiet(at('2026-01-10T04:59:00Z')), true)
  assert.equal(isQuiet(at('2026-01-10T05:00:00Z')), false)
})

test('the next run passes over quiet hours, and is never where they are always', () => {
  const night = timed({ quiet: [{ from: '22:00', to: '06:00' }] })
  assert.equal(nextRunMs(night, at('2026-01-10T21:30:00Z')), at('2026-01-11T06:00:00Z'))
  const always = [
    { from: '00:00', to: '12:00' },
    { from: '12:00', to: '00:00' },
  ]
  assert.equal(nextRunMs(timed({ quiet: always }), 0), undefined)
})

test('jitter is the same on every instance, other for each set and slot, and below its bound', () => {
  const bound = 60_000
  const slots = Array.from({ length: 200 }, (_, n) => at('2026-01-10T00:00:00Z') + n * 3_600_000)
  const delays = slots.map((slotMs) => jitterMs(timed({ jitterMs: bound }), slotMs))
  assert.deepEqual(
    delays,
    slots.map((slotMs) => jitterMs(timed({ jitterMs: bound }), slotMs)),
  )
  assert.ok(delays.every((delay) => delay >= 0 && delay < bound))
  assert.ok(new Set(delays).size > 190)
  const other = slots.map((slotMs) => jitterMs(timed({ name: 'other', jitterMs: bound }), slotMs))
  assert.notDeepEqual(delays, other)
  const [slotMs] = slots
  assert.equal(dueMs(timed({ jitterMs: bound }), slotMs! - 1), slotMs! + delays[0]!)
  assert.equal(dueMs({ ...timed({}), schedule: undefined } as unknown as Timed, 0), Infinity)
})

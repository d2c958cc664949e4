/** Periods begin and end where a calendar in UTC says, and a rolling window never forgets too early. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { periods } from '../config/budget-settings.ts'
import { calendarWindow, rollingWindow } from './period.ts'

const at = (text: string) => Date.parse(text)

test('calendar periods', () => {
  const moment = at('2028-02-29T13:37:42.123Z')
  const expected = {
    hour: ['2028-02-29T13:00:00.000Z', '2028-02-29T14:00:00.000Z'],
    day: ['2028-02-29T00:00:00.000Z', '2028-03-01T00:00:00.000Z'],
    week: ['2028-02-28T00:00:00.000Z', '2028-03-06T00:00:00.000Z'],
    month: ['2028-02-01T00:00:00.000Z', '2028-03-01T00:00:00.000Z'],
    quarter: ['2028-01-01T00:00:00.000Z', '2028-04-01T00:00:00.000Z'],
    year: ['2028-01-01T00:00:00.000Z', '2029-01-01T00:00:00.000Z'],
  } as const
  for (const [period, [from, until]] of Object.entries(expected)) {
    const window = calendarWindow(period as keyof typeof expected, moment)
    assert.deepEqual(
      [new Date(window.fromMs).toISOString(), new Date(window.untilMs).toISOString()],
      [from, until],
      period,
    )
    assert.equal(window.bucketMs, window.fromMs)
  }
})

const moments = fc.integer({ min: at('1971-01-01T00:00:00Z'), max: at('2100-01-01T00:00:00Z') })

test('every moment is in one calendar period: the next begins where it ends', () => {
  fc.assert(
    fc.property(fc.constantFrom(...periods), moments, (period, moment) => {
      const window = calendarWindow(period, moment)
      assert.ok(window.fromMs <= moment && moment < window.untilMs)
      assert.deepEqual(calendarWindow(period, window.fromMs), window)
      if (period !== 'total') assert.equal(calendarWindow(period, window.untilMs).fromMs, window.untilMs)
    }),
  )
})

test('what was spent within the length of a rolling window counts', () => {
  const lengths = { hour: 1, day: 24, week: 168, month: 720, quarter: 2160, year: 8760 } as const
  fc.assert(
    fc.property(
      fc.constantFrom(...(Object.keys(lengths) as (keyof typeof lengths)[])),
      moments,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (period, spentMs, share) => {
        const lengthMs = lengths[period] * 3_600_000
        const nowMs = Math.floor(spentMs + share * lengthMs)
        const spent = rollingWindow(period, spentMs)
        assert.ok(rollingWindow(period, nowMs).fromMs <= spent.bucketMs)
        assert.ok(rollingWindow(period, spent.untilMs).fromMs > spent.bucketMs)
      },
    ),
  )
})

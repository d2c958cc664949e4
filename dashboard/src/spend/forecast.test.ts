/** A month like its days ends where they lead, and less certainly the less alike they are. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { forecastOf } from './forecast.ts'

const day = (of: number, month = 5) => Date.UTC(2026, month, of)
/** Noon of the eleventh of June: 19.5 days are left of 30. */
const nowMs = day(11) + 43_200_000

test('days that are all alike lead to the end without doubt', () => {
  const byDay = new Map(
    Array.from({ length: 30 }, (_, n) => [day(11) - n * 86_400_000, n === 0 ? 1 : 2] as const),
  )
  const { soFarUsd, endUsd } = forecastOf(byDay, nowMs)
  assert.equal(soFarUsd, 10 * 2 + 1)
  assert.deepEqual(endUsd, { mean: 21 + 39, lower: 60, upper: 60 })
})

test('the less alike the days, the wider; never below what is spent already', () => {
  const days = (usd: (n: number) => number) =>
    new Map(Array.from({ length: 10 }, (_, n) => [day(10 - n), usd(n)] as const))
  const width = (of: ReadonlyMap<number, number>) => {
    const { lower, upper } = forecastOf(of, nowMs).endUsd!
    return upper - lower
  }
  assert.ok(width(days((n) => (n % 2 === 0 ? 1 : 3))) > width(days((n) => (n % 2 === 0 ? 1.9 : 2.1))))
  const wild = forecastOf(
    days((n) => (n === 5 ? 100 : 0)),
    nowMs,
  )
  assert.ok(wild.endUsd!.lower >= wild.soFarUsd)
})

test('without a whole day there is no forecast', () => {
  assert.deepEqual(forecastOf(new Map([[day(11), 3]]), nowMs), { soFarUsd: 3 })
  assert.deepEqual(forecastOf(new Map(), nowMs), { soFarUsd: 0 })
})

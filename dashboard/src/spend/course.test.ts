/** The course of the spend comes to its total, and the forecast goes on from where it is. */

import assert from 'node:assert/strict'
import test from 'node:test'
import type { Usage } from '../api/usage.ts'
import { budgetLine, courseOf, forecastLines, type Steps } from './course.ts'

const dayMs = 86_400_000
const fromMs = Date.UTC(2026, 5, 1)
const steps: Steps = { by: 'day', stepMs: dayMs, fromMs, count: 5, until: 3 }
const usage = (day: number, usd: number) =>
  ({ day: new Date(fromMs + day * dayMs).toISOString(), charged_usd: String(usd) }) as Usage

const all = [usage(0, 4), usage(2, 8)]
const named = [
  { name: 'b', usages: [usage(0, 1), usage(2, 5)] },
  { name: 'a', usages: [usage(2, 3)] },
]

test('the dearest and all others come to the whole; what has not begun is not nothing', () => {
  const daily = courseOf({ steps, isCumulative: false, all, named, othersName: 'all others' })
  assert.deepEqual(
    daily.map(({ name, color, values }) => [name, color, values]),
    [
      ['b', 'var(--series-2)', [1, 0, 5, undefined, undefined]],
      ['a', 'var(--series-1)', [0, 0, 3, undefined, undefined]],
      ['all others', 'var(--series-other)', [3, 0, 0, undefined, undefined]],
    ],
  )
  const summed = courseOf({ steps, isCumulative: true, all, named, othersName: 'all others' })
  assert.deepEqual(
    summed.map(({ values }) => values[2]),
    [6, 3, 3],
  )
})

test('a forecast leads from what is spent to the end, by the day or in sum', () => {
  const forecast = { soFarUsd: 12, endUsd: { mean: 20, lower: 16, upper: 24 } }
  const [daily, ...none] = forecastLines(forecast, steps, false)
  assert.deepEqual([daily?.values, none], [[undefined, undefined, undefined, 4, 4], []])
  const lines = forecastLines(forecast, steps, true)
  assert.deepEqual(
    lines.map(({ values }) => values.slice(2)),
    [
      [12, 16, 20],
      [12, 14, 16],
      [12, 18, 24],
    ],
  )
  assert.deepEqual(forecastLines({ soFarUsd: 12 }, steps, true), [])
  assert.deepEqual([budgetLine(10, steps, false).values[0], budgetLine(10, steps, true).values[4]], [2, 10])
})

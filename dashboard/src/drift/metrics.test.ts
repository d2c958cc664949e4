/** The course of a metric has a place for each run, and a gap where a run has no value. */

import assert from 'node:assert/strict'
import test from 'node:test'
import type { Run } from './drift-queries.ts'
import { coursesOf, metricEffect, metricValue } from './metrics.ts'

const metric = (name: string, value: number): Run['metrics'][number] => ({
  metric: name,
  value,
  baseline: 0.1,
  effect: value - 0.1,
  lower: value - 0.2,
  upper: value,
  p: 0.5,
  adjusted_p: 1,
  alarm: value > 0.3,
  direction: 'up',
  harmful: true,
  run_effect: 0,
})
const run = (id: string, kind: Run['kind'], metrics: Run['metrics']) =>
  ({ id, kind, metrics, started_at: `2026-01-0${id}T00:00:00.000Z` }) as Run

test('runs come the newest first and are drawn the oldest first, without those of the baseline', () => {
  const courses = coursesOf([
    run('3', 'watch', [metric('refusal', 0.4)]),
    run('2', 'watch', []),
    run('1', 'watch', [metric('refusal', 0.1)]),
    run('0', 'baseline', [metric('refusal', 0.9)]),
  ])
  const course = courses.get('refusal')!
  assert.deepEqual(
    course.map((point) => point && [point.runId, point.isAlarm]),
    [['1', false], undefined, ['3', true]],
  )
  assert.equal(course[0]?.halfWidth.toFixed(3), '0.100')
})

test('values and effects are told in their units', () => {
  assert.equal(metricValue('refusal', 0.09), '9.0 %')
  assert.equal(metricValue('length', Math.log(41)), '40 tokens')
  assert.equal(metricEffect('refusal', 0.09), '+9.0 pp')
  assert.equal(metricEffect('length', Math.log(0.5)), '-50 %')
})

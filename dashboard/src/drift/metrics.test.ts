/** The course of a metric has a place for each run, and a gap where a run has no value. */

import assert from 'node:assert/strict'
import test from 'node:test'
import type { Run } from './drift-queries.ts'
import { chartRange, coursesOf, metricEffect, metricValue } from './metrics.ts'

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
  ({ id, kind, metrics, measured: [], started_at: `2026-01-0${id}T00:00:00.000Z` }) as unknown as Run

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

test('what is only measured has a course too, and the texts as a whole', () => {
  const judged = {
    ...run('1', 'watch', [metric('refusal', 0.1)]),
    measured: [{ ...metric('latency', Math.log(800)), changed: false }],
    omnibus: {
      distance: 2,
      p_permutation: 0.001,
      p_run: 0.001,
      adjusted_p: 0.005,
      alarm: true,
      usual: { distance: 0.5, lower: 0.25, upper: 1 },
    },
  }
  const courses = coursesOf([judged])
  assert.deepEqual([...courses.keys()], ['refusal', 'texts', 'latency'])
  const [texts] = courses.get('texts')!
  assert.equal(texts?.isAlarm, true)
  assert.equal(metricValue('texts', texts!.value), '2.0')
  assert.equal(metricValue('latency', Math.log(800)), '800 ms')
})

test('rates are drawn from zero, others around their runs', () => {
  const [point] = coursesOf([run('1', 'watch', [metric('refusal', 0.4)])]).get('refusal')!
  assert.deepEqual(chartRange('refusal', [point], [0.1, null]), { low: 0, high: 0.4 })
  const far = { ...point!, value: 5, baseline: 4, halfWidth: 100 }
  assert.deepEqual(chartRange('length', [far], [4]), { low: 3, high: 6 })
})

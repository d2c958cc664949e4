/** What is told beside the alarms. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../judgement/statistics/random.ts'
import { measure } from './measured.ts'
import type { MeasuredMetric } from './metric.ts'
import type { RunTable } from './run-table.ts'
import { baselineOf } from './run-test.ts'
import { addValue, emptySummary, type MetricSummary } from './summary.ts'

const random = createRandom('measured')

/** One run of 20 prompts, 5 samples each. */
function summary(centre: number, sd: number): MetricSummary {
  const values = emptySummary(20)
  for (let at = 0; at < 100; at++) addValue(values, at % 20, centre + sd * random.normal())
  return values
}

const tableOf = (metrics: RunTable['metrics']): RunTable => ({
  runId: 'run',
  startedAtMs: 0,
  expectedRows: 100,
  validRows: 100,
  failures: {},
  blankRows: 0,
  metrics,
  vectors: [],
  models: [],
  fingerprints: [],
})

test('each metric that both have is measured; small effects and latency are never told as changed', () => {
  const known = (centre: number, sd: number) =>
    baselineOf(Array.from({ length: 20 }, () => summary(centre, sd)))!
  const baselines = {
    characters: known(5, 0.01),
    logprob: known(-1, 0.01),
    finish: known(0.9, 0.01),
    latency: known(7, 0.01),
    cost: known(9, 0.01),
  }
  const found = measure(
    tableOf({
      characters: summary(5.5, 0.01),
      // Certain, and below its minimum of .05.
      logprob: summary(-0.97, 0.01),
      finish: summary(0.9, 0.01),
      latency: summary(9, 0.01),
      meaning: summary(0.5, 0.01),
    }),
    baselines,
  )
  const changed = new Map<MeasuredMetric, boolean>(found.map(({ metric, isChanged }) => [metric, isChanged]))
  assert.deepEqual(Object.fromEntries(changed), {
    characters: true,
    logprob: false,
    finish: false,
    latency: false,
  })
  const latency = found.find(({ metric }) => metric === 'latency')
  assert.equal(latency?.adjustedP, undefined)
  assert.ok(Math.abs(latency!.effect - 2) < 0.1)
})

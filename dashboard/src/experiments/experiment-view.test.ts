/** What the pages say of an experiment follows from what the gateway tells of it. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { type ExperimentDetail, formatDifference, outcomeOf, sequenceOf, stateOf } from './experiment-view.ts'

const difference = {
  metric: 'cost' as const,
  role: 'decides' as const,
  control: '0.002',
  arm: '0.001',
  difference: '-0.001',
  lower: '-0.0015',
  upper: '-0.0005',
  units: 200,
  verdict: 'better' as const,
  guardrail_crossed: false,
}

const experiment: ExperimentDetail = {
  route: 'assistant',
  name: 'e1',
  state: 'running',
  started_at: '2026-01-01T00:00:00Z',
  in_force: true,
  metric: 'cost',
  alpha: 0.05,
  min_units: 20,
  arms: [
    { name: 'control', share: 0.5, units: 100, outcomes: 100, differences: [] },
    { name: 'new', share: 0.5, units: 100, outcomes: 100, differences: [difference] },
  ],
  sample_ratio: [],
  looks: [
    {
      at: '2026-01-01T01:00:00Z',
      units: 40,
      differences: [{ arm: 'new', metric: 'cost', difference: '-0.002', lower: '-0.009', upper: '0.005' }],
    },
  ],
}

test('the sequence goes from the looks that were kept to what is seen now', () => {
  assert.deepEqual(sequenceOf(experiment, 'new', 'cost'), [
    { units: 40, difference: -0.002, lower: -0.009, upper: 0.005 },
    { units: 200, difference: -0.001, lower: -0.0015, upper: -0.0005 },
  ])
  assert.deepEqual(sequenceOf(experiment, 'control', 'cost'), [])
})

test('each arm has its outcome, unless they are unbalanced or were not looked at yet', () => {
  const outcomes = (of: ExperimentDetail) => of.arms.map((arm) => outcomeOf(of, arm))
  assert.deepEqual(outcomes(experiment), [0.002, 0.001])
  const ratio = { of: 'units' as const, p: 0.00001, bayes_factor: 900, mismatch: true }
  assert.deepEqual(outcomes({ ...experiment, sample_ratio: [ratio] }), [undefined, undefined])
  const arms = experiment.arms.map((arm) => ({ ...arm, differences: [] }))
  assert.deepEqual(outcomes({ ...experiment, arms }), [undefined, undefined])
})

test('a fault comes before a winner, and what is over is no longer running', () => {
  assert.equal(stateOf(experiment).word, 'running')
  assert.equal(stateOf({ ...experiment, winner: 'new' }).word, 'new wins')
  assert.equal(stateOf({ ...experiment, winner: 'new', fault: 'unbalanced' }).word, 'must stop')
  assert.equal(stateOf({ ...experiment, state: 'ended' }).word, 'ended')
})

test('differences carry their sign and unit', () => {
  assert.deepEqual(
    [formatDifference('cost', -0.001), formatDifference('latency', 120), formatDifference('errors', 0.005)],
    ['-$0.0010', '+120 ms', '+0.50 pp'],
  )
})

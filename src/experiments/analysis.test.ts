/** What moments are made to say: the reference's worked numbers, guardrails, imbalance, and error rates under peeking. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../judgement/statistics/random.ts'
import { analyseExperiment, newVariances } from './analysis.ts'
import type { ArmMoments, Metric, Plan } from './port.ts'

const plan: Plan = {
  metric: 'feedback',
  alpha: 0.05,
  minUnits: 200,
  guardrails: [{ metric: 'errors' }],
  arms: [
    { name: 'control', weight: 1 },
    { name: 'new', weight: 1 },
  ],
}

/** An arm of so many units, each with one outcome of 0 or 1. */
function rate(arm: string, metric: Metric, units: number, successes: number): ArmMoments {
  return { arm, metric, units, outcomes: units, sum: successes, squares: successes, expectedUnits: units }
}

const clean = (units: number) => [rate('control', 'errors', units, 0), rate('new', 'errors', units, 0)]

test('the confidence sequence has the width of the reference', () => {
  const found = [...clean(1000), rate('control', 'feedback', 1000, 900), rate('new', 'feedback', 1000, 868)]
  const [feedback] = analyseExperiment(plan, found, {}).arms[1]!.differences
  assert.equal(feedback!.difference.toFixed(3), '-0.032')
  // 0.043884 in the reference, whose variances are over n.
  assert.ok(Math.abs((feedback!.upper - feedback!.lower) / 2 - 0.043884) < 5e-5)
  assert.equal(feedback!.verdict, 'open')
  const later = [...clean(2000), rate('control', 'feedback', 2000, 1800), rate('new', 'feedback', 2000, 1736)]
  const decided = analyseExperiment(plan, later, {})
  assert.equal(decided.arms[1]!.differences[0]!.verdict, 'worse')
  assert.equal(decided.winner, 'control')
})

test('an arm that is surely better wins, before its first look nothing is said', () => {
  const at = (units: number) => [
    ...clean(units),
    rate('control', 'feedback', units, units * 0.5),
    rate('new', 'feedback', units, units * 0.9),
  ]
  assert.equal(analyseExperiment(plan, at(400), {}).winner, 'new')
  assert.deepEqual(analyseExperiment(plan, at(199), {}).arms[1]!.differences, [])
})

test('a guardrail stops, and no winner is named beside it', () => {
  const found = [
    rate('control', 'errors', 1000, 10),
    rate('new', 'errors', 1000, 200),
    rate('control', 'feedback', 1000, 500),
    rate('new', 'feedback', 1000, 900),
  ]
  const { fault, winner } = analyseExperiment(plan, found, {})
  assert.match(fault ?? '', /the arm new crosses the guardrail of errors/)
  assert.equal(winner, undefined)
  const borne = { ...plan, guardrails: [{ metric: 'errors' as const, margin: 0.5 }] }
  assert.equal(analyseExperiment(borne, found, {}).winner, 'new')
})

test('arms without their shares hide the results, and so do arms that lose outcomes', () => {
  const units = [rate('control', 'errors', 12_000, 0), rate('new', 'errors', 8_000, 0)].map((row) => ({
    ...row,
    expectedUnits: 10_000,
  }))
  const unbalanced = analyseExperiment(plan, units, {})
  assert.equal(unbalanced.ratios[0]!.isMismatch, true)
  assert.deepEqual(unbalanced.arms[1]!.differences, [])
  const lost = analyseExperiment(
    plan,
    [...clean(10_000), rate('control', 'feedback', 6_000, 3_000), rate('new', 'feedback', 4_000, 3_000)],
    {},
  )
  assert.deepEqual([lost.ratios[1]!.of, lost.ratios[1]!.isMismatch], ['outcomes', true])
  assert.match(lost.fault ?? '', /lose outcomes unlike/)
})

test('peeking at each hundred units is wrong in less than 5 % of experiments, by rates and by cost', () => {
  const random = createRandom('looks at live arms')
  const runs = 300
  const alarms = { errors: 0, cost: 0 }
  for (const metric of ['errors', 'cost'] as const) {
    const own = { ...plan, metric, guardrails: [] }
    const draw = () =>
      metric === 'errors' ? Number(random.next() < 0.1) : 1e6 * -Math.log(1 - random.next())
    for (let run = 0; run < runs; run++) {
      const sums = ['control', 'new'].map((arm) => ({
        arm,
        metric,
        units: 0,
        outcomes: 0,
        sum: 0,
        squares: 0,
      }))
      let variances = {}
      let isAlarmed = false
      for (let look = 0; look < 40 && !isAlarmed; look++) {
        for (const moments of sums) {
          const values = Array.from({ length: 100 }, draw)
          moments.units += 100
          moments.outcomes += 100
          moments.sum += values.reduce((sum, value) => sum + value, 0)
          moments.squares += values.reduce((sum, value) => sum + value ** 2, 0)
        }
        const rows = sums.map((moments) => ({ ...moments, expectedUnits: moments.units }))
        const found = metric === 'errors' ? rows : [...rows, ...clean(sums[0]!.units)]
        variances = { ...variances, ...newVariances(own, found, variances) }
        isAlarmed = analyseExperiment(own, found, variances).winner !== undefined
      }
      if (isAlarmed) alarms[metric]++
    }
  }
  // The whole of alpha.
  assert.ok(alarms.errors <= 0.05 * runs && alarms.cost <= 0.05 * runs, JSON.stringify(alarms))
})

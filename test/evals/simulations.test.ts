/** The statistics over simulated worlds: intervals hold as often as they say, early stops and peeking spoil no error. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { createRandom } from '../../src/judgement/statistics/random.ts'
import {
  earlyOdds,
  quantileCoverage,
  sequenceOdds,
  tCoverage,
  wilsonCoverage,
} from '../support/judgement-simulation.ts'
import { earlyTable, sequenceTable } from '../support/judgement-tables.ts'

const isFull = process.env['WEIR_PROVE'] === '1'
/** Three standard errors of a simulated rate, and what the rounding of a table hides. */
const slack = (rate: number, runs: number): number =>
  3 * Math.sqrt(Math.max(rate * (1 - rate), 1 / runs) / runs) + 0.005

function near(measured: number, expected: number, runs: number, what: string): void {
  const isNear = Math.abs(measured - expected) <= slack(expected, runs)
  assert.ok(isNear, `${what}: ${measured}, expected ${expected}`)
}

test('t intervals over cases and clusters hold the truth as often as they say', () => {
  const runs = isFull ? 20_000 : 1_500
  for (const shape of [
    { clusters: 100, casesInCluster: 1, repeats: 5, shared: 0 },
    { clusters: 60, casesInCluster: 5, repeats: 3, shared: 0.7 },
  ]) {
    const coverage = tCoverage(shape, { runs, random: createRandom(JSON.stringify(shape)) })
    const give = isFull ? 0 : 3 * Math.sqrt((0.95 * 0.05) / runs)
    assert.ok(coverage >= 0.94 - give && coverage <= 0.96 + give, `${JSON.stringify(shape)}: ${coverage}`)
  }
})

test("Wilson's interval and order statistics hold as often as can be worked out", () => {
  const runs = isFull ? 20_000 : 2_000
  for (const [n, rate] of [
    [50, 0.9],
    [200, 0.98],
  ] as const) {
    const { measured, exact } = wilsonCoverage(n, rate, { runs, random: createRandom(`wilson ${n}`) })
    near(measured, exact, runs, `Wilson ${n}, ${rate}`)
  }
  for (const [n, q] of [
    [100, 0.5],
    [200, 0.95],
  ] as const) {
    const { measured, exact } = quantileCoverage(n, q, { runs, random: createRandom(`quantile ${n}`) })
    near(measured, exact, runs, `quantile ${q} of ${n}`)
    assert.ok(exact >= 0.95)
  }
})

test('a gate that may stop early passes what is worse by the margin no more often than alpha', () => {
  const runs = isFull ? 20_000 : 250
  for (const { population, loss, pass, fail, cases } of earlyTable) {
    const odds = earlyOdds(population, loss, { runs, random: createRandom(`${population} ${loss}`) })
    if (pass !== undefined) near(odds.pass, pass, runs, `P(pass) at -${loss}`)
    if (fail !== undefined) near(odds.fail, fail, runs, `P(fail) at -${loss}`)
    const isLikeTable = cases === undefined || Math.abs(odds.cases - cases) <= (isFull ? 5 : 30)
    assert.ok(isLikeTable, `${odds.cases} cases at -${loss}, expected ${cases}`)
    if (loss === 0.03) assert.ok(odds.pass <= 0.05 + (isFull ? 0 : slack(0.05, runs)))
  }
})

test('a confidence sequence may be looked at as often as one likes', () => {
  const runs = isFull ? 20_000 : 400
  for (const { rates, found, medianUnits } of sequenceTable) {
    const odds = sequenceOdds(rates, { runs, random: createRandom(rates.join()) })
    const name = `${rates[0]} against ${rates[1]}`
    if (found) {
      assert.ok(odds.found >= found[0] - slack(found[0], runs), `${name}: ${odds.found}`)
      assert.ok(odds.found <= found[1] + slack(found[1], runs), `${name}: ${odds.found}`)
    }
    if (rates[0] === rates[1]) {
      assert.ok(odds.found <= 0.05)
      assert.ok(odds.foundByPeeking > 0.3, 'a plain interval alarms when it is peeked at')
    }
    if (medianUnits !== undefined) {
      const isLikeTable = Math.abs(odds.medianUnits - medianUnits) <= (isFull ? 100 : 300)
      assert.ok(isLikeTable, `${name}: stopped after ${odds.medianUnits}, expected ${medianUnits}`)
    }
  }
})

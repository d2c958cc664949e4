/** The gate over simulated suites: what it promises, at short counts, and in full by `npm run prove`. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { createRandom } from '../judgement/statistics/random.ts'
import { gateTable, lossesOfTable } from '../../test/support/judgement-tables.ts'
import { gateOdds } from './power.ts'

const isFull = process.env['WEIR_PROVE'] === '1'
const runs = isFull ? 20_000 : 500

/** Three standard errors of both simulations, and what the rounding of the table hides. */
function tolerance(p: number, n: number): number {
  const error = (size: number): number => Math.sqrt(Math.max(p * (1 - p), 1 / size) / size)
  return 3 * Math.hypot(error(n), error(20_000)) + 0.01
}

for (const { population, cases, repeats, pass, failAt5 } of gateTable) {
  if (!isFull && cases >= 500 && population === 'diffuse') continue
  test(`${population} ${cases} x ${repeats}: the gate passes and fails as often as it should`, () => {
    const random = createRandom(`${population} ${cases} ${repeats}`)
    for (const [index, loss] of lossesOfTable.entries()) {
      const expected = pass[index]
      const plan = { cases, repeats, margin: 0.03, alpha: 0.05 }
      const odds = gateOdds(population, plan, loss, { runs, random })
      if (expected !== undefined) {
        const difference = Math.abs(odds.pass - expected)
        assert.ok(
          difference <= tolerance(expected, runs),
          `P(pass) at -${loss}: ${odds.pass}, not ${expected}`,
        )
      }
      if (loss === 0.03) {
        assert.ok(odds.pass <= 0.06 + (isFull ? 0 : 0.03), `P(pass) at exactly the margin: ${odds.pass}`)
        assert.ok(odds.pointPass > 0.45, 'a rule without a bound passes half of the time')
      }
      if (loss === 0.05 && failAt5 !== undefined) {
        const difference = Math.abs(odds.fail - failAt5)
        assert.ok(difference <= tolerance(failAt5, runs), `P(fail) at -.05: ${odds.fail}, not ${failAt5}`)
      }
    }
  })
}

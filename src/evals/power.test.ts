/** The gate over simulated suites: what it promises, at short counts, and in full by `npm run prove`. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { createRandom } from '../judgement/statistics/random.ts'
import { gateOdds, type Population } from './power.ts'

const isFull = process.env['WEIR_PROVE'] === '1'
const runs = isFull ? 20_000 : 500

interface Row {
  readonly population: Population
  readonly cases: number
  readonly repeats: number
  /** P(pass) where the candidate is equal, 1, 3 and 5 points worse; undefined where it is not told. */
  readonly pass: readonly (number | undefined)[]
  readonly failAt5?: number
}

/** The operating characteristics at a margin of 3 points and alpha .05, from 20,000 runs of an independent program. */
const rows: readonly Row[] = [
  { population: 'diffuse', cases: 100, repeats: 1, pass: [0.17, 0.12, 0.049, 0.017], failAt5: 0.11 },
  { population: 'diffuse', cases: 100, repeats: 5, pass: [0.49, 0.27, 0.049, 0.004], failAt5: 0.25 },
  { population: 'diffuse', cases: 200, repeats: 5, pass: [0.75, 0.44, 0.05, 0.001], failAt5: 0.4 },
  { population: 'diffuse', cases: 300, repeats: 5, pass: [0.88, 0.57, 0.049, 0], failAt5: 0.52 },
  { population: 'diffuse', cases: 500, repeats: 5, pass: [0.98, 0.77, 0.05, 0], failAt5: 0.71 },
  { population: 'diffuse', cases: 1000, repeats: 5, pass: [1, 0.96, 0.046, 0], failAt5: 0.93 },
  { population: 'concentrated', cases: 100, repeats: 1, pass: [1, 0.37, 0.048, 0.006], failAt5: 0.39 },
  { population: 'concentrated', cases: 500, repeats: 1, pass: [1, 0.94, 0.035, 0], failAt5: 0.76 },
  { population: 'mixed', cases: 100, repeats: 5, pass: [0.94, 0.38, 0.058, 0.01], failAt5: 0.14 },
  { population: 'mixed', cases: 200, repeats: 5, pass: [1, 0.56, 0.053, 0.002], failAt5: 0.27 },
  { population: 'churn', cases: 100, repeats: 1, pass: [0.34, 0.17, 0.042, 0.008], failAt5: 0.2 },
  { population: 'churn', cases: 500, repeats: 1, pass: [0.94, 0.61, 0.05, 0.001], failAt5: 0.47 },
]
const losses = [0, 0.01, 0.03, 0.05]

/** Three standard errors of both simulations, and what the rounding of the table hides. */
function tolerance(p: number, n: number): number {
  const error = (size: number): number => Math.sqrt(Math.max(p * (1 - p), 1 / size) / size)
  return 3 * Math.hypot(error(n), error(20_000)) + 0.01
}

for (const { population, cases, repeats, pass, failAt5 } of rows) {
  if (!isFull && cases >= 500 && population === 'diffuse') continue
  test(`${population} ${cases} x ${repeats}: the gate passes and fails as often as it should`, () => {
    const random = createRandom(`${population} ${cases} ${repeats}`)
    for (const [index, loss] of losses.entries()) {
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

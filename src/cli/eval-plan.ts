/** `weir eval plan`: what a run would ask and cost, and what its gate could tell. */

import { asArray, asObject, asString, type JsonObject } from '../core/json.ts'
import { defaultGate } from '../evals/gate.ts'
import { gateOdds, type Population } from '../evals/power.ts'
import { createRandom } from '../judgement/statistics/random.ts'
import type { Suite } from '../judgement/suite/suite.ts'
import type { Output } from './output.ts'

/** Enough for two digits, in a second or two. */
const simulatedRuns = 1_000
const losses = [0, 0.01, 0.03, 0.05]

const shownPopulations: readonly { readonly name: Population; readonly means: string }[] = [
  { name: 'diffuse', means: 'every case has a chance of its own to pass' },
  { name: 'concentrated', means: 'a loss breaks few cases altogether' },
]

interface Odds {
  readonly population: Population
  readonly loss: number
  readonly pass: number
  readonly fail: number
}

export function showPlan(plan: JsonObject, suite: Suite, isJson: boolean, output: Output): void {
  const odds = oddsOf(plan, suite)
  if (isJson) return output.printJson({ ...plan, ...(odds && { odds }) })
  const { least, most } = asObject(plan['repeats']) as { least: number; most: number }
  const repeats = least === most ? String(least) : `${least} to ${most}`
  output.print(
    `${suite.name}: ${String(plan['cases'])} cases in ${String(plan['clusters'])} clusters, asked ${repeats === '1' ? 'once' : `${repeats} times`}`,
  )
  for (const row of [...asArray(plan['arms']), ...asArray(plan['judges'])].map(asObject)) {
    const cost = asString(row?.['cost_usd'])
    const price = cost === undefined ? 'its price is not known' : `about $${Number(cost).toPrecision(3)}`
    output.print(
      `  ${asString(row?.['label'])} ${asString(row?.['target'])}: ${String(row?.['calls'])} calls, ${price}`,
    )
  }
  if (odds === undefined) return output.print('without a baseline there is no gate to plan')
  const { margin, alpha } = suite.gate ?? defaultGate
  output.print(`P(pass) of the gate, margin ${margin * 100} points, alpha ${alpha}, where the candidate is`)
  output.print(
    `  ${''.padEnd(14)}${losses.map((loss) => (loss === 0 ? 'equal' : `-${loss * 100} pp`).padStart(8)).join('')}`,
  )
  for (const { name, means } of shownPopulations) {
    const row = odds.filter(({ population }) => population === name)
    output.print(
      `  ${name.padEnd(14)}${row.map(({ pass }) => pass.toFixed(2).padStart(8)).join('')}   ${means}`,
    )
  }
}

/** By simulation, with the cluster as the unit; nothing without a baseline. */
function oddsOf(plan: JsonObject, { gate = defaultGate, baseline, seed }: Suite): Odds[] | undefined {
  if (baseline === undefined) return undefined
  const { least } = asObject(plan['repeats']) as { least: number }
  const random = createRandom(`${seed}:plan`)
  const sizes = { cases: Number(plan['clusters']), repeats: least, margin: gate.margin, alpha: gate.alpha }
  return shownPopulations.flatMap(({ name }) =>
    losses.map((loss) => {
      const { pass, fail } = gateOdds(name, sizes, loss, { runs: simulatedRuns, random })
      return { population: name, loss, pass, fail }
    }),
  )
}

/** `weir eval plan`: what a run would ask and cost, and what its gate could tell. */

import type { JsonObject } from '../core/json.ts'
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

/** The plan as the administration API tells it. */
interface ToldPlan {
  readonly cases: number
  readonly clusters: number
  readonly repeats: { readonly least: number; readonly most: number }
  readonly arms: readonly ToldTarget[]
  readonly judges: readonly ToldTarget[]
}

interface ToldTarget {
  readonly label: string
  readonly target: string
  readonly calls: number
  readonly cost_usd?: string
}

export function showPlan(told: JsonObject, suite: Suite, isJson: boolean, output: Output): void {
  const plan = told as unknown as ToldPlan
  const odds = oddsOf(plan, suite)
  if (isJson) return output.printJson({ ...plan, ...(odds && { odds }) })
  const { cases, clusters, repeats, arms, judges } = plan
  const times = repeats.least === repeats.most ? `${repeats.least}` : `${repeats.least} to ${repeats.most}`
  output.print(
    `${suite.name}: ${cases} cases in ${clusters} clusters, asked ${times === '1' ? 'once' : `${times} times`}`,
  )
  for (const { label, target, calls, cost_usd: cost } of [...arms, ...judges]) {
    const price = cost === undefined ? 'its price is not known' : `about $${Number(cost).toPrecision(3)}`
    output.print(`  ${label === target ? target : `${label} ${target}`}: ${calls} calls, ${price}`)
  }
  if (odds === undefined) return output.print('without a baseline there is no gate to plan')
  const { margin, alpha } = suite.gate ?? defaultGate
  output.print(`P(pass) of the gate, margin ${margin * 100} points, alpha ${alpha}, where the candidate is`)
  const columns = losses.map((loss) => (loss === 0 ? 'equal' : `-${loss * 100} pp`).padStart(8))
  output.print(`  ${''.padEnd(14)}${columns.join('')}`)
  for (const { name, means } of shownPopulations) {
    const row = odds.filter(({ population }) => population === name)
    output.print(
      `  ${name.padEnd(14)}${row.map(({ pass }) => pass.toFixed(2).padStart(8)).join('')}   ${means}`,
    )
  }
}

/** By simulation, with the cluster as the unit; nothing without a baseline. */
function oddsOf(
  { repeats, clusters }: ToldPlan,
  { gate = defaultGate, baseline, seed }: Suite,
): Odds[] | undefined {
  if (baseline === undefined) return undefined
  const random = createRandom(`${seed}:plan`)
  const sizes = { cases: clusters, repeats: repeats.least, margin: gate.margin, alpha: gate.alpha }
  return shownPopulations.flatMap(({ name }) =>
    losses.map((loss) => {
      const { pass, fail } = gateOdds(name, sizes, loss, { runs: simulatedRuns, random })
      return { population: name, loss, pass, fail }
    }),
  )
}

/** `weir eval plan`: what a run would ask and cost, and what its gate could tell. */

import type { JsonObject } from '../core/json.ts'
import type { Population } from '../evals/power.ts'
import type { Output } from './output.ts'

/** Columns of the table; the plan has more. */
const losses = [0, 0.01, 0.03, 0.05]

const shownPopulations: readonly { readonly name: Population; readonly means: string }[] = [
  { name: 'diffuse', means: 'every case has a chance of its own to pass' },
  { name: 'concentrated', means: 'a loss breaks few cases altogether' },
]

interface Odds {
  readonly population: string
  readonly loss: number
  readonly pass: number
  readonly fail: number
}

/** The plan as the administration API tells it. */
interface ToldPlan {
  readonly name: string
  readonly cases: number
  readonly clusters: number
  readonly repeats: { readonly least: number; readonly most: number }
  readonly arms: readonly ToldTarget[]
  readonly judges: readonly ToldTarget[]
  readonly gate?: { readonly margin: number; readonly alpha: number }
  readonly odds?: readonly Odds[]
}

interface ToldTarget {
  readonly label: string
  readonly target: string
  readonly calls: number
  readonly cost_usd?: string
}

export function showPlan(told: JsonObject, isJson: boolean, output: Output): void {
  if (isJson) return output.printJson(told)
  const { name: suite, cases, clusters, repeats, arms, judges, gate, odds } = told as unknown as ToldPlan
  const times = repeats.least === repeats.most ? `${repeats.least}` : `${repeats.least} to ${repeats.most}`
  output.print(
    `${suite}: ${cases} cases in ${clusters} clusters, asked ${times === '1' ? 'once' : `${times} times`}`,
  )
  for (const { label, target, calls, cost_usd: cost } of [...arms, ...judges]) {
    const price = cost === undefined ? 'its price is not known' : `about $${Number(cost).toPrecision(3)}`
    output.print(`  ${label === target ? target : `${label} ${target}`}: ${calls} calls, ${price}`)
  }
  if (!gate || !odds) return output.print('without a baseline there is no gate to plan')
  const { margin, alpha } = gate
  output.print(`P(pass) of the gate, margin ${margin * 100} points, alpha ${alpha}, where the candidate is`)
  const columns = losses.map((loss) => (loss === 0 ? 'equal' : `-${loss * 100} pp`).padStart(8))
  output.print(`  ${''.padEnd(14)}${columns.join('')}`)
  for (const { name, means } of shownPopulations) {
    const row = losses.flatMap(
      (loss) => odds.find((one) => one.population === name && one.loss === loss) ?? [],
    )
    output.print(
      `  ${name.padEnd(14)}${row.map(({ pass }) => pass.toFixed(2).padStart(8)).join('')}   ${means}`,
    )
  }
}

/** What the gate of a planned run could tell: how likely it passes candidates that are truly as good, or worse. Pure. */

import { createRandom } from '../judgement/statistics/random.ts'
import { type GatePlan, gateOdds, type Population } from './power.ts'

/** Enough for two digits, in a second or two. */
const simulatedRuns = 1_000

/** Told for every plan, so that plans can be compared; the rest is placed around the margin. */
const usualLosses = [0, 0.01, 0.03, 0.05]
const lossesInMargins = [0.5, 1, 1.5, 2]

/** The two ends of how answers come about: a loss that is everywhere, and one that breaks a few cases altogether. */
const shownPopulations: readonly Population[] = ['diffuse', 'concentrated']

export interface PlannedOdds {
  readonly population: Population
  /** By which the candidate is truly worse, between 0 and 1. */
  readonly loss: number
  readonly pass: number
  readonly fail: number
}

export interface OddsInput {
  /** Clusters are the unit of inference: they are the cases here. */
  readonly plan: GatePlan
  readonly seed: string
}

/** By simulation, which takes a second or two: the same for the same seed. */
export function oddsOf({ plan, seed }: OddsInput): PlannedOdds[] {
  const random = createRandom(`${seed}:plan`)
  const losses = lossesFor(plan.margin)
  return shownPopulations.flatMap((population) =>
    losses.map((loss) => {
      const { pass, fail } = gateOdds(population, plan, loss, { runs: simulatedRuns, random })
      return { population, loss, pass, fail }
    }),
  )
}

/** Ascending, from none. */
export function lossesFor(margin: number): number[] {
  const placed = lossesInMargins.map((share) => Number((share * margin).toFixed(4)))
  return [...new Set([...usualLosses, ...placed])].filter((loss) => loss <= 1).toSorted((a, b) => a - b)
}

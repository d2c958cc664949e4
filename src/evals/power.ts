/** What a gate can tell before a run has been paid for: its verdicts over simulated suites. */

import { bisect, incompleteBeta } from '../judgement/statistics/special.ts'
import { differenceBounds, nonInferiorityVerdict } from '../judgement/statistics/non-inferiority.ts'
import type { Random } from '../judgement/statistics/random.ts'

/**
 * How answers come about. `diffuse`: each case has a chance of its own to pass, and the candidate's differs a
 * little. `concentrated`: what always passed breaks altogether in a few cases. `mixed`: the same where every
 * answer also fails now and then. `churn`: some cases are mended while others break.
 */
export const populations = ['diffuse', 'concentrated', 'mixed', 'churn'] as const
export type Population = (typeof populations)[number]

export interface GatePlan {
  readonly cases: number
  readonly repeats: number
  readonly margin: number
  readonly alpha: number
}

export interface GateOdds {
  readonly pass: number
  readonly fail: number
  /** How often the estimate alone, without a bound, would have passed. */
  readonly pointPass: number
}

/** How often the gate passes and fails a candidate that is truly `loss` worse, over `runs` simulated runs. */
export function gateOdds(
  population: Population,
  plan: GatePlan,
  loss: number,
  { runs, random }: { readonly runs: number; readonly random: Random },
): GateOdds {
  const draw = drawDifference(population, loss, plan.repeats, random)
  const differences = Array.from<number>({ length: plan.cases })
  const isBinary = plan.repeats === 1
  let [pass, fail, pointPass] = [0, 0, 0]
  for (let run = 0; run < runs; run++) {
    let total = 0
    for (let index = 0; index < plan.cases; index++) total += differences[index] = draw()
    const verdict = nonInferiorityVerdict(
      differenceBounds(differences, { alpha: plan.alpha, isBinary }),
      plan.margin,
    )
    if (verdict === 'pass') pass += 1
    else if (verdict === 'fail') fail += 1
    if (total / plan.cases >= -plan.margin - 1e-9) pointPass += 1
  }
  return { pass: pass / runs, fail: fail / runs, pointPass: pointPass / runs }
}

/** Draws the difference of one case, candidate minus baseline, where the candidate is truly `loss` worse. */
export function drawDifference(
  population: Population,
  loss: number,
  repeats: number,
  random: Random,
): () => number {
  return drawers[population](loss, repeats, random)
}

type Drawer = (loss: number, repeats: number, random: Random) => () => number

/** The difference of one case, candidate minus baseline, as a mean over the repeats. */
const drawers: Readonly<Record<Population, Drawer>> = {
  diffuse(loss, repeats, random) {
    const chance = quantileDraw(chancesToPass, random)
    return () => {
      const own = chance()
      const moved = Math.min(1, Math.max(0, 0.8 * own + 0.2 * chance() - loss))
      return (passes(moved, repeats, random) - passes(own, repeats, random)) / repeats
    }
  },
  concentrated(loss, _repeats, random) {
    return () => (random.next() < loss ? -1 : 0)
  },
  mixed(loss, repeats, random) {
    const usual = 0.98
    return () => {
      const own = random.next() < loss / usual ? 0 : passes(usual, repeats, random)
      return (own - passes(usual, repeats, random)) / repeats
    }
  },
  churn(loss, _repeats, random) {
    return () => {
      const u = random.next()
      if (u < 0.02) return 1
      return u < 0.04 + loss ? -1 : 0
    }
  },
}

function passes(chance: number, repeats: number, random: Random): number {
  let count = 0
  for (let repeat = 0; repeat < repeats; repeat++) if (random.next() < chance) count += 1
  return count
}

const tableSize = 4_096

export function betaDraw(a: number, b: number, random: Random): () => number {
  return quantileDraw(betaQuantiles(a, b), random)
}

/** Of a Beta distribution: what fraction of it lies below each of equally many steps. */
function betaQuantiles(a: number, b: number): Float64Array {
  return Float64Array.from({ length: tableSize + 1 }, (_, index) =>
    index === 0
      ? 0
      : index === tableSize
        ? 1
        : bisect((x) => incompleteBeta(x, a, b), index / tableSize, 0, 1),
  )
}

/** Worked out once: it takes a tenth of a second. */
const chancesToPass = betaQuantiles(7.2, 0.8)

/** Draws by the inverse of a distribution, with linear steps between its quantiles. */
function quantileDraw(quantiles: Float64Array, random: Random): () => number {
  return () => {
    const at = random.next() * tableSize
    const index = Math.floor(at)
    const low = quantiles[index]!
    return low + (at - index) * (quantiles[index + 1]! - low)
  }
}

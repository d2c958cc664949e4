/** What the moments of an experiment's arms say: are the arms balanced, which is better, does one do harm? Pure. */

import {
  type ArmMoments as Moments,
  confidenceSequence,
  sequenceTuning,
} from '../judgement/statistics/confidence-sequence.ts'
import {
  ratioMismatchFrom,
  sampleRatioBayesFactor,
  sampleRatioTest,
} from '../judgement/statistics/sample-ratio.ts'
import { type ArmMoments, type Metric, metrics, type Plan } from './port.ts'

export interface RatioTest {
  /** `units`: were they dealt out as meant? `outcomes`: do the arms' units lead to an outcome alike? */
  readonly of: 'units' | 'outcomes'
  readonly p: number
  /** Against the shares that were meant; holds at every look. */
  readonly bayesFactor: number
  readonly isMismatch: boolean
}

export interface Difference {
  readonly metric: Metric
  readonly role: 'decides' | 'guards' | 'shown'
  readonly control: number
  readonly arm: number
  /** Arm minus control, with its confidence sequence. */
  readonly difference: number
  readonly lower: number
  readonly upper: number
  readonly units: number
  /** `better` and `worse`: surely, at this look and at all others. */
  readonly verdict: 'better' | 'worse' | 'open'
  /** Of a guardrail: how far the arm may be on the wrong side of the control, as a difference with its sign. */
  readonly limit?: number
  /** Of a guardrail: the harm is surely larger than its margin. */
  readonly isCrossed: boolean
}

export interface ArmView {
  readonly name: string
  readonly units: number
  readonly outcomes: number
  /** Against the control; none of the control itself, and none that has been looked at too early. */
  readonly differences: readonly Difference[]
}

export interface Analysis {
  readonly arms: readonly ArmView[]
  readonly ratios: readonly RatioTest[]
  /** Why it has to stop; then nothing else of it is to be believed. */
  readonly fault?: string
  readonly winner?: string
}

const higherIsBetter: ReadonlySet<Metric> = new Set<Metric>(['feedback', 'judge'])
/** Their margins are shares of the control's mean. */
const scaled: ReadonlySet<Metric> = new Set<Metric>(['cost', 'latency', 'first_token'])
const defaultMargin = (metric: Metric): number => (scaled.has(metric) ? 0.2 : 0.02)

/** Units at which the sequences are tightest. */
const plannedUnits = 4_000
/** Of the difference of two rates near .9, in equal arms: fixed before the start. */
const variancePrior = 0.36

/** Of cost and time that hardly vary, as a share of the control's mean: what varies later is not taken for certain. */
const leastSpread = 0.1

type Variances = Readonly<Partial<Record<Metric, number>>>

/**
 * The variances that the first look may fix: of cost and time, whose scale is not known before. Rates and scores
 * have theirs from the start.
 */
export function newVariances(plan: Plan, found: readonly ArmMoments[], known: Variances): Variances {
  const added: Partial<Record<Metric, number>> = {}
  const control = plan.arms[0]!.name
  for (const metric of scaled) {
    if (known[metric] !== undefined) continue
    const own = momentsOf(found, control, metric)
    const others = plan.arms.slice(1).map(({ name }) => momentsOf(found, name, metric))
    const all = [own, ...others]
    if (all.some((moments) => moments === undefined || moments.units < plan.minUnits)) continue
    const spread = Math.max(...others.map((other) => differenceVariance(own!, other!)))
    const variance = Math.max(spread, (leastSpread * own!.mean) ** 2)
    if (variance > 0) added[metric] = variance
  }
  return added
}

export function analyseExperiment(plan: Plan, found: readonly ArmMoments[], variances: Variances): Analysis {
  const ratios = ratioTests(plan, found)
  const mismatch = ratios.find(({ isMismatch }) => isMismatch)
  const arms = plan.arms.map(({ name }, index): ArmView => {
    const assigned = found.find(({ arm, metric }) => arm === name && metric === 'errors')
    const decided = found.find(({ arm, metric }) => arm === name && metric === plan.metric)
    return {
      name,
      units: assigned?.units ?? 0,
      outcomes: decided?.outcomes ?? 0,
      differences: index === 0 || mismatch ? [] : differencesOf(plan, found, variances, name),
    }
  })
  const fault = mismatch ? mismatchText(mismatch) : crossedText(arms)
  const winner = fault === undefined ? bestOf(plan, arms) : undefined
  return { arms, ratios, ...(fault !== undefined && { fault }), ...(winner !== undefined && { winner }) }
}

function ratioTests(plan: Plan, found: readonly ArmMoments[]): RatioTest[] {
  const unitsOf = (metric: Metric) =>
    plan.arms.map(({ name }) => found.find((row) => row.arm === name && row.metric === metric) ?? noMoments)
  const assigned = unitsOf('errors')
  const meant = assigned.map(({ expectedUnits }) => expectedUnits)
  const tests = [
    ratioTest(
      'units',
      assigned.map(({ units }) => units),
      meant,
    ),
  ]
  if (plan.metric !== 'errors') {
    // Whoever was dealt to an arm should come to an outcome as often as those of the others.
    const shares = assigned.map(({ units }) => units)
    tests.push(
      ratioTest(
        'outcomes',
        unitsOf(plan.metric).map(({ units }) => units),
        shares,
      ),
    )
  }
  return tests.flatMap((test) => test ?? [])
}

const noMoments = { units: 0, expectedUnits: 0 }

function ratioTest(
  of: RatioTest['of'],
  counts: readonly number[],
  meant: readonly number[],
): RatioTest | undefined {
  const total = meant.reduce((sum, units) => sum + units, 0)
  if (meant.some((units) => units <= 0) || counts.every((count) => count === 0)) return undefined
  const shares = meant.map((units) => units / total)
  const bayesFactor = sampleRatioBayesFactor(counts, shares)
  const { p } = sampleRatioTest(counts, shares)
  return { of, p, bayesFactor, isMismatch: bayesFactor >= ratioMismatchFrom }
}

function differencesOf(
  plan: Plan,
  found: readonly ArmMoments[],
  variances: Variances,
  name: string,
): Difference[] {
  const guarded = new Set(plan.guardrails.map(({ metric }) => metric))
  return metrics.flatMap((metric): Difference[] => {
    const control = momentsOf(found, plan.arms[0]!.name, metric)
    const arm = momentsOf(found, name, metric)
    if (!control || !arm || Math.min(control.units, arm.units) < plan.minUnits) return []
    const variance = scaled.has(metric) ? variances[metric] : variancePrior
    if (variance === undefined) return []
    // Each arm beside the control has its part of the error.
    const alpha = plan.alpha / (plan.arms.length - 1)
    const { difference, halfWidth } = sequence(control, arm, alpha, variance)
    const role = metric === plan.metric ? 'decides' : guarded.has(metric) ? 'guards' : 'shown'
    const [lower, upper] = [difference - halfWidth, difference + halfWidth]
    const isUp = higherIsBetter.has(metric)
    const verdict = lower > 0 ? (isUp ? 'better' : 'worse') : upper < 0 ? (isUp ? 'worse' : 'better') : 'open'
    const guardrail = plan.guardrails.find((each) => each.metric === metric)
    const isCrossed = guardrail !== undefined && isCrossedBy(control, arm, { alpha, variance, ...guardrail })
    return [
      {
        metric,
        role,
        control: control.mean,
        arm: arm.mean,
        difference,
        lower,
        upper,
        units: control.units + arm.units,
        verdict,
        isCrossed,
        ...(guardrail && { limit: limitOf(guardrail, control.mean) }),
      },
    ]
  })
}

/** One-sided: the lower bound of the harm, at twice the alpha of an interval. */
function isCrossedBy(
  control: Moments,
  arm: Moments,
  rail: {
    readonly metric: Metric
    readonly margin?: number | undefined
    readonly alpha: number
    readonly variance: number
  },
): boolean {
  const { metric, margin = defaultMargin(metric), alpha, variance } = rail
  const { difference, halfWidth } = sequence(control, arm, 2 * alpha, variance)
  const harm = higherIsBetter.has(metric) ? -difference : difference
  return harm - halfWidth > (scaled.has(metric) ? margin * control.mean : margin)
}

function limitOf(
  { metric, margin = defaultMargin(metric) }: Plan['guardrails'][number],
  control: number,
): number {
  return (higherIsBetter.has(metric) ? -1 : 1) * (scaled.has(metric) ? margin * control : margin)
}

function sequence(control: Moments, arm: Moments, alpha: number, variance: number) {
  return confidenceSequence(control, arm, { alpha, tuning: sequenceTuning(alpha, plannedUnits, variance) })
}

/** Undefined of fewer than two units. */
function momentsOf(found: readonly ArmMoments[], arm: string, metric: Metric): Moments | undefined {
  const row = found.find((candidate) => candidate.arm === arm && candidate.metric === metric)
  if (!row || row.units < 2) return undefined
  const { units, sum, squares } = row
  const mean = sum / units
  return { units, mean, variance: Math.max(0, (squares - sum * mean) / (units - 1)) }
}

/** v of the confidence sequence. */
function differenceVariance(a: Moments, b: Moments): number {
  const n = a.units + b.units
  return (a.variance * n) / a.units + (b.variance * n) / b.units
}

function mismatchText({ of, p }: RatioTest): string {
  const what =
    of === 'units' ? 'the arms have not the shares that they were given' : 'the arms lose outcomes unlike'
  return `${what} (p ${p.toPrecision(2)}): nothing that they show can be believed`
}

function crossedText(arms: readonly ArmView[]): string | undefined {
  for (const { name, differences } of arms) {
    const crossed = differences.find(({ isCrossed }) => isCrossed)
    if (!crossed) continue
    const { metric, arm, control } = crossed
    return `the arm ${name} crosses the guardrail of ${metric}: ${arm.toPrecision(3)}, the control ${control.toPrecision(3)}`
  }
  return undefined
}

/** Of the arms that are surely better than the control, the one that is better by most; the control where all are surely worse. */
function bestOf({ arms: [control] }: Plan, arms: readonly ArmView[]): string | undefined {
  const deciding = arms.slice(1).map(({ name, differences }) => ({
    name,
    found: differences.find(({ role }) => role === 'decides'),
  }))
  const better = deciding
    .filter(({ found }) => found?.verdict === 'better')
    .toSorted((one, other) => Math.abs(other.found!.difference) - Math.abs(one.found!.difference))
  if (better[0]) return better[0].name
  return deciding.every(({ found }) => found?.verdict === 'worse') ? control!.name : undefined
}

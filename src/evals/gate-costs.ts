/** The parts of a gate that bound times and costs. */

import { bcaBounds, resample } from '../judgement/statistics/bootstrap.ts'
import { lowerRank, quantile, upperRank } from '../judgement/statistics/quantiles.ts'
import { createRandom } from '../judgement/statistics/random.ts'
import { caseCosts } from './figures.ts'
import { limitPart, minClusters, type Scope, undecided } from './gate-part.ts'
import type { PairedCase } from './pairs.ts'
import type { GatePart } from './report.ts'
import type { CaseRow } from './row.ts'

const bootstrapReplicates = 10_000
/** A quantile is slower to draw than a mean, and its bound needs no correction. */
const ratioReplicates = 2_000

export function latencyParts(
  { settings, alpha, seed, graded, pairs }: Scope,
  key: 'latencyP95' | 'ttftP95',
  valueOf: (row: CaseRow) => number | undefined,
): GatePart[] {
  const limits = settings[key]
  if (limits === undefined) return []
  const name = key === 'latencyP95' ? 'latency p95' : 'time to first token p95'
  const parts: GatePart[] = []
  if (limits.maxMs !== undefined) {
    const sorted = graded.flatMap((row) => valueOf(row) ?? []).toSorted((a, b) => a - b)
    const upper = upperRank(sorted.length, 0.95, alpha).upper
    if (upper === undefined) parts.push(undecided(`${name}, ms`, limits.maxMs, 'a bound needs 59 answers'))
    else {
      const lower = lowerRank(sorted.length, 0.95, alpha).lower
      const interval = {
        lower: lower === undefined ? undefined : sorted[lower - 1]!,
        upper: sorted[upper - 1]!,
      }
      const estimate = quantile(sorted, 0.95)
      parts.push(
        limitPart(
          { name: `${name}, ms`, estimate, ...interval, bound: limits.maxMs, method: 'order' },
          'at-most',
        ),
      )
    }
  }
  if (limits.maxRatio !== undefined) {
    parts.push(latencyRatio(`${name}, ratio`, pairs, { valueOf, bound: limits.maxRatio, alpha, seed }))
  }
  return parts
}

interface RatioOptions {
  readonly valueOf: (row: CaseRow) => number | undefined
  readonly bound: number
  readonly alpha: number
  readonly seed: string
}

/** The ratio of two quantiles: cases are drawn again, both arms of a case together. */
function latencyRatio(name: string, pairs: readonly PairedCase[], options: RatioOptions): GatePart {
  const { valueOf, bound, alpha, seed } = options
  const candidate = new WeightedQuantile(
    pairs.map((pair) => pair.candidate.flatMap((row) => valueOf(row) ?? [])),
  )
  const baseline = new WeightedQuantile(
    pairs.map((pair) => pair.baseline.flatMap((row) => valueOf(row) ?? [])),
  )
  if (pairs.length < minClusters || candidate.size < 59 || baseline.size < 59) {
    return undecided(name, bound, 'a bound needs 59 answers of each arm')
  }
  const counts = new Int32Array(pairs.length)
  const statistic = (units: Int32Array): number => {
    counts.fill(0)
    for (const unit of units) counts[unit]! += 1
    return candidate.at(0.95, counts) / baseline.at(0.95, counts)
  }
  const estimate = statistic(Int32Array.from(pairs.keys()))
  const sorted = resample(pairs.length, statistic, ratioReplicates, createRandom(`${seed}:${name}`))
  const interval = { lower: quantile(sorted, alpha), upper: quantile(sorted, 1 - alpha) }
  return limitPart({ name, estimate, ...interval, bound, method: 'bootstrap' }, 'at-most')
}

/** Quantiles of values that belong to units which are drawn several times or not at all; sorted once. */
class WeightedQuantile {
  readonly #values: Float64Array
  readonly #units: Int32Array

  constructor(valuesOfUnits: readonly (readonly number[])[]) {
    const pairs = valuesOfUnits.flatMap((values, unit) => values.map((value) => ({ value, unit })))
    const sorted = pairs.toSorted((a, b) => a.value - b.value)
    this.#values = Float64Array.from(sorted, ({ value }) => value)
    this.#units = Int32Array.from(sorted, ({ unit }) => unit)
  }

  get size(): number {
    return this.#values.length
  }

  at(q: number, counts: Int32Array): number {
    let total = 0
    for (const unit of this.#units) total += counts[unit]!
    const wanted = Math.ceil(q * total - 1e-9)
    let seen = 0
    for (const [index, unit] of this.#units.entries()) {
      seen += counts[unit]!
      if (seen >= wanted) return this.#values[index]!
    }
    return this.#values.at(-1) ?? 0
  }
}

export function costParts({ settings: { cost }, alpha, seed, graded, pairs }: Scope): GatePart[] {
  if (cost === undefined) return []
  const parts: GatePart[] = []
  if (cost.maxUsd !== undefined) {
    const costs = caseCosts(graded)
    const name = 'cost, USD'
    if (costs === undefined || costs.length < minClusters) {
      parts.push(
        undecided(name, cost.maxUsd, costs ? `too few cases: ${costs.length}` : 'a price is not known'),
      )
    } else {
      const statistic = (units: Int32Array): number => averageOf(costs, units) / 1e9
      parts.push(bootstrapped(name, costs.length, statistic, { bound: cost.maxUsd, alpha, seed }))
    }
  }
  if (cost.maxRatio !== undefined) {
    const name = 'cost, ratio'
    const own = caseCosts(pairs.flatMap(({ candidate }) => candidate))
    const other = caseCosts(pairs.flatMap(({ baseline }) => baseline))
    if (own === undefined || other === undefined || own.length < minClusters) {
      parts.push(
        undecided(
          name,
          cost.maxRatio,
          own && other ? `too few cases: ${own.length}` : 'a price is not known',
        ),
      )
    } else {
      const statistic = (units: Int32Array): number => averageOf(own, units) / averageOf(other, units)
      parts.push(bootstrapped(name, own.length, statistic, { bound: cost.maxRatio, alpha, seed }))
    }
  }
  return parts
}

function averageOf(values: readonly number[], units: Int32Array): number {
  let total = 0
  for (const unit of units) total += values[unit]!
  return total / units.length
}

function bootstrapped(
  name: string,
  n: number,
  statistic: (units: Int32Array) => number,
  { bound, alpha, seed }: { readonly bound: number; readonly alpha: number; readonly seed: string },
): GatePart {
  const random = createRandom(`${seed}:${name}`)
  const [lower, upper] = bcaBounds({ n, statistic, random }, [alpha, 1 - alpha], bootstrapReplicates)
  const estimate = statistic(Int32Array.from({ length: n }, (_, index) => index))
  return limitPart({ name, estimate, lower, upper, bound, method: 'bca' }, 'at-most')
}

/** What many comparisons say together. Pure. */

import { clusteredInterval, clusteredMean } from '../judgement/statistics/clusters.ts'
import { mean } from '../judgement/statistics/moments.ts'
import type { Comparison, Side } from './port.ts'

export interface SideSummary {
  readonly failed: number
  readonly meanMs?: number
  readonly meanCostNanoUsd?: number
  readonly meanOutputTokens?: number
}

export interface ShadowSummary {
  readonly target: string
  readonly comparisons: number
  readonly primary: SideSummary
  readonly shadow: SideSummary
  readonly likeness?: number
  /** Share of the shadow's answers that were preferred, with a 95 % interval where there are enough. */
  readonly preference?: {
    readonly mean: number
    readonly lower: number
    readonly upper: number
    readonly judged: number
  }
  /** Verdicts that followed the order of the answers. */
  readonly swayed: number
  readonly spentNanoUsd: number
}

/** One of each target. */
export function summarise(comparisons: readonly Comparison[]): ShadowSummary[] {
  const targets = [...new Set(comparisons.map(({ target }) => target))]
  return targets.map((target) => {
    const own = comparisons.filter((comparison) => comparison.target === target)
    const alike = own.flatMap(({ likeness }) => likeness ?? [])
    const preferences = own.flatMap(({ preference }) => preference ?? [])
    return {
      target,
      comparisons: own.length,
      primary: sideSummary(own.map(({ primary }) => primary)),
      shadow: sideSummary(own.map(({ shadow }) => shadow)),
      swayed: own.filter(({ isSwayed }) => isSwayed === true).length,
      spentNanoUsd: own.reduce((sum, { spentNanoUsd }) => sum + spentNanoUsd, 0),
      ...(alike.length > 0 && { likeness: mean(alike) }),
      ...(preferences.length > 1 && { preference: preferenceOf(preferences) }),
    }
  })
}

function preferenceOf(preferences: readonly number[]): NonNullable<ShadowSummary['preference']> {
  const centre = clusteredMean(preferences.map((preference) => [preference]))
  const { lower, upper } = clusteredInterval(centre)
  return {
    mean: centre.mean,
    lower: Math.max(0, lower),
    upper: Math.min(1, upper),
    judged: preferences.length,
  }
}

function sideSummary(sides: readonly Side[]): SideSummary {
  const answered = sides.filter(({ status }) => status === 'answered')
  const costs = sides.flatMap(({ costNanoUsd }) => costNanoUsd ?? [])
  const tokens = answered.flatMap(({ outputTokens }) => outputTokens ?? [])
  return {
    failed: sides.length - answered.length,
    ...(answered.length > 0 && { meanMs: mean(answered.map(({ durationMs }) => durationMs)) }),
    ...(costs.length > 0 && { meanCostNanoUsd: Math.round(mean(costs)) }),
    ...(tokens.length > 0 && { meanOutputTokens: mean(tokens) }),
  }
}

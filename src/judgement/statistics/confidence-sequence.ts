/** Intervals of a difference between live arms that hold at every look, so that peeking is safe. */

export interface ArmMoments {
  readonly units: number
  readonly mean: number
  readonly variance: number
}

/**
 * The tuning r^2 that makes the sequence tightest near `planned` units when the variance is `variance`; fixed
 * before the start, from history.
 */
export function sequenceTuning(alpha: number, planned: number, variance: number): number {
  return (-2 * Math.log(alpha) + Math.log(1 - 2 * Math.log(alpha))) / (planned * variance)
}

/**
 * The difference b - a of the means per unit with its asymptotic confidence sequence at level 1 - alpha
 * (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, 2024). A one-sided guardrail uses twice its alpha.
 */
export function confidenceSequence(
  a: ArmMoments,
  b: ArmMoments,
  { alpha, tuning }: { readonly alpha: number; readonly tuning: number },
): { difference: number; halfWidth: number } {
  const n = a.units + b.units
  const v = (a.variance * n) / a.units + (b.variance * n) / b.units
  const spread = n * v * tuning + 1
  return {
    difference: b.mean - a.mean,
    halfWidth: Math.sqrt((spread / (n ** 2 * tuning)) * Math.log(spread / alpha ** 2)),
  }
}

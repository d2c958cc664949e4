/** How far semantic hits can be trusted, over all destinations together. Pure. */

export interface Compared {
  readonly compared: number
  readonly false_hits: number
}

/** Below so many comparisons a rate says little. */
export const enoughCompared = 50

export interface ThresholdPoint extends Compared {
  readonly threshold: number
}

/** What is left at a threshold, of a curve that rises from the one in force. */
export function pointAt(curve: readonly ThresholdPoint[], threshold: number): Compared {
  return curve.find((point) => point.threshold >= threshold) ?? { compared: 0, false_hits: 0 }
}

export interface FalseHits {
  readonly compared: number
  readonly lies: number
  /** 95 %. */
  readonly lower: number
  readonly upper: number
}

const z = 1.959964

/** Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference. */
export function falseHitsOf(readings: readonly Compared[]): FalseHits {
  const compared = readings.reduce((sum, one) => sum + one.compared, 0)
  const lies = readings.reduce((sum, one) => sum + one.false_hits, 0)
  if (compared === 0) return { compared, lies, lower: 0, upper: 1 }
  const share = lies / compared
  const middle = share + (z * z) / (2 * compared)
  const spread = z * Math.sqrt((share * (1 - share)) / compared + (z * z) / (4 * compared * compared))
  const scale = 1 + (z * z) / compared
  return {
    compared,
    lies,
    lower: Math.max(0, (middle - spread) / scale),
    upper: Math.min(1, (middle + spread) / scale),
  }
}

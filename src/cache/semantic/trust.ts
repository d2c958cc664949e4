/** How far semantic hits can be trusted: how often they were wrong of late, and the threshold that follows. */

/** The 97.5 % point of the normal distribution. */
const z = 1.96
/** Comparisons that are looked back on. */
const windowSize = 2_000
/** Fewer say nothing. */
const minSamples = 20
/** How much of the way to 1 the threshold goes at a time. */
const step = 0.25
export const maxThreshold = 0.999
/** Thresholds at which the curve is told, from the one in force to the highest. */
const curveSteps = 20

/** What the hits that were compared say of a threshold. */
export interface TrustPoint {
  readonly threshold: number
  readonly samples: number
  readonly falseHits: number
  /** 95 % (Wilson). */
  readonly interval: readonly [low: number, high: number]
}

export interface TrustReading {
  readonly threshold: number
  readonly samples: number
  readonly falseHits: number
  /** 95 % (Wilson). */
  readonly interval: readonly [low: number, high: number]
  /** How often the threshold was raised. */
  readonly raised: number
  /** At the threshold in force and at higher ones: those are all that was compared. */
  readonly curve: readonly TrustPoint[]
}

interface Comparison {
  readonly agrees: boolean
  /** Cosine of the two questions. */
  readonly similarity: number
  /** By which somebody can judge it. */
  readonly id: string
}

/** Of one destination. */
export class Trust {
  readonly #base: number
  readonly #maxFalseHits: number
  #threshold: number
  #compared: Comparison[] = []
  #raised = 0

  constructor(threshold: number, maxFalseHits: number) {
    this.#base = threshold
    this.#threshold = threshold
    this.#maxFalseHits = maxFalseHits
  }

  get threshold(): number {
    return this.#threshold
  }

  isOf(threshold: number, maxFalseHits: number): boolean {
    return this.#base === threshold && this.#maxFalseHits === maxFalseHits
  }

  /** A hit was compared with an answer of its own. Gives true where that raised the threshold. */
  compared(comparison: Comparison): boolean {
    this.#compared.push(comparison)
    if (this.#compared.length > windowSize) this.#compared.shift()
    return this.#raiseIfWrong()
  }

  /** Undefined where it counts no more. */
  comparisonOf(id: string): Comparison | undefined {
    return this.#compared.find((one) => one.id === id)
  }

  /** Somebody has looked at both answers and knows better. Gives true where that raised the threshold. */
  judged(id: string, agrees: boolean): boolean {
    this.#compared = this.#compared.map((one) => (one.id === id ? { ...one, agrees } : one))
    return this.#raiseIfWrong()
  }

  #raiseIfWrong(): boolean {
    const { samples, interval } = pointOf(this.#threshold, this.#compared)
    if (samples < minSamples || interval[0] <= this.#maxFalseHits) return false
    this.#threshold = Math.min(maxThreshold, this.#threshold + (1 - this.#threshold) * step)
    // What was compared below the new threshold says nothing of the hits above it.
    this.#compared = []
    this.#raised++
    return true
  }

  /** By hand. Below the old one nothing was compared: a lower one begins anew. */
  set(threshold: number): void {
    const isHigher = threshold >= this.#threshold
    this.#threshold = threshold
    this.#compared = isHigher ? this.#compared.filter(({ similarity }) => similarity >= threshold) : []
  }

  get reading(): TrustReading {
    const step = Math.max(0, maxThreshold - this.#threshold) / curveSteps
    const curve = Array.from({ length: curveSteps + 1 }, (_, index) =>
      pointOf(this.#threshold + index * step, this.#compared),
    )
    return { ...pointOf(this.#threshold, this.#compared), raised: this.#raised, curve }
  }
}

/** A hit that was found while the threshold changed may lie below it, and counts all the same. */
function pointOf(threshold: number, all: readonly Comparison[]): TrustPoint {
  const above = all.filter(({ similarity }) => similarity >= threshold)
  const falseHits = above.filter(({ agrees }) => !agrees).length
  return { threshold, samples: above.length, falseHits, interval: wilson(falseHits, above.length) }
}

/** Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference. */
export function wilson(count: number, of: number): readonly [low: number, high: number] {
  if (of === 0) return [0, 1]
  const share = count / of
  const middle = share + (z * z) / (2 * of)
  const spread = z * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of))
  const scale = 1 + (z * z) / of
  return [Math.max(0, (middle - spread) / scale), Math.min(1, (middle + spread) / scale)]
}

/** How far semantic hits can be trusted: how often they were wrong of late, and the threshold that follows. */

/** The 97.5 % point of the normal distribution. */
const z = 1.96
/** Comparisons that are looked back on. */
const windowSize = 2_000
/** Fewer say nothing. */
const minSamples = 20
/** How much of the way to 1 the threshold goes at a time. */
const step = 0.25
const maxThreshold = 0.999

export interface TrustReading {
  readonly threshold: number
  readonly samples: number
  readonly falseHits: number
  /** 95 % (Wilson). */
  readonly interval: readonly [low: number, high: number]
  /** How often the threshold was raised. */
  readonly raised: number
}

/** Of one destination. */
export class Trust {
  readonly #base: number
  readonly #maxFalseHits: number
  #threshold: number
  #outcomes: boolean[] = []
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
  compared(agrees: boolean): boolean {
    this.#outcomes.push(agrees)
    if (this.#outcomes.length > windowSize) this.#outcomes.shift()
    const { samples, interval } = this.reading
    if (samples < minSamples || interval[0] <= this.#maxFalseHits) return false
    this.#threshold = Math.min(maxThreshold, this.#threshold + (1 - this.#threshold) * step)
    // What was compared below the new threshold says nothing of the hits above it.
    this.#outcomes = []
    this.#raised++
    return true
  }

  get reading(): TrustReading {
    const samples = this.#outcomes.length
    const falseHits = this.#outcomes.filter((agrees) => !agrees).length
    return {
      threshold: this.#threshold,
      samples,
      falseHits,
      interval: wilson(falseHits, samples),
      raised: this.#raised,
    }
  }
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

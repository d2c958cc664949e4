/** Chooses few texts that stand for many: what is asked often is among them, and so is each kind of what is asked. */

import { dot, kernelVector } from './kernel.ts'

export interface Weighed {
  readonly text: string
  /** How often it was asked. */
  readonly weight: number
}

/**
 * The places of at most `count` texts, the most telling first. Each next one is that which brings all texts nearest to
 * one that is chosen (facility location, greedy: at least 63 % of the best choice there is; Nemhauser, Wolsey and
 * Fisher 1978). Nearness is the cosine of letter triples, so texts that differ in a word hardly stand apart. Of equals
 * the first is taken. Time and room grow with the square of the texts.
 */
export function chooseSpread(texts: readonly Weighed[], count: number): number[] {
  const vectors = texts.map(({ text }) => kernelVector(text))
  const nearness = vectors.map((a) => Float32Array.from(vectors, (b) => dot(a, b)))
  const reached = new Float64Array(texts.length)
  const left = new Set(texts.keys())
  const chosen: number[] = []
  while (chosen.length < count && left.size > 0) {
    let best = { at: -1, gain: -1 }
    for (const at of left) {
      const row = nearness[at]!
      let gain = 0
      for (const [other, { weight }] of texts.entries()) {
        if (row[other]! > reached[other]!) gain += weight * (row[other]! - reached[other]!)
      }
      if (gain > best.gain) best = { at, gain }
    }
    chosen.push(best.at)
    left.delete(best.at)
    const row = nearness[best.at]!
    for (let other = 0; other < reached.length; other++) {
      reached[other] = Math.max(reached[other]!, row[other]!)
    }
  }
  return chosen
}

/** Random numbers that a seed repeats, for order, samples, resampling and simulation. Not for secrets. */

export interface Random {
  /** A number in [0, 1), with 32 random bits. */
  next(): number
  /** A whole number in [0, n). */
  below(n: number): number
  /** From the standard normal distribution. */
  normal(): number
  /** A new list of the same items in random order. */
  shuffle<T>(items: readonly T[]): T[]
}

/**
 * A generator from any text: SFC32 (Chris Doty-Humphrey's small fast counting generator, which passes PractRand),
 * its state filled from an FNV-1a hash of the seed and run in.
 */
export function createRandom(seed: string): Random {
  let a = hash(seed, 0x811c9dc5)
  let b = hash(seed, a ^ 0x9e3779b9)
  let c = hash(seed, b ^ 0x85ebca6b)
  let counter = 1
  let spare: number | undefined

  function bits(): number {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return sum >>> 0
  }
  for (let turn = 0; turn < 15; turn++) bits()

  function next(): number {
    return bits() / 4_294_967_296
  }

  function below(n: number): number {
    return Math.floor(next() * n)
  }

  /** Box and Muller: two draws give two values. */
  function normal(): number {
    if (spare !== undefined) {
      const value = spare
      spare = undefined
      return value
    }
    const radius = Math.sqrt(-2 * Math.log((bits() + 0.5) / 4_294_967_296))
    const angle = 2 * Math.PI * next()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  /** Fisher and Yates. */
  function shuffle<T>(items: readonly T[]): T[] {
    const order = [...items]
    for (let at = order.length - 1; at > 0; at--) {
      const other = below(at + 1)
      const item = order[at]!
      order[at] = order[other]!
      order[other] = item
    }
    return order
  }

  return { next, below, normal, shuffle }
}

function hash(text: string, start: number): number {
  let state = start | 0
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193)
  return state
}

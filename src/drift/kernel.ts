/** Turns a text into a vector of its letter triples: texts that read alike lie close together. */

export const kernelSize = 512
const maxCodePoints = 1_000
const tripleLength = 3

/** FNV-1a, 32 bits, of the bytes from `start` to `end`. */
export function fnv1a(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let hash = 0x811c9dc5
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  return hash >>> 0
}

const encoder = new TextEncoder()

/**
 * Counts of the lower-case triples of the first 1,000 code points, each hashed to one of 512 bins, as a vector of
 * length 1. A text of fewer than three characters gives the zero vector.
 */
export function kernelVector(text: string): Float32Array {
  const vector = new Float32Array(kernelSize)
  // Two UTF-16 units make one code point at most.
  const points = Array.from(text.slice(0, 2 * maxCodePoints)).slice(0, maxCodePoints)
  const bytes = encoder.encode(points.join('').toLowerCase())
  const starts: number[] = []
  for (let at = 0; at < bytes.length; at++) if ((bytes[at]! & 0xc0) !== 0x80) starts.push(at)
  starts.push(bytes.length)
  for (let at = 0; at + tripleLength < starts.length; at++) {
    vector[fnv1a(bytes, starts[at], starts[at + tripleLength]) % kernelSize]!++
  }
  let squares = 0
  for (const count of vector) squares += count * count
  if (squares === 0) return vector
  const norm = Math.sqrt(squares)
  for (let bin = 0; bin < kernelSize; bin++) vector[bin]! /= norm
  return vector
}

export function dot(a: Float32Array | Float64Array, b: Float32Array | Float64Array): number {
  let total = 0
  for (let at = 0; at < a.length; at++) total += a[at]! * b[at]!
  return total
}

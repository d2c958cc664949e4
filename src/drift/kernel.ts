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
  const bytes = encoder.encode(firstPoints(text).toLowerCase())
  const starts = new Uint32Array(bytes.length + 1)
  let points = 0
  for (let at = 0; at < bytes.length; at++) if ((bytes[at]! & 0xc0) !== 0x80) starts[points++] = at
  starts[points] = bytes.length
  for (let at = 0; at + tripleLength <= points; at++) {
    // A power of two: the remainder is the low bits.
    vector[fnv1a(bytes, starts[at]!, starts[at + tripleLength]!) & (kernelSize - 1)]!++
  }
  let squares = 0
  for (const count of vector) squares += count * count
  if (squares === 0) return vector
  const norm = Math.sqrt(squares)
  for (let bin = 0; bin < kernelSize; bin++) vector[bin]! /= norm
  return vector
}

function firstPoints(text: string): string {
  if (text.length <= maxCodePoints) return text
  let end = 0
  for (let points = 0; points < maxCodePoints && end < text.length; points++) {
    end += text.codePointAt(end)! > 0xffff ? 2 : 1
  }
  return text.slice(0, end)
}

export function dot(a: Float32Array | Float64Array, b: Float32Array | Float64Array): number {
  let total = 0
  for (let at = 0; at < a.length; at++) total += a[at]! * b[at]!
  return total
}

/** Vectors on the wire: a list of numbers, or the base64 of little-endian 32-bit floats. */

import { asArray, type Json } from '../../core/json.ts'

const bytesPerFloat = 4

/** Can a vector have so many numbers? */
export function isLength(value: Json): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1
}

/** The vector that a JSON value holds, in either form; undefined where it holds none. */
export function decodeVector(value: Json | undefined): readonly number[] | undefined {
  if (typeof value === 'string') return fromBase64(value)
  const numbers = asArray(value)
  return numbers.length > 0 && numbers.every((item) => typeof item === 'number') ? numbers : undefined
}

function fromBase64(text: string): readonly number[] | undefined {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length === 0 || bytes.length % bytesPerFloat !== 0) return undefined
  const vector = Array.from({ length: bytes.length / bytesPerFloat }, (_, at) =>
    bytes.readFloatLE(at * bytesPerFloat),
  )
  return vector.every(Number.isFinite) ? vector : undefined
}

/** The vector as base64, as OpenAI's clients ask for by default. Numbers lose what 32 bits cannot hold. */
export function toBase64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * bytesPerFloat)
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, at * bytesPerFloat)
  return bytes.toString('base64')
}

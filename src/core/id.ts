/** Makes ids that sort by the time at which they were made. */

import type { Clock } from './clock.ts'

/** Crockford's base 32: no I, L, O or U, and in the order of ASCII. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const timeDigits = 10
const randomDigits = 16
/** Random bytes are fetched for this many ids at once: one call of the generator costs as much as many ids. */
const idsPerBatch = 256

/**
 * Gives a function that makes ids such as `req_01JD5Z4M1N8W4RZX3T0V7Q2K9B`: `prefix`, then a ULID of 48 bits of
 * Unix milliseconds and 80 random ones. Each id sorts after the one before it, within a millisecond and when the
 * clock is set back. They are hard to guess but no secrets: neighbours of one millisecond differ by one.
 */
export function createIdFactory(
  randomBytes: (size: number) => Uint8Array,
  clock: Clock,
  prefix = 'req_',
): () => string {
  const digits = new Uint8Array(randomDigits)
  let pool: Uint8Array = new Uint8Array(0)
  let poolAt = 0
  let lastMs = -1
  let head = ''

  const begin = (ms: number): void => {
    lastMs = ms
    head = prefix + encodeTime(ms)
    if (poolAt >= pool.length) {
      pool = randomBytes(randomDigits * idsPerBatch)
      poolAt = 0
    }
    for (let index = 0; index < randomDigits; index++) digits[index] = pool[poolAt++]! & 31
  }

  return () => {
    const nowMs = clock.nowMs()
    if (nowMs > lastMs) begin(nowMs)
    else if (!increment(digits)) begin(lastMs + 1)
    let id = head
    for (let index = 0; index < randomDigits; index++) id += alphabet[digits[index]!]!
    return id
  }
}

function encodeTime(ms: number): string {
  let text = ''
  for (let rest = Math.floor(ms), digit = 0; digit < timeDigits; digit++) {
    text = alphabet[rest % 32]! + text
    rest = Math.floor(rest / 32)
  }
  return text
}

/** Adds one to the base 32 number; false when it overflows. */
function increment(digits: Uint8Array): boolean {
  for (let index = digits.length - 1; index >= 0; index--) {
    if (digits[index]! < 31) {
      digits[index]!++
      return true
    }
    digits[index] = 0
  }
  return false
}

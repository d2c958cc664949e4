/** JSON of others: how deep it nests and of how many parts it is, looked at before it is parsed. */

import { type Json, parseJson } from './json.ts'

/** Shorter text, which is nearly all, is not looked at: parsing it holds nobody up. */
const uncountedBytes = 256 * 1024
/** A thousand tokens with their twenty likeliest are 100,000. */
const maxMembers = 1_000_000
/** Vectors have the most of what is legitimate: some 3 million in 32 MiB. */
const maxValues = 4_000_000
const maxDepth = 1_000

/** Is it of more parts than anything that is meant is? Parsing it would hold up everybody else, for seconds in 32 MiB. */
export function hasTooManyParts(bytes: Buffer): boolean {
  if (bytes.length <= uncountedBytes) return false
  const { depth, members, values } = measure(bytes, maxDepth)
  return depth > maxDepth || members > maxMembers || values > maxValues
}

/** Parses JSON text of others; undefined when it is not JSON, and when it is of too many parts. */
export function parseBounded(text: string): Json | undefined {
  const isTooMany = text.length > uncountedBytes && hasTooManyParts(Buffer.from(text))
  return isTooMany ? undefined : parseJson(text)
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
const letterE = 0x65
const upperE = 0x45
const nine = 0x39

export interface JsonMeasure {
  readonly depth: number
  /** Names of members, objects and lists. */
  readonly members: number
  /** At least as many as there are in lists and objects, but for one of each. */
  readonly values: number
  /** Is a number written with an exponent? */
  readonly hasExponent: boolean
}

/**
 * How deep the JSON text nests, and of how many parts it is. Looked at before parsing, since the parser itself has no
 * limit and takes a second over a few million brackets; it ends above the depth.
 */
export function measure(bytes: Buffer, maxDepth: number): JsonMeasure {
  let depth = 0
  let deepest = 0
  let members = 0
  let values = 0
  let hasExponent = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === quote) i = endOfString(bytes, i + 1)
    else if (byte === openBracket || byte === openBrace) {
      members++
      if (++depth > deepest) deepest = depth
      if (depth > maxDepth) break
    } else if (byte === comma) values++
    else if (byte === colon) members++
    else if (byte === closeBracket || byte === closeBrace) depth--
    else if ((byte === letterE || byte === upperE) && bytes[i - 1]! <= nine) hasExponent = true
  }
  return { depth: deepest, members, values, hasExponent }
}

/** Searched natively, for most of a body is text. A quote behind an odd number of backslashes is not the end. */
function endOfString(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(quote, from); at >= 0; at = bytes.indexOf(quote, at + 1)) {
    let first = at
    while (first > from && bytes[first - 1] === backslash) first--
    if ((at - first) % 2 === 0) return at
  }
  return bytes.length
}

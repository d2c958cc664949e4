/** The form of Weir's own API keys: `weir_<12 id>_<43 secret><6 checksum>`. */

import { crc32 } from 'node:zlib'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const idLength = 12
const secretLength = 43
const checksumLength = 6
const pattern = /^weir_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/

export interface ParsedKey {
  readonly id: string
  readonly secret: string
}

/** A new key from a source of random bytes: 43 characters of 62 carry 256 bits. `id`: of the key that it renews. */
export function generateKey(
  randomBytes: (size: number) => Uint8Array,
  id = randomText(idLength, randomBytes),
): ParsedKey & { readonly text: string } {
  const secret = randomText(secretLength, randomBytes)
  return { id, secret, text: `weir_${id}_${secret}${checksum(id, secret)}` }
}

/** An id for what is no key, such as `team_4fK0aZq81LmC`. */
export function generateId(prefix: string, randomBytes: (size: number) => Uint8Array): string {
  return prefix + randomText(idLength, randomBytes)
}

/** The key's parts, or undefined where the text is not a key: nothing else needs to be looked up then. */
export function parseKey(text: string): ParsedKey | undefined {
  const match = pattern.exec(text)
  if (!match) return undefined
  const [, id = '', secret = '', sum = ''] = match
  return checksum(id, secret) === sum ? { id, secret } : undefined
}

/** CRC-32 of id and secret in base 62, so that scanners can tell a leaked key from a lookalike. */
function checksum(id: string, secret: string): string {
  let rest = crc32(`${id}_${secret}`)
  let text = ''
  while (text.length < checksumLength) {
    text = alphabet[rest % alphabet.length]! + text
    rest = Math.floor(rest / alphabet.length)
  }
  return text
}

/** Uniform over the alphabet: bytes at or above the largest multiple of its length are thrown away. */
function randomText(length: number, randomBytes: (size: number) => Uint8Array): string {
  const limit = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < limit && text.length < length) text += alphabet[byte % alphabet.length]!
    }
  }
  return text
}

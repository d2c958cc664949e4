/** Encrypts a column of a row so that it can be read only where it was written. */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const algorithm = 'aes-256-gcm'
const version = 1
const nonceBytes = 12
const tagBytes = 16

/**
 * Version, nonce, ciphertext, tag. AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D, 8.2.2: at most 2^32
 * of them per key). `place` names organisation, table, row and column; it is authenticated, not stored.
 */
export function seal(
  key: Uint8Array,
  place: readonly (string | number)[],
  plain: string | Uint8Array,
): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(toAad(place))
  const content = typeof plain === 'string' ? Buffer.from(plain, 'utf8') : plain
  const sealed = [cipher.update(content), cipher.final()]
  return Buffer.concat([Buffer.of(version), nonce, ...sealed, cipher.getAuthTag()])
}

/** The text; undefined when it was sealed with another key, for another place, by a newer program, or was changed. */
export function unseal(
  key: Uint8Array,
  place: readonly (string | number)[],
  sealed: Uint8Array,
): string | undefined {
  return unsealBytes(key, place, sealed)?.toString('utf8')
}

/** The same, of what is not text. */
export function unsealBytes(
  key: Uint8Array,
  place: readonly (string | number)[],
  sealed: Uint8Array,
): Buffer | undefined {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  if (bytes.length < 1 + nonceBytes + tagBytes || bytes[0] !== version) return undefined
  const nonce = bytes.subarray(1, 1 + nonceBytes)
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(toAad(place))
  decipher.setAuthTag(bytes.subarray(-tagBytes))
  const plain = decipher.update(bytes.subarray(1 + nonceBytes, -tagBytes))
  try {
    return Buffer.concat([plain, decipher.final()])
  } catch {
    return undefined // `final` throws for one reason only: the tag does not fit
  }
}

/** JSON keeps the parts apart: no two places give the same bytes. */
function toAad(place: readonly (string | number)[]): Buffer {
  return Buffer.from(JSON.stringify([...place, version]), 'utf8')
}

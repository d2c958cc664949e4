/** Signs reasoning as providers do, so that a receipt can tell whether it came back unchanged. */

import { createHash } from 'node:crypto'

const digestBytes = 16
// No secret: the point is to notice a changed signature, not to stop a forger.
const salt = 'weir simulator reasoning'

/** A signature of `reasoning`: a digest of the text, and a digest of that digest. Base64url, 43 characters. */
export function sign(reasoning: string): string {
  const digest = hash(reasoning)
  return Buffer.concat([digest, hash(salt + digest.toString('hex'))]).toString('base64url')
}

/** Was this signature issued here and, where `reasoning` is told, for that text? */
export function isSigned(signature: string, reasoning?: string): boolean {
  const bytes = Buffer.from(signature, 'base64url')
  if (bytes.length !== 2 * digestBytes || bytes.toString('base64url') !== signature) return false
  const digest = bytes.subarray(0, digestBytes)
  if (reasoning !== undefined && !digest.equals(hash(reasoning))) return false
  return bytes.subarray(digestBytes).equals(hash(salt + digest.toString('hex')))
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, digestBytes)
}

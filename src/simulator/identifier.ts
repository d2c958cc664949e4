/** Ids and padding in the shapes of the providers' own, the same in every run. */

import { createHash } from 'node:crypto'

/** An id with this prefix, made of the number of the call: `length` characters of base 62 after the prefix. */
export function identifier(prefix: string, n: number, length: number): string {
  const digest = createHash('sha512').update(`${prefix}${n}`).digest('base64').replaceAll(/[+/=]/g, '')
  return prefix + digest.slice(0, length).padEnd(length, '0')
}

/** Up to 15 characters without meaning, of varying length. */
export function padding(seed: number): string {
  return 'kX4mPq7ZtR2vB9c'.slice(0, (seed * 7) % 16)
}

/** Ids and padding in the shapes of the providers' own, the same in every run. */

import { createRandom } from './random.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** An id with this prefix, made of the number of the call: `length` characters of base 62 after the prefix. */
export function identifier(prefix: string, n: number, length: number): string {
  let seed = n
  for (let at = 0; at < prefix.length; at++) seed = Math.imul(seed, 31) + prefix.charCodeAt(at)
  const random = createRandom(seed)
  let id = prefix
  for (let at = 0; at < length; at++) id += alphabet[Math.floor(random() * alphabet.length)]
  return id
}

/** Up to 15 characters without meaning, of varying length. */
export function padding(seed: number): string {
  return 'kX4mPq7ZtR2vB9c'.slice(0, (seed * 7) % 16)
}

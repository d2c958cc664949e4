/** The one comparison of what somebody presented with what is known: it takes as long whichever byte differs. */

import { timingSafeEqual } from 'node:crypto'

/** Of digests, signatures and derived keys, whose lengths tell nothing. */
export function isSameSecret(presented: Uint8Array, known: Uint8Array): boolean {
  return presented.length === known.length && timingSafeEqual(presented, known)
}

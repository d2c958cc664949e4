/** What a key for browsers is good for: an answer to what it asks, and nothing that is kept or managed for its parent. */

import { GatewayError } from '../core/error.ts'
import type { Exchange } from './exchange.ts'

/** Throws `permission_denied`. Its parent's other callers have kept answers too, which it must not find. */
export function holdNarrow({ inbound, call }: Exchange): void {
  const { operation } = inbound
  if (operation !== 'generate' && operation !== 'embed' && operation !== 'count-tokens') {
    throw new GatewayError(
      'permission_denied',
      'A key for browsers is good for answers, embeddings and counts only.',
    )
  }
  const { keep = false, previousId, references = [] } = call?.memory ?? {}
  if (keep || previousId !== undefined || references.length > 0) {
    throw new GatewayError(
      'permission_denied',
      'With a key for browsers nothing is kept: leave out `store` and ids.',
    )
  }
}

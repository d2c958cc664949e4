/** What an answer from elsewhere saved, for the ledger. */

import { GatewayError } from '../core/error.ts'
import { isRoute } from '../routing/route.ts'
import { spenderOf } from './attempts.ts'
import type { Exchange } from './exchange.ts'

/** Of a request that was told an answer which no attempt of its own brought. The client does not wait for it. */
export function bookSaving(exchange: Exchange): void {
  const { borrowing, destination, parts, inbound } = exchange
  const { answer, outcome } = borrowing!
  if (answer === undefined || outcome === 'miss' || outcome === 'off') return
  const { provider, model, costNanoUsd } = answer
  const route = isRoute(destination!) ? destination.name : undefined
  try {
    parts.ledger.save({ spender: spenderOf(exchange, route), provider, model, outcome, costNanoUsd })
  } catch (cause) {
    // The answer costs nothing: it is given also while the ledger cannot be written.
    parts.onError(
      cause instanceof GatewayError
        ? cause
        : new GatewayError('internal', 'A saving could not be booked.', { cause }),
      inbound.id,
    )
  }
}

/** How a fault of the database is told: as one error, whatever the database and the fault. */

import { GatewayError } from '../../core/error.ts'

export function unavailable(cause: unknown): GatewayError {
  return new GatewayError('store_unavailable', 'The database is not available.', { cause })
}

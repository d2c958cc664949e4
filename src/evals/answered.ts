/** Errors of the request path that are the model's own doing: it has answered, and not as it should. */

import type { GatewayError } from '../core/error.ts'

/** The provider or model declines. */
export function isDeclined({ code, contract }: GatewayError): boolean {
  return code === 'content_filtered' || contract?.kind === 'refusal'
}

/** It was asked again by the gateway itself, and kept to the schema of the request in no try. */
export function isBreach({ code, contract }: GatewayError): boolean {
  return code === 'contract_unsatisfied' && contract?.kind !== 'unchecked'
}

/** Graded as an answer, and neither a fault nor asked again. */
export function isAnswer(error: GatewayError): boolean {
  return isDeclined(error) || isBreach(error)
}

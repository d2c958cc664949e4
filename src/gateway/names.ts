/** Bounds the names that a body gives: they are labels in the ledger and in records, and no place for texts. */

import { GatewayError } from '../core/error.ts'
import type { Call } from '../upstream/operation.ts'

/** In UTF-16 code units. The longest that providers give, Amazon's for inference profiles, have some 150. */
const maxLength = 512

/** Throws `invalid_request`. */
export function refuseLongNames({ model, user, session }: Call): void {
  refuseLong('model', model)
  refuseLong('user', user)
  refuseLong('session', session)
}

function refuseLong(param: string, name: string | undefined): void {
  if (name === undefined || name.length <= maxLength) return
  const message = `The request names a ${param} in ${name.length} characters; ${maxLength} is the most.`
  throw new GatewayError('invalid_request', message, { param })
}

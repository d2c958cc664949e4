/** Cohere's error bodies, and the answers that end in an error. */

import type { GatewayError } from '../../core/error.ts'
import { asObject, asString, type Json, type JsonObject, parseJson } from '../../core/json.ts'
import { faultFromStatus } from '../fault.ts'

/** Reads an error answer. Total: HTML, an empty body and a foreign error format are errors by their status. */
export function decodeError(status: number, body: string): GatewayError {
  const error = asObject(parseJson(body)) ?? {}
  return faultFromStatus(status, {
    type: asString(error['error_type']),
    message: asString(error['message']),
  })
}

/** The body for any failure. `code` is the gateway's own, beside Cohere's members. */
export function encodeError({ message, code }: GatewayError): JsonObject {
  return { message, code }
}

/**
 * The failure that an answer's own end tells, by its `finish_reason`; undefined for an answer that is well. Such
 * an answer is broken off, whatever there is of it.
 */
export function failureOf(finishReason: Json | undefined, error: Json | undefined): GatewayError | undefined {
  if (finishReason !== 'ERROR' && finishReason !== 'TIMEOUT') return undefined
  return faultFromStatus(finishReason === 'TIMEOUT' ? 504 : 200, {
    type: finishReason,
    message: asString(error),
  })
}

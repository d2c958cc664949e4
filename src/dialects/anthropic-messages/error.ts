/** Anthropic's error bodies and error events. */

import type { GatewayError } from '../../core/error.ts'
import { asObject, asString, type JsonObject, parseJson } from '../../core/json.ts'
import { faultFromStatus } from '../fault.ts'

// https://platform.claude.com/docs/en/api/errors
const typeOfStatus: ReadonlyMap<number, string> = new Map([
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [402, 'billing_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [409, 'conflict_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [500, 'api_error'],
  [503, 'overloaded_error'],
  [504, 'timeout_error'],
  [529, 'overloaded_error'],
])
const statusOfType: ReadonlyMap<string, number> = new Map(
  [...typeOfStatus].map(([status, type]) => [type, status]),
)

/** Reads an error answer. Total: HTML, an empty body and a foreign error format are errors by their status. */
export function decodeError(status: number, body: string): GatewayError {
  return errorFromWire(status, asObject(parseJson(body)) ?? {})
}

/**
 * Reads an error object. A status below 400 is that of a stream or a body that began well; the type of the
 * error then stands for the status.
 */
export function errorFromWire(status: number, body: JsonObject): GatewayError {
  const error = asObject(body['error']) ?? body
  const type = asString(error['type'])
  return faultFromStatus(status >= 400 ? status : (statusOfType.get(type ?? '') ?? status), {
    type,
    code: asString(asObject(error['details'])?.['error_code']),
    message: asString(error['message']) ?? asString(body['error']),
  })
}

/** The body, and the data of the `error` event, for any failure. The code is the gateway's own, beside the type. */
export function encodeError(error: GatewayError): JsonObject {
  const type = typeOfStatus.get(error.status) ?? (error.status < 500 ? 'invalid_request_error' : 'api_error')
  return {
    type: 'error',
    error: {
      type,
      message: error.message,
      code: error.code,
      details: { error_code: error.code }, // where Anthropic's SDKs look for a stable code
      ...(error.param === undefined ? {} : { param: error.param }),
    },
  }
}

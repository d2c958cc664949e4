/** Google's error model (`google.rpc.Status` as JSON), in both directions. */

import { errorTable, GatewayError } from '../../core/error.ts'
import {
  asArray,
  asNumber,
  asObject,
  asString,
  defined,
  type Json,
  type JsonObject,
  parseJson,
} from '../../core/json.ts'
import { faultFromStatus } from '../fault.ts'

/** Reads an error answer; total over any status and body. Streams may wrap the error in an array. */
export function decodeError(status: number, body: string): GatewayError {
  return errorOf(status, parseJson(body) ?? null)
}

/** The error that a parsed body or stream chunk tells. The code in the body counts where `status` is a success. */
export function errorOf(status: number, body: Json): GatewayError {
  const error = asObject(asObject(Array.isArray(body) ? (body[0] as Json) : body)?.['error']) ?? {}
  const details = asArray(error['details']).map((detail) => asObject(detail) ?? {})
  const member = (name: string) => details.map((detail) => detail[name]).find((value) => value !== undefined)
  const httpStatus = status >= 400 ? status : (asNumber(error['code']) ?? status)
  const fault = faultFromStatus(httpStatus, {
    type: asString(error['status']),
    code: asString(member('reason')),
    message: asString(error['message']),
    retryAfterMs: durationMs(asString(member('retryDelay'))),
  })
  const isOfDay = details
    .flatMap((detail) => asArray(detail['violations']))
    .some((violation) => /per_?day/i.test(asString(asObject(violation)?.['quotaId']) ?? ''))
  if (fault.code !== 'upstream_rate_limit' || !isOfDay) return fault
  return new GatewayError('upstream_quota', errorTable.upstream_quota.meaning, {
    ...defined({ retryAfterMs: fault.retryAfterMs }),
    ...defined({ upstream: fault.upstream }),
  })
}

/** A `google.protobuf.Duration` in JSON (`34.4s`) as milliseconds. */
function durationMs(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}(\.\d{1,9})?s$/.test(text)
    ? Math.round(Number(text.slice(0, -1)) * 1000)
    : undefined
}

/** Google's canonical code for an HTTP status (google/rpc/code.proto). */
function canonicalCode(status: number): string {
  switch (status) {
    case 401:
      return 'UNAUTHENTICATED'
    case 403:
      return 'PERMISSION_DENIED'
    case 404:
      return 'NOT_FOUND'
    case 409:
      return 'ABORTED'
    case 429:
      return 'RESOURCE_EXHAUSTED'
    case 499:
      return 'CANCELLED'
    case 500:
      return 'INTERNAL'
    case 501:
      return 'UNIMPLEMENTED'
    case 502:
    case 503:
      return 'UNAVAILABLE'
    case 504:
      return 'DEADLINE_EXCEEDED'
    default:
      return status < 500 ? 'INVALID_ARGUMENT' : 'UNKNOWN'
  }
}

/** The error as Google would answer it: Weir's code is the `reason`, which clients can match on. */
export function encodeError(error: GatewayError): JsonObject {
  const details: JsonObject[] = [
    { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: error.code.toUpperCase(), domain: 'weir' },
  ]
  if (error.param !== undefined) {
    details.push({
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      fieldViolations: [{ field: error.param, description: error.message }],
    })
  }
  if (error.retryAfterMs !== undefined) {
    details.push({
      '@type': 'type.googleapis.com/google.rpc.RetryInfo',
      retryDelay: `${error.retryAfterMs / 1000}s`,
    })
  }
  const { status, message } = error
  return { error: { code: status, message, status: canonicalCode(status), details } }
}

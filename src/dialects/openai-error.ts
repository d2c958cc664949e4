/** The error body that Chat Completions, Responses and their compatible providers share. */

import type { GatewayError } from '../core/error.ts'
import { asNumber, asObject, asString, type Json, type JsonObject, parseJson } from '../core/json.ts'
import { faultFromStatus } from './fault.ts'

// Where an error comes inside of a 200, its words stand for the status that they would have had.
const statusOfWord: ReadonlyMap<string, number> = new Map([
  ['invalid_request_error', 400],
  ['invalid_prompt', 400],
  ['content_filter', 400],
  ['context_length_exceeded', 400],
  ['authentication_error', 401],
  ['invalid_api_key', 401],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['rate_limit_error', 429],
  ['rate_limit_exceeded', 429],
  ['too_many_requests', 429],
  ['tokens', 429],
  ['requests', 429],
  ['insufficient_quota', 429],
  ['server_error', 500],
  ['service_unavailable_error', 503],
  ['server_is_overloaded', 503],
  ['slow_down', 503],
])

/** Reads an error answer. Total: HTML, an empty body and a foreign error format are errors by their status. */
export function decodeOpenAiError(status: number, body: string): GatewayError {
  return openAiErrorOf(status, parseJson(body) ?? null)
}

/**
 * Reads an error body or a bare error object, as found in whole answers, stream events and `response.error`. A
 * status below 400 is that of an answer which began well; the words of the error then stand for the status.
 */
export function openAiErrorOf(status: number, value: Json): GatewayError {
  const body = asObject(value) ?? {}
  const error = asObject(body['error']) ?? body
  const type = asString(error['type'])
  const code = asString(error['code'])
  const said = asNumber(error['code']) // OpenRouter's codes are statuses
  const known = statusOfWord.get(code ?? '') ?? statusOfWord.get(type ?? '') ?? said
  // `error` events have the type "error", which says nothing.
  const typeWord = type === 'error' ? undefined : type
  return faultFromStatus(status >= 400 ? status : (known ?? status), {
    type: typeWord,
    code,
    message: messageOf(error, body),
    param: asString(error['param']),
  })
}

/** The message, wherever the provider puts it: xAI has it as `error` itself, Mistral as `detail` or in an object. */
function messageOf(error: JsonObject, body: JsonObject): string | undefined {
  const [detail] = Array.isArray(body['detail']) ? (body['detail'] as readonly Json[]) : [body['detail']]
  return (
    asString(error['message']) ??
    asString(asObject(error['message'])?.['detail']) ??
    asString(body['error']) ??
    asString(detail) ??
    asString(asObject(detail)?.['msg'])
  )
}

/** The body for any failure: OpenAI's type by the status, and the gateway's own code. */
export function encodeOpenAiError(error: GatewayError): JsonObject {
  const { message, code, param } = error
  return { error: { message, type: typeOfStatus(error.status), param: param ?? null, code } }
}

function typeOfStatus(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error'
    case 403:
      return 'permission_error'
    case 404:
      return 'not_found_error'
    case 429:
      return 'rate_limit_error'
    case 503:
      return 'service_unavailable_error'
    default:
      return status < 500 ? 'invalid_request_error' : 'server_error'
  }
}

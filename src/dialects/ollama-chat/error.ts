/** Ollama's error bodies, which are the error lines of its streams too. */

import type { GatewayError } from '../../core/error.ts'
import { asNumber, asObject, asString, type JsonObject, parseJson } from '../../core/json.ts'
import { faultFromStatus } from '../fault.ts'

/** Reads an error answer. Total: HTML, an empty body and a foreign error format are errors by their status. */
export function decodeError(status: number, body: string): GatewayError {
  return errorFromWire(status, asObject(parseJson(body)) ?? {})
}

/** Reads an error object; a status below 400 is that of an answer that began well. */
export function errorFromWire(status: number, body: JsonObject): GatewayError {
  const told = asNumber(body['status_code'])
  return faultFromStatus(status >= 400 ? status : (told ?? status), { message: asString(body['error']) })
}

/** The body for any failure. `code` is the gateway's own, beside Ollama's one member. */
export function encodeError({ message, code }: GatewayError): JsonObject {
  return { error: message, code }
}

/** What several APIs for batches have in common in their results. */

import { asNumber, asObject, asString, type Json } from '../../core/json.ts'
import type { RemoteResult } from './batch-api.ts'

/** A line with `custom_id`, and `response` with a status and a body, or `error`: OpenAI's, and Mistral's. */
export function readResponseLine(line: Json): RemoteResult | undefined {
  const { custom_id: id, response, error } = asObject(line) ?? {}
  if (typeof id !== 'string') return undefined
  const { status_code: status, body } = asObject(response) ?? {}
  if (typeof status === 'number' && body !== undefined && body !== null) return answered(id, status, body)
  const { code, message } = asObject(error) ?? {}
  return { id, is: 'undone', why: asString(code) ?? asString(message) ?? 'no answer' }
}

/** Where the provider failed or had no room, the request may be made again; any other answer is one. */
export function answered(id: string, status: number, body: Json): RemoteResult {
  if (status === 408 || status === 429 || status >= 500) return { id, is: 'undone', why: `status ${status}` }
  return { id, is: 'answered', status, body }
}

/** Unix seconds or a text of a time, in Unix milliseconds; 0 where it is neither. */
export function timeOf(value: Json | undefined): number {
  const seconds = asNumber(value)
  if (seconds !== undefined) return seconds * 1000
  const ms = Date.parse(asString(value) ?? '')
  return Number.isNaN(ms) ? 0 : ms
}

/** Clocks differ: so much older than it should be, a batch may still be the one. */
export const clockToleranceMs = 300_000

/** Whole responses: read as the stream they stand for, written as the last event of one. */

import { GatewayError } from '../../core/error.ts'
import type { GenEvent } from '../../core/event.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import type { EncodeContext, Patch } from '../dialect.ts'
import { encodeOpenAiError, openAiErrorOf } from '../openai-error.ts'
import { ResponseWriter } from './response-write.ts'
import { ResponseDecoder } from './stream-decode.ts'

/** Never throws. A body that is an error without being a response fails with that error. */
export function decodeBody(body: Json, patch?: Patch): readonly GenEvent[] {
  if (!isObject(body)) return [broken('The answer is not a JSON object.')]
  const response = patch === undefined ? body : patch(body)
  if (isObject(response['error']) && response['status'] !== 'failed') {
    return [{ type: 'fail', error: openAiErrorOf(200, response) }]
  }
  return new ResponseDecoder().takeWhole(response)
}

/** The response, or the error body of a failed answer. What `ResponseWriter` leaves out is left out here. */
export function encodeBody(events: readonly GenEvent[], context: EncodeContext): JsonObject {
  const writer = new ResponseWriter(context)
  for (const event of events) {
    if (event.type === 'fail') return encodeOpenAiError(event.error)
    writer.push(event)
  }
  writer.end()
  return writer.response()
}

function broken(problem: string): GenEvent {
  return { type: 'fail', error: new GatewayError('upstream_protocol', problem) }
}

/** What a response says beyond the canonical form. */

import { asObject, type Json, type JsonObject, unknownFields } from '../../core/json.ts'

const responseMembers: ReadonlySet<string> = new Set(
  'id object created_at model output usage status error incomplete_details'.split(' '),
)
const knownReasons: ReadonlySet<Json | undefined> = new Set([
  undefined,
  'max_output_tokens',
  'max_tokens',
  'content_filter',
])
/** The members to be put back by this dialect's encoder; unusual ways of ending are among them. */
export function extrasOf(response: JsonObject): JsonObject {
  const { object, status, incomplete_details: details } = response
  const isUsual = status === 'completed' || status === 'complete' || status === 'incomplete'
  return {
    ...unknownFields(response, responseMembers),
    ...(object === undefined || object === 'response' ? {} : { object }),
    ...(status === undefined || isUsual ? {} : { status }),
    ...(knownReasons.has(asObject(details)?.['reason']) ? {} : { incomplete_details: details }),
  }
}

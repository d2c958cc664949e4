/** The arguments of tool calls: a JSON object in some dialects, raw text in ours. */

import { parseBounded } from '../core/bounded-json.ts'
import { isObject, type JsonObject } from '../core/json.ts'

/**
 * The object to send for a call's text. Freeform text and text that is no JSON object, which other dialects
 * allow, stand under one member: a tool must not run on arguments that were silently emptied.
 */
export function toolInput(text: string, isFreeform: boolean): JsonObject {
  if (isFreeform) return { input: text }
  if (text.trim() === '') return {}
  const value = parseBounded(text)
  return isObject(value) ? value : { invalid_arguments: text }
}

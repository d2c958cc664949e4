/** Reads and rewrites the messages of a Chat Completions request. */

import { isObject, type Json, type JsonObject } from '../../core/json.ts'

/** The request with every message rewritten; a body without messages stays as it is. */
export function mapMessages(body: JsonObject, rewrite: (message: JsonObject) => JsonObject): JsonObject {
  const { messages } = body
  if (!Array.isArray(messages)) return body
  const list = messages as readonly Json[]
  return { ...body, messages: list.map((message) => (isObject(message) ? rewrite(message) : message)) }
}

/** The object with one member under another name, if it is there and the other is not. */
export function renamed(body: JsonObject, from: string, to: string): JsonObject {
  const { [from]: value, ...rest } = body
  if (value === undefined) return body
  return rest[to] === undefined ? { ...rest, [to]: value } : rest
}

/** Patches of requests that several providers need. */

import { asObject, asString, isObject, type Json, type JsonObject } from '../../core/json.ts'
import { mapMessages, renamed } from './message.ts'

export function maxTokensByOtherName(body: JsonObject): JsonObject {
  return renamed(body, 'max_completion_tokens', 'max_tokens')
}

export function developerAsSystem(body: JsonObject): JsonObject {
  return mapMessages(body, (message) =>
    message['role'] === 'developer' ? { ...message, role: 'system' } : message,
  )
}

/** The instruction joins a system prompt at the beginning, where one is. */
export function schemaInPrompt(body: JsonObject): JsonObject {
  const format = asObject(body['response_format'])
  if (format?.['type'] !== 'json_schema') return body
  const schema = asObject(format['json_schema'])?.['schema'] ?? {}
  const order = `Answer with one JSON object alone. It must obey this JSON Schema:\n${JSON.stringify(schema)}`
  const messages = Array.isArray(body['messages']) ? (body['messages'] as readonly Json[]) : []
  const [first, ...others] = messages
  const text = isObject(first) && first['role'] === 'system' ? asString(first['content']) : undefined
  return {
    ...body,
    response_format: { type: 'json_object' },
    messages:
      text === undefined
        ? [{ role: 'system', content: order }, ...messages]
        : [{ role: 'system', content: `${text}\n\n${order}` }, ...others],
  }
}

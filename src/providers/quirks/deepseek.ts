/** Patches for DeepSeek's API. */

import { asObject, type JsonObject } from '../../core/json.ts'
import { mapMessages } from './message.ts'

/** An effort means to think, `none` not to; a `thinking` that the client wrote itself stands. */
export function thinkingToggle(body: JsonObject): JsonObject {
  const { reasoning_effort: effort, ...rest } = body
  if (typeof effort !== 'string') return body
  if (effort === 'none') return { ...rest, thinking: rest['thinking'] ?? { type: 'disabled' } }
  return { ...body, thinking: rest['thinking'] ?? { type: 'enabled' } }
}

/** Calls that another model made, in a conversation that moves here, have no reasoning: it is then empty. */
export function withReasoningBesideCalls(body: JsonObject): JsonObject {
  if (asObject(body['thinking'])?.['type'] === 'disabled') return body
  return mapMessages(body, (message) =>
    message['role'] === 'assistant' &&
    Array.isArray(message['tool_calls']) &&
    message['reasoning_content'] === undefined
      ? { ...message, reasoning_content: '' }
      : message,
  )
}

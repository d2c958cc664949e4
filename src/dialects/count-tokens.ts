/** Token counting, which each dialect asks and answers in a form of its own. */

import type { DialectId } from '../core/event.ts'
import { asNumber, asObject, isObject, type Json, type JsonObject } from '../core/json.ts'

// What the counting endpoints take of a generation request; they refuse all else.
const anthropicFields = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'mcp_servers',
  'context_management',
  'cache_control',
])
const responsesFields = new Set([
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'text',
  'reasoning',
  'truncation',
  'previous_response_id',
  'conversation',
])

/**
 * The body of a generation request as the dialect's decoder reads it. Gemini's clients may wrap it, with the
 * model, in `generateContentRequest`; everyone sends the same body to both endpoints otherwise.
 */
export function unwrapCountRequest(dialect: DialectId, body: Json): Json {
  const wrapped = dialect === 'gemini' ? asObject(body) : undefined
  return wrapped?.['generateContentRequest'] ?? wrapped?.['generate_content_request'] ?? body
}

/** An encoded generation request as the body of the provider's counting endpoint. */
export function toCountRequest(dialect: DialectId, body: JsonObject, model: string): JsonObject {
  switch (dialect) {
    case 'gemini':
      // Bare contents would count without the instructions and tools.
      return { generateContentRequest: { model: `models/${model}`, ...body } }
    case 'anthropic-messages':
      return only(body, anthropicFields)
    case 'openai-responses':
      return only(body, responsesFields)
    case 'openai-chat':
    case 'bedrock-converse':
    case 'cohere-chat':
    case 'ollama-chat':
    case 'openai-completions':
      return body
  }
}

/** The count in a provider's answer; undefined where it holds none. */
export function decodeTokenCount(dialect: DialectId, body: Json): number | undefined {
  const count = isObject(body)
    ? asNumber(body[dialect === 'gemini' ? 'totalTokens' : 'input_tokens'])
    : undefined
  return count !== undefined && Number.isSafeInteger(count) && count >= 0 ? count : undefined
}

/** A count as the dialect answers it. The dialects without a counting endpoint answer as Responses does. */
export function encodeTokenCount(dialect: DialectId, tokens: number): JsonObject {
  switch (dialect) {
    case 'gemini':
      return { totalTokens: tokens }
    case 'anthropic-messages':
      return { input_tokens: tokens }
    case 'openai-responses':
    case 'openai-chat':
    case 'bedrock-converse':
    case 'cohere-chat':
    case 'ollama-chat':
    case 'openai-completions':
      return { object: 'response.input_tokens', input_tokens: tokens }
  }
}

function only(body: JsonObject, names: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([name]) => names.has(name)))
}

/** Patches for Alibaba Cloud's Model Studio. */

import { asNumber, asObject, asString, type Json, type JsonObject } from '../../core/json.ts'

/** Budgets for OpenAI's words; the highest leave the model its own maximum. */
const budgets: ReadonlyMap<string, number> = new Map([
  ['minimal', 512],
  ['low', 2048],
  ['medium', 8192],
])

/** What the client itself wrote in the provider's words stands. */
export function enableThinking(body: JsonObject): JsonObject {
  const { reasoning_effort: effort, reasoning: options, ...rest } = body
  if (rest['enable_thinking'] !== undefined) return body
  if (isForced(body['tool_choice'])) return { ...rest, enable_thinking: false }
  const word = asString(effort ?? asObject(options)?.['effort']) ?? ''
  const budget = asNumber(asObject(options)?.['max_tokens']) ?? budgets.get(word)
  if (word === 'none' || budget === 0) return { ...rest, enable_thinking: false }
  if (effort === undefined && options === undefined) return body
  return { ...rest, enable_thinking: true, ...(budget === undefined ? {} : { thinking_budget: budget }) }
}

function isForced(choice: Json | undefined): boolean {
  return choice === 'required' || asObject(choice) !== undefined
}

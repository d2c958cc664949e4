/** Patches of usage blocks that stand elsewhere or count otherwise. */

import { asNumber, asObject, type JsonObject } from '../../core/json.ts'

export function usageFromXGroq(chunk: JsonObject): JsonObject {
  const usage = asObject(asObject(chunk['x_groq'])?.['usage'])
  return usage === undefined || asObject(chunk['usage']) !== undefined ? chunk : { ...chunk, usage }
}

/** Only where the total proves it: prompt, completion and reasoning add up to it. */
export function withReasoningCounted(body: JsonObject): JsonObject {
  const usage = asObject(body['usage'])
  const prompt = asNumber(usage?.['prompt_tokens'])
  const completion = asNumber(usage?.['completion_tokens'])
  const reasoning = asNumber(asObject(usage?.['completion_tokens_details'])?.['reasoning_tokens'])
  if (prompt === undefined || completion === undefined || !reasoning) return body
  if (usage?.['total_tokens'] !== prompt + completion + reasoning) return body
  return { ...body, usage: { ...usage, completion_tokens: completion + reasoning } }
}

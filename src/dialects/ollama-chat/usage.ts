/** Ollama's counts, which stand in the last line of an answer, to and from the canonical usage. */

import { asNumber, type Json, type JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'

/** The counts and the durations, in nanoseconds, that a last line tells. */
export const metricFields: ReadonlySet<string> = new Set([
  'total_duration',
  'load_duration',
  'prompt_eval_count',
  'prompt_eval_duration',
  'eval_count',
  'eval_duration',
])

/** Undefined where the line has no count. A prompt that was all cached has none of its own: the server leaves 0 out. */
export function usageFromWire(line: JsonObject): Usage | undefined {
  const input = toCount(line['prompt_eval_count'])
  const output = toCount(line['eval_count'])
  if (input === undefined && output === undefined) return undefined
  const value = Object.fromEntries(Object.entries(line).filter(([name]) => metricFields.has(name)))
  return {
    inputTokens: input ?? 0,
    outputTokens: output ?? 0,
    native: { dialect: 'ollama-chat', value },
  }
}

/** The members to show to a client. Usage that came from this dialect goes back untouched. */
export function usageToWire(usage: Usage | undefined): JsonObject {
  if (usage === undefined) return {}
  if (usage.native?.dialect === 'ollama-chat') return usage.native.value
  return { prompt_eval_count: usage.inputTokens, eval_count: usage.outputTokens }
}

function toCount(value: Json | undefined): number | undefined {
  const count = asNumber(value)
  return count !== undefined && Number.isSafeInteger(count) && count >= 0 ? count : undefined
}

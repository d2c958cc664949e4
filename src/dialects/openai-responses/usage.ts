/** The usage of a response, to and from the canonical block. */

import { asNumber, asObject, asString, defined, type Json, type JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { dialect } from './wire.ts'

/** Undefined where the response reports none yet. Tier and web searches stand beside the usage block. */
export function usageFromWire(response: JsonObject): Usage | undefined {
  const wire = asObject(response['usage'])
  if (wire === undefined) return undefined
  const input = asObject(wire['input_tokens_details'])
  const output = asObject(wire['output_tokens_details'])
  return {
    inputTokens: toCount(wire['input_tokens']) ?? 0,
    outputTokens: toCount(wire['output_tokens']) ?? 0,
    ...defined({
      cacheReadTokens: toCount(input?.['cached_tokens']),
      cacheWriteTokens: toCount(input?.['cache_write_tokens']),
      reasoningTokens: toCount(output?.['reasoning_tokens']),
      inputAudioTokens: toCount(input?.['audio_tokens']),
      inputImageTokens: toCount(input?.['image_tokens']),
      outputAudioTokens: toCount(output?.['audio_tokens']),
      outputImageTokens: toCount(output?.['image_tokens']),
      webSearches: webSearchesOf(response, wire),
      serviceTier: asString(response['service_tier']),
    }),
    native: { dialect, value: wire },
  }
}

/** OpenAI counts them beside the usage block, xAI inside of it. */
function webSearchesOf(response: JsonObject, usage: JsonObject): number | undefined {
  const beside = asObject(asObject(response['tool_usage'])?.['web_search'])?.['num_requests']
  const inside = asObject(usage['server_side_tool_usage_details'])?.['web_search_calls']
  return toCount(beside) ?? toCount(inside)
}

/** The block to show to a client; undefined where nothing was told. Usage of this dialect goes back untouched. */
export function usageToWire(usage: Usage | undefined): JsonObject | undefined {
  if (usage === undefined) return undefined
  if (usage.native?.dialect === dialect) return usage.native.value
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      cached_tokens: usage.cacheReadTokens ?? 0,
      cache_write_tokens: usage.cacheWriteTokens ?? 0,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
    total_tokens: usage.inputTokens + usage.outputTokens,
  }
}

function toCount(value: Json | undefined): number | undefined {
  const count = asNumber(value)
  return count !== undefined && Number.isSafeInteger(count) && count >= 0 ? count : undefined
}

/** Chat Completions' usage block, to and from the canonical one. */

import { asNumber, asObject, asString, defined, type Json, type JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'

/** The tiers that the API names; those of other dialects have no place in its `service_tier`. */
const tiers = new Set(['auto', 'default', 'flex', 'scale', 'priority', 'fast'])

/** The usage block after a later chunk's: explicit later values win, null keeps the earlier value. */
export function mergeUsage(earlier: JsonObject | undefined, later: JsonObject): JsonObject {
  if (earlier === undefined) return later
  const merged: Record<string, Json | undefined> = { ...earlier }
  for (const [name, value] of Object.entries(later)) {
    if (value !== null || merged[name] === undefined) merged[name] = value
  }
  return merged
}

/**
 * Undefined where the block reports neither input nor output. `tier` is the answer's own `service_tier`,
 * which some providers put into the usage block instead.
 */
export function usageFromWire(wire: JsonObject, tier: string | undefined): Usage | undefined {
  const inputTokens = toCount(wire['prompt_tokens'])
  const outputTokens = toCount(wire['completion_tokens'])
  if (inputTokens === undefined && outputTokens === undefined) return undefined
  const input = asObject(wire['prompt_tokens_details']) ?? {}
  const output = asObject(wire['completion_tokens_details']) ?? {}
  const tools = asObject(wire['server_tool_use_details']) ?? {}
  const beside = leftOut(wire, toCount(input['audio_tokens']), toCount(output['reasoning_tokens']))
  return {
    inputTokens: (inputTokens ?? 0) + beside.input,
    outputTokens: (outputTokens ?? 0) + beside.output,
    ...defined({
      cacheReadTokens: cacheReads(wire, input),
      cacheWriteTokens: toCount(input['cache_write_tokens']),
      reasoningTokens: toCount(output['reasoning_tokens']),
      inputAudioTokens: toCount(input['audio_tokens']),
      outputAudioTokens: toCount(output['audio_tokens']),
      inputImageTokens: toCount(input['image_tokens']),
      outputImageTokens: toCount(output['image_tokens']),
      inputVideoTokens: toCount(input['video_tokens']),
      webSearches: toCount(tools['web_search_requests']),
      serviceTier: asString(wire['service_tier']) ?? (tier === '' ? undefined : tier),
    }),
    native: { dialect: 'openai-chat', value: wire },
  }
}

/** OpenAI tells them in the details; DeepSeek and, on some models, Mistral beside them. */
function cacheReads(wire: JsonObject, details: JsonObject): number | undefined {
  return (
    toCount(details['cached_tokens']) ??
    toCount(wire['prompt_cache_hit_tokens']) ??
    toCount(wire['num_cached_tokens'])
  )
}

/**
 * What `total_tokens` counts and neither of its parts does: reasoning with some providers, audio with others.
 * Only where the details name exactly the missing number.
 */
function leftOut(
  wire: JsonObject,
  audio: number | undefined,
  reasoning: number | undefined,
): { input: number; output: number } {
  const missing =
    (toCount(wire['total_tokens']) ?? 0) -
    (toCount(wire['prompt_tokens']) ?? 0) -
    (toCount(wire['completion_tokens']) ?? 0)
  if (missing > 0 && missing === reasoning) return { input: 0, output: missing }
  if (missing > 0 && missing === audio) return { input: missing, output: 0 }
  return { input: 0, output: 0 }
}

/** The block to show to a client. Usage that came from this dialect goes back untouched. */
export function usageToWire(usage: Usage): JsonObject {
  if (usage.native?.dialect === 'openai-chat') return usage.native.value
  const input = defined({
    cached_tokens: usage.cacheReadTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    audio_tokens: usage.inputAudioTokens,
    image_tokens: usage.inputImageTokens,
    video_tokens: usage.inputVideoTokens,
  })
  const output = defined({
    reasoning_tokens: usage.reasoningTokens,
    audio_tokens: usage.outputAudioTokens,
    image_tokens: usage.outputImageTokens,
  })
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    ...(Object.keys(input).length > 0 ? { prompt_tokens_details: input } : {}),
    ...(Object.keys(output).length > 0 ? { completion_tokens_details: output } : {}),
  }
}

/** The answer's `service_tier`, ready to spread. */
export function tierToWire(usage: Usage | undefined): JsonObject {
  const tier = usage?.serviceTier
  if (tier === undefined) return {}
  const own = usage?.native?.dialect === 'openai-chat' ? usage.native.value : undefined
  const isLeftOut = own === undefined ? !tiers.has(tier) : own['service_tier'] === tier
  return isLeftOut ? {} : { service_tier: tier }
}

function toCount(value: Json | undefined): number | undefined {
  const count = asNumber(value)
  return count !== undefined && Number.isSafeInteger(count) && count >= 0 ? count : undefined
}

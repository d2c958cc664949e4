/** Anthropic's usage block, to and from the canonical one. */

import {
  asArray,
  asNumber,
  asObject,
  asString,
  defined,
  type Json,
  type JsonObject,
} from '../../core/json.ts'
import type { NestedUsage, Usage } from '../../core/usage.ts'

/**
 * The usage block after a later event's: explicit values of the later one win, and a member that it leaves out
 * or sets to null keeps its earlier value. The counts are cumulative, never increments.
 */
export function mergeUsage(earlier: JsonObject | undefined, later: JsonObject): JsonObject {
  if (earlier === undefined) return later
  const merged: Record<string, Json | undefined> = { ...earlier }
  for (const [name, value] of Object.entries(later)) {
    if (value !== null || merged[name] === undefined) merged[name] = value
  }
  return merged
}

/**
 * Undefined where the block reports neither input nor output. Anthropic's `input_tokens` leaves out what the
 * prompt cache read and wrote; the canonical count includes both.
 */
export function usageFromWire(wire: JsonObject): Usage | undefined {
  const input = toCount(wire['input_tokens'])
  const output = toCount(wire['output_tokens'])
  if (input === undefined && output === undefined) return undefined
  const cacheReadTokens = toCount(wire['cache_read_input_tokens'])
  const cacheWriteTokens = toCount(wire['cache_creation_input_tokens'])
  const serviceTier = wire['service_tier']
  return {
    inputTokens: (input ?? 0) + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0),
    outputTokens: output ?? 0,
    ...defined({
      cacheReadTokens,
      cacheWriteTokens,
      cacheWrite1hTokens: toCount(asObject(wire['cache_creation'])?.['ephemeral_1h_input_tokens']),
      reasoningTokens: toCount(asObject(wire['output_tokens_details'])?.['thinking_tokens']),
      webSearches: toCount(asObject(wire['server_tool_use'])?.['web_search_requests']),
      serviceTier: typeof serviceTier === 'string' ? serviceTier : undefined,
      inferenceRegion: asString(wire['inference_geo']),
      nested: nestedUsage(wire['iterations']),
    }),
    native: { dialect: 'anthropic-messages', value: wire },
  }
}

/**
 * Model calls within the call: the totals of the block are those of the iterations of type `message` alone, and
 * leave out a compaction of the history and the advice of another model.
 */
function nestedUsage(iterations: Json | undefined): readonly NestedUsage[] | undefined {
  const nested = asArray(iterations).flatMap((item): NestedUsage[] => {
    const iteration = asObject(item)
    if (iteration === undefined || iteration['type'] === 'message') return []
    const { native: _native, ...usage } = usageFromWire(iteration) ?? { inputTokens: 0, outputTokens: 0 }
    const model = asString(iteration['model'])
    return [{ ...(model === undefined ? {} : { model }), usage }]
  })
  return nested.length > 0 ? nested : undefined
}

/** The block to show to a client. Usage that came from this dialect goes back untouched. */
export function usageToWire(usage: Usage | undefined): JsonObject {
  if (usage === undefined) return { input_tokens: 0, output_tokens: 0 } // the members are mandatory
  if (usage.native?.dialect === 'anthropic-messages') return usage.native.value
  const { cacheReadTokens: read, cacheWriteTokens: written, cacheWrite1hTokens: written1h } = usage
  const { reasoningTokens, webSearches } = usage
  return defined({
    input_tokens: Math.max(0, usage.inputTokens - (read ?? 0) - (written ?? 0)),
    cache_creation_input_tokens: written ?? null,
    cache_read_input_tokens: read ?? null,
    cache_creation: written1h === undefined ? undefined : splitByTtl(written ?? 0, written1h),
    output_tokens: usage.outputTokens,
    output_tokens_details: reasoningTokens === undefined ? undefined : { thinking_tokens: reasoningTokens },
    server_tool_use: webSearches === undefined ? undefined : { web_search_requests: webSearches },
  })
}

function splitByTtl(written: number, written1h: number): JsonObject {
  return {
    ephemeral_5m_input_tokens: Math.max(0, written - written1h),
    ephemeral_1h_input_tokens: written1h,
  }
}

function toCount(value: Json | undefined): number | undefined {
  const count = asNumber(value)
  return count !== undefined && Number.isSafeInteger(count) && count >= 0 ? count : undefined
}

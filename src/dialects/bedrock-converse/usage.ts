/** Bedrock's usage block, to and from the canonical one. */

import {
  asArray,
  asNumber,
  asObject,
  asString,
  defined,
  type Json,
  type JsonObject,
} from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'

/**
 * Undefined where the block reports neither input nor output. Bedrock's `inputTokens` leaves out what the prompt
 * cache read and wrote; the canonical count includes both. The tier stands beside the block, not in it.
 */
export function usageFromWire(wire: JsonObject, serviceTier: Json | undefined): Usage | undefined {
  const input = toCount(wire['inputTokens'])
  const output = toCount(wire['outputTokens'])
  if (input === undefined && output === undefined) return undefined
  const cacheReadTokens = toCount(wire['cacheReadInputTokens'])
  const cacheWriteTokens = toCount(wire['cacheWriteInputTokens'])
  return {
    inputTokens: (input ?? 0) + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0),
    outputTokens: output ?? 0,
    ...defined({
      cacheReadTokens,
      cacheWriteTokens,
      cacheWrite1hTokens: writtenFor1h(wire['cacheDetails']),
      serviceTier: asString(asObject(serviceTier)?.['type']),
    }),
    native: { dialect: 'bedrock-converse', value: wire },
  }
}

/** What was written to the cache, by lifetime. */
function writtenFor1h(details: Json | undefined): number | undefined {
  const counts = asArray(details)
    .map(asObject)
    .filter((detail) => detail?.['ttl'] === '1h')
    .map((detail) => toCount(detail?.['inputTokens']) ?? 0)
  return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0)
}

/** The block to show to a client. Usage that came from this dialect goes back untouched. */
export function usageToWire(usage: Usage): JsonObject {
  if (usage.native?.dialect === 'bedrock-converse') return usage.native.value
  const { inputTokens, outputTokens, cacheReadTokens: read, cacheWriteTokens: written } = usage
  const { cacheWrite1hTokens: written1h } = usage
  return defined({
    inputTokens: Math.max(0, inputTokens - (read ?? 0) - (written ?? 0)),
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    cacheReadInputTokens: read,
    cacheWriteInputTokens: written,
    cacheDetails: written1h === undefined ? undefined : [{ ttl: '1h', inputTokens: written1h }],
  })
}

function toCount(value: Json | undefined): number | undefined {
  const count = asNumber(value)
  return count !== undefined && Number.isSafeInteger(count) && count >= 0 ? count : undefined
}

/** Cohere's usage block, to and from the canonical one. */

import { asNumber, asObject, defined, type Json, type JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'

/**
 * Undefined where the block reports neither input nor output.
 *
 * The block counts twice: `tokens` is what the model read and wrote, with Cohere's own preamble and its special
 * tokens; `billed_units` is what the account pays for, often a tenth of it. The canonical counts are what is
 * billed, and the block itself stays in `native`. `cached_tokens` and `reasoning_tokens` are parts of `tokens`,
 * not of what is billed, so that they become parts of the canonical counts only where nothing else was told.
 */
export function usageFromWire(wire: JsonObject): Usage | undefined {
  const billed = countsOf(wire['billed_units'])
  const read = countsOf(wire['tokens'])
  const counts = billed ?? read
  if (counts === undefined) return undefined
  const parts =
    billed === undefined
      ? {
          cacheReadTokens: toCount(wire['cached_tokens']),
          reasoningTokens: toCount(asObject(wire['tokens'])?.['reasoning_tokens']),
        }
      : {}
  return { ...counts, ...defined(parts), native: { dialect: 'cohere-chat', value: wire } }
}

/** The block to show to a client. Usage that came from this dialect goes back untouched. */
export function usageToWire(usage: Usage): JsonObject {
  if (usage.native?.dialect === 'cohere-chat') return usage.native.value
  const { inputTokens: input_tokens, outputTokens: output_tokens, reasoningTokens, cacheReadTokens } = usage
  return defined({
    billed_units: { input_tokens, output_tokens },
    tokens: defined({ input_tokens, output_tokens, reasoning_tokens: reasoningTokens }),
    cached_tokens: cacheReadTokens,
  })
}

function countsOf(value: Json | undefined): Pick<Usage, 'inputTokens' | 'outputTokens'> | undefined {
  const counts = asObject(value)
  const input = toCount(counts?.['input_tokens'])
  const output = toCount(counts?.['output_tokens'])
  if (input === undefined && output === undefined) return undefined
  return { inputTokens: input ?? 0, outputTokens: output ?? 0 }
}

function toCount(value: Json | undefined): number | undefined {
  const count = asNumber(value)
  return count !== undefined && Number.isSafeInteger(count) && count >= 0 ? count : undefined
}

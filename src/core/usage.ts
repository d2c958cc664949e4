/** What a call consumed, in one shape for every provider. */

import type { JsonObject } from './json.ts'

/**
 * Token counts of one call. Counts are whole and never negative. A field that the provider did not report is
 * absent; an explicit 0 is kept. Totals include their parts: `inputTokens` holds cached reads and writes,
 * `outputTokens` holds reasoning, so that input + output is the whole on every provider.
 */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadTokens?: number
  /** The audio within `cacheReadTokens`, and within `inputAudioTokens`. */
  readonly cacheReadAudioTokens?: number
  /** All tokens written to the provider's prompt cache; the 1 h share is also in `cacheWrite1hTokens`. */
  readonly cacheWriteTokens?: number
  readonly cacheWrite1hTokens?: number
  readonly reasoningTokens?: number
  readonly inputAudioTokens?: number
  readonly outputAudioTokens?: number
  readonly inputImageTokens?: number
  readonly outputImageTokens?: number
  readonly inputVideoTokens?: number
  /** Tokens that server-side tools fed back into the prompt; part of `inputTokens`. */
  readonly toolUseInputTokens?: number
  readonly webSearches?: number
  /** The tier the provider says it served, in its own word. */
  readonly serviceTier?: string
  /** Where the provider says it computed the answer, in its own word, where that changes the price. */
  readonly inferenceRegion?: string
  /**
   * What the provider spent on model calls of its own within this one, beside all counts above: a compaction
   * of the history, advice from another model. They are billed as calls.
   */
  readonly nested?: readonly NestedUsage[]
  /** The provider's own block, untouched: evidence for audits, and re-encoded where the dialects match. */
  readonly native?: { readonly dialect: string; readonly value: JsonObject }
}

export interface NestedUsage {
  /** Absent: the same model as the call's own. */
  readonly model?: string
  readonly usage: Usage
}

/** Gemini's `usageMetadata`, to and from the canonical usage. */

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
 * The usage that a chunk tells so far; undefined where the block has no counts (Vertex sends `trafficType`
 * alone on early chunks). Gemini counts thoughts beside the candidates, and what its tools fed back beside the
 * prompt; the cached part is within the prompt.
 */
export function decodeUsage(metadata: JsonObject, webSearches: number): Usage | undefined {
  const prompt = count(metadata['promptTokenCount'])
  const candidates = count(metadata['candidatesTokenCount'])
  const thoughts = count(metadata['thoughtsTokenCount'])
  const toolUse = count(metadata['toolUsePromptTokenCount'])
  if (prompt === undefined && candidates === undefined && thoughts === undefined) return undefined
  const input = modalities(metadata['promptTokensDetails'], metadata['toolUsePromptTokensDetails'])
  const output = modalities(metadata['candidatesTokensDetails'])
  const cached = modalities(metadata['cacheTokensDetails'])
  return {
    inputTokens: (prompt ?? 0) + (toolUse ?? 0),
    outputTokens: (candidates ?? 0) + (thoughts ?? 0),
    ...defined({
      cacheReadTokens: count(metadata['cachedContentTokenCount']),
      cacheReadAudioTokens: cached.get('AUDIO'),
      reasoningTokens: thoughts,
      toolUseInputTokens: toolUse,
      inputAudioTokens: input.get('AUDIO'),
      inputImageTokens: input.get('IMAGE'),
      inputVideoTokens: input.get('VIDEO'),
      outputAudioTokens: output.get('AUDIO'),
      outputImageTokens: output.get('IMAGE'),
      webSearches: webSearches > 0 ? webSearches : undefined,
      serviceTier: asString(metadata['serviceTier']) ?? asString(metadata['trafficType']),
    }),
    native: { dialect: 'gemini', value: metadata },
  }
}

/** The block as Gemini sends it; the provider's own block where Gemini was the provider. */
export function encodeUsage(usage: Usage): JsonObject {
  if (usage.native?.dialect === 'gemini') return usage.native.value
  const toolUse = usage.toolUseInputTokens
  const prompt = usage.inputTokens - (toolUse ?? 0)
  const candidates = usage.outputTokens - (usage.reasoningTokens ?? 0)
  return defined({
    promptTokenCount: Math.max(0, prompt),
    candidatesTokenCount: Math.max(0, candidates),
    totalTokenCount: usage.inputTokens + usage.outputTokens,
    cachedContentTokenCount: usage.cacheReadTokens,
    thoughtsTokenCount: usage.reasoningTokens,
    toolUsePromptTokenCount: toolUse,
    promptTokensDetails: details(prompt, {
      AUDIO: usage.inputAudioTokens,
      IMAGE: usage.inputImageTokens,
      VIDEO: usage.inputVideoTokens,
    }),
    candidatesTokensDetails: details(candidates, {
      AUDIO: usage.outputAudioTokens,
      IMAGE: usage.outputImageTokens,
    }),
  }) as JsonObject
}

function count(value: Json | undefined): number | undefined {
  const number = asNumber(value)
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

function modalities(...lists: readonly (Json | undefined)[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const item of lists.flatMap(asArray)) {
    const entry = asObject(item)
    const modality = asString(entry?.['modality'])
    const tokens = count(entry?.['tokenCount'])
    if (modality === undefined || tokens === undefined) continue
    sums.set(modality, (sums.get(modality) ?? 0) + tokens)
  }
  return sums
}

/** The list per modality, where anything but text was counted; text is the rest. */
function details(total: number, counts: Readonly<Record<string, number | undefined>>): Json | undefined {
  const known = Object.entries(counts).filter((entry): entry is [string, number] => entry[1] !== undefined)
  if (known.length === 0) return undefined
  const rest = total - known.reduce((sum, [, tokens]) => sum + tokens, 0)
  return [['TEXT', Math.max(0, rest)] as const, ...known].map(([modality, tokenCount]) => ({
    modality,
    tokenCount,
  }))
}

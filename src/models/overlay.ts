/** What the price list and the listing lack: service tiers and batches, Qwen, retirements. Figures are facts of the providers' pages. */

import type { ListPrice, ListRates } from './list-price.ts'
import type { Capabilities, Modality } from './model.ts'
import type { Factor } from './price.ts'

export interface OverlayModel {
  /** A name, or the beginning of names with `*` at its end. */
  readonly id: string
  readonly contextWindow?: number
  readonly maxOutputTokens?: number
  readonly inputModalities?: readonly Modality[]
  readonly outputModalities?: readonly Modality[]
  readonly capabilities?: Capabilities
  readonly price?: ListPrice
  /** The day, UTC. */
  readonly retiresAt?: string
  readonly successor?: string
}

export interface Overlay {
  readonly batch?: Factor
  readonly serviceTiers?: Readonly<Record<string, Factor>>
  readonly regions?: Readonly<Record<string, Factor>>
  /** Tiers of models whose names begin so; the first that fits, over the provider's own. */
  readonly tiersByPrefix?: readonly (readonly [prefix: string, tiers: Readonly<Record<string, Factor>>])[]
  /** Fees of models whose names begin so, where their price has none; the first that fits. */
  readonly feesByPrefix?: readonly (readonly [prefix: string, fees: ListRates])[]
  readonly models?: readonly OverlayModel[]
}

const half: Factor = [1, 2]
const same: Factor = [1, 1]
/** Capacity that is paid by the hour: its tokens cost nothing more. */
const prepaid: Factor = [0, 1]

const free: ListPrice = { input: 0, output: 0 }

const seen: readonly Modality[] = ['text', 'image']
const textOnly: readonly Modality[] = ['text']

/** Qwen's cached input costs a fifth, and writing an explicit cache a quarter more. */
function qwen(
  id: string,
  [input, output]: readonly [number, number],
  more: Omit<OverlayModel, 'id' | 'price'> & {
    readonly thinking?: number
    readonly long?: readonly (readonly [
      aboveTokens: number,
      input: number,
      output: number,
      thinking?: number,
    ])[]
  } = {},
): OverlayModel {
  const rates = (inputUsd: number, outputUsd: number, thinkingUsd?: number): ListPrice => ({
    input: inputUsd,
    cacheRead: (inputUsd / 5).toFixed(6),
    cacheWrite5m: (inputUsd * 1.25).toFixed(6),
    output: outputUsd,
    ...(thinkingUsd === undefined ? {} : { outputAfterReasoning: thinkingUsd }),
  })
  const { thinking, long = [], ...facts } = more
  const tiers = long.map(([aboveTokens, ...tier]) => ({ aboveTokens, ...rates(...tier) }))
  return {
    id,
    inputModalities: textOnly,
    outputModalities: textOnly,
    ...facts,
    price: { ...rates(input, output, thinking), ...(tiers.length > 0 ? { long: tiers } : {}) },
  }
}

const qwenTools: Capabilities = { tools: true, parallelTools: true, structuredOutput: true }
const qwenThinks: Capabilities = { ...qwenTools, reasoning: 'budget' }

/**
 * International region, USD (alibabacloud.com/help/en/model-studio/model-pricing). Compared on 2026-11-27 with the
 * lists of models.dev and LiteLLM: they agree, but where a line says so. Alibaba's K is 1,024: the 252K of input that
 * it gives for qwen3-max are 258,048 tokens; those lists have 1,000.
 */
const qwenModels: readonly OverlayModel[] = [
  qwen('qwen3-max', [1.2, 6], {
    contextWindow: 262_144,
    maxOutputTokens: 65_536,
    capabilities: qwenTools,
    long: [
      [32_768, 2.4, 12],
      [131_072, 3, 15],
    ],
  }),
  // Cached input of Qwen 3.5: not verified. models.dev (2026-11-27) has a tenth, here it is a fifth as elsewhere.
  qwen('qwen3.5-plus', [0.4, 2.4], {
    contextWindow: 1_000_000,
    maxOutputTokens: 65_536,
    inputModalities: ['text', 'image', 'video'],
    capabilities: qwenThinks,
    long: [[262_144, 0.5, 3]],
  }),
  qwen('qwen3.5-flash', [0.1, 0.4], {
    contextWindow: 1_000_000,
    maxOutputTokens: 65_536,
    inputModalities: ['text', 'image', 'video'],
    capabilities: qwenThinks,
  }),
  qwen('qwen-max', [1.6, 6.4], { contextWindow: 32_768, maxOutputTokens: 8192, capabilities: qwenTools }),
  qwen('qwen-plus', [0.4, 1.2], {
    thinking: 4,
    contextWindow: 1_000_000,
    maxOutputTokens: 32_768,
    capabilities: qwenThinks,
    long: [[262_144, 1.2, 3.6, 12]],
  }),
  qwen('qwen-flash', [0.05, 0.4], {
    contextWindow: 1_000_000,
    maxOutputTokens: 32_768,
    capabilities: qwenThinks,
    long: [[262_144, 0.25, 2]],
  }),
  qwen('qwen-turbo', [0.05, 0.2], {
    thinking: 0.5,
    contextWindow: 131_072,
    maxOutputTokens: 16_384,
    capabilities: { structuredOutput: true, reasoning: 'budget' },
  }),
  qwen('qwen3-coder-plus', [1, 5], {
    contextWindow: 1_000_000,
    maxOutputTokens: 65_536,
    capabilities: { ...qwenTools, reasoning: false },
    long: [
      [32_768, 1.8, 9],
      [131_072, 3, 15],
      [262_144, 6, 60],
    ],
  }),
  qwen('qwen3-coder-flash', [0.3, 1.5], {
    contextWindow: 1_000_000,
    maxOutputTokens: 65_536,
    capabilities: { ...qwenTools, reasoning: false },
    long: [
      [32_768, 0.5, 2.5],
      [131_072, 0.8, 4],
      [262_144, 1.6, 9.6],
    ],
  }),
  qwen('qwen3-vl-plus', [0.2, 1.6], {
    contextWindow: 262_144,
    maxOutputTokens: 32_768,
    inputModalities: ['text', 'image', 'video'],
    capabilities: qwenThinks,
    long: [
      [32_768, 0.3, 2.4],
      [131_072, 0.6, 4.8],
    ],
  }),
  qwen('qwen3-vl-flash', [0.05, 0.4], {
    contextWindow: 262_144,
    maxOutputTokens: 32_768,
    inputModalities: ['text', 'image', 'video'],
    capabilities: qwenThinks,
    long: [
      [32_768, 0.075, 0.6],
      [131_072, 0.12, 0.96],
    ],
  }),
  qwen('qwen-vl-max', [0.8, 3.2], {
    contextWindow: 131_072,
    maxOutputTokens: 32_768,
    inputModalities: seen,
  }),
  qwen('qwen-vl-plus', [0.21, 0.63], {
    contextWindow: 131_072,
    maxOutputTokens: 8192,
    inputModalities: seen,
  }),
  qwen('qwq-plus', [0.8, 2.4], {
    contextWindow: 131_072,
    maxOutputTokens: 8192,
    capabilities: { tools: true, reasoning: 'fixed' },
  }),
  qwen('qvq-max', [1.2, 4.8], {
    contextWindow: 131_072,
    maxOutputTokens: 8192,
    inputModalities: seen,
    capabilities: { reasoning: 'fixed' },
  }),
  // Not verified (2026-11-27): models.dev has the prices of mainland China for these two, LiteLLM none.
  qwen('qwen3-235b-a22b', [0.7, 2.8], {
    thinking: 8.4,
    contextWindow: 131_072,
    maxOutputTokens: 16_384,
    capabilities: qwenThinks,
  }),
  qwen('qwen3-30b-a3b', [0.2, 0.8], {
    thinking: 2.4,
    contextWindow: 131_072,
    maxOutputTokens: 16_384,
    capabilities: qwenThinks,
  }),
  // Not verified (2026-11-27): in neither list.
  { id: 'text-embedding-v4', price: { input: 0.07 }, contextWindow: 8192, outputModalities: ['embedding'] },
  { id: 'text-embedding-v3', price: { input: 0.07 }, contextWindow: 8192, outputModalities: ['embedding'] },
]

/**
 * Google names the tier on one platform, and the kind of traffic on the other. Its page
 * (ai.google.dev/gemini-api/docs/optimization, 2026-11-27) says half for flex and batch, and 75 to 100 % more for
 * priority: the 80 % that most of its models cost more are not verified for each.
 */
const geminiTiers: Readonly<Record<string, Factor>> = {
  flex: half,
  priority: [9, 5],
  on_demand_flex: half,
  on_demand_priority: [9, 5],
  provisioned_throughput: prepaid,
}

/** Grounding with Google Search: by the query from Gemini 3 on, by the prompt before. */
const groundingFees: readonly (readonly [prefix: string, fees: ListRates])[] = [
  ['gemini-3', { webSearch: 14 }],
  ['gemini-2', { searchedRequest: 35 }],
]

/** By provider type. */
export const overlays: Readonly<Record<string, Overlay>> = {
  openai: {
    batch: half,
    serviceTiers: { flex: half, priority: [2, 1], scale: same },
    // openai.com/api-priority-processing, 2026-11-27.
    tiersByPrefix: [
      ['gpt-5.5', { priority: [5, 2] }],
      ['gpt-4o-mini', { priority: [5, 3] }],
      ['gpt-4o-2024-05-13', { priority: [7, 4] }],
      ['gpt-4o', { priority: [17, 10] }],
      ['gpt-4.1-nano', { priority: [2, 1] }],
      ['gpt-4.1', { priority: [7, 4] }],
      ['gpt-5-mini', { priority: [9, 5] }],
      ['o3', { priority: [7, 4] }],
      ['o4-mini', { priority: [20, 11] }],
    ],
    models: [
      { id: 'omni-moderation-*', price: free },
      { id: 'text-moderation-*', price: free },
      { id: 'chatgpt-4o-latest', retiresAt: '2026-02-17', successor: 'gpt-5.1-chat-latest' },
      { id: 'codex-mini-latest', retiresAt: '2026-01-16', successor: 'gpt-5-codex-mini' },
      { id: 'computer-use-preview', retiresAt: '2026-07-23', successor: 'gpt-5.4-mini' },
      { id: 'gpt-4o-audio-preview-2024-12-17', retiresAt: '2026-07-23', successor: 'gpt-audio-1.5' },
      { id: 'gpt-4o-mini-audio-preview-2024-12-17', retiresAt: '2026-07-23', successor: 'gpt-audio-mini' },
      { id: 'gpt-4o-mini-search-preview-2025-03-11', retiresAt: '2026-07-23', successor: 'gpt-4.1-mini' },
      { id: 'gpt-4o-search-preview-2025-03-11', retiresAt: '2026-07-23', successor: 'gpt-4.1-mini' },
      { id: 'gpt-5-chat-latest', retiresAt: '2026-07-23', successor: 'gpt-5.3-chat-latest' },
      { id: 'gpt-5-codex', retiresAt: '2026-07-23', successor: 'gpt-5.4' },
      { id: 'gpt-5.1-chat-latest', retiresAt: '2026-07-23', successor: 'gpt-5.3-chat-latest' },
      { id: 'gpt-5.1-codex-max', retiresAt: '2026-07-23', successor: 'gpt-5.4' },
      { id: 'gpt-5.1-codex-mini', retiresAt: '2026-07-23', successor: 'gpt-5.4-mini' },
      { id: 'gpt-5.2-codex', retiresAt: '2026-07-23', successor: 'gpt-5.4' },
      { id: 'o3-deep-research', retiresAt: '2026-07-23', successor: 'gpt-5.4-pro' },
      { id: 'o4-mini-deep-research', retiresAt: '2026-07-23', successor: 'gpt-5.4-pro' },
      { id: 'gpt-5.2-chat-latest', retiresAt: '2026-08-10', successor: 'gpt-5.5' },
      { id: 'gpt-5.3-chat-latest', retiresAt: '2026-08-10', successor: 'gpt-5.5' },
      { id: 'gpt-3.5-turbo', retiresAt: '2026-10-23', successor: 'gpt-4.1-mini' },
      { id: 'gpt-3.5-turbo-0125', retiresAt: '2026-10-23', successor: 'gpt-4.1-mini' },
      { id: 'gpt-4', retiresAt: '2026-10-23' },
      { id: 'gpt-4-0613', retiresAt: '2026-10-23' },
    ],
  },
  anthropic: {
    batch: half,
    serviceTiers: { priority: same },
    regions: { us: [11, 10] },
    models: [
      { id: 'claude-3-5-sonnet-20240620', retiresAt: '2025-10-28', successor: 'claude-sonnet-4-5-20250929' },
      { id: 'claude-3-5-sonnet-20241022', retiresAt: '2025-10-28', successor: 'claude-sonnet-4-5-20250929' },
      { id: 'claude-3-opus-20240229', retiresAt: '2026-01-05', successor: 'claude-opus-4-1-20250805' },
      { id: 'claude-3-7-sonnet-20250219', retiresAt: '2026-02-19', successor: 'claude-sonnet-4-6' },
      { id: 'claude-3-5-haiku-20241022', retiresAt: '2026-02-19', successor: 'claude-haiku-4-5-20251001' },
      { id: 'claude-3-haiku-20240307', retiresAt: '2026-04-20', successor: 'claude-haiku-4-5-20251001' },
      { id: 'claude-sonnet-4-20250514', retiresAt: '2026-06-15', successor: 'claude-sonnet-4-6' },
      { id: 'claude-sonnet-4-0', retiresAt: '2026-06-15', successor: 'claude-sonnet-4-6' },
      { id: 'claude-opus-4-20250514', retiresAt: '2026-06-15', successor: 'claude-opus-4-8' },
      { id: 'claude-opus-4-0', retiresAt: '2026-06-15', successor: 'claude-opus-4-8' },
      { id: 'claude-opus-4-1-20250805', retiresAt: '2026-08-05', successor: 'claude-opus-4-8' },
    ],
  },
  gemini: {
    batch: half,
    serviceTiers: geminiTiers,
    feesByPrefix: groundingFees,
    models: [{ id: 'gemma-*', price: free }],
  },
  vertex: { batch: half, serviceTiers: geminiTiers, feesByPrefix: groundingFees },
  azure: { batch: half, serviceTiers: { provisioned: prepaid } },
  // Not verified (2026-11-27): AWS's pages speak of a premium and a discount, without figures.
  bedrock: { batch: half, serviceTiers: { flex: half, priority: [7, 4], reserved: prepaid } },
  mistral: { batch: half },
  openrouter: { serviceTiers: { provisioned: same } },
  groq: { batch: half, serviceTiers: { flex: same, performance: same } },
  xai: { batch: half, feesByPrefix: [['grok-', { webSearch: 5 }]] },
  together: { batch: half },
  fireworks: { batch: half },
  nebius: { batch: half },
  qwen: { batch: half, models: qwenModels },
  sim: { models: [{ id: '*', price: free }] },
}

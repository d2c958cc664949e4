import assert from 'node:assert/strict'
import test from 'node:test'
import type { GenEvent } from '../../src/core/event.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { parseUsd } from '../../src/core/money.ts'
import type { Usage } from '../../src/core/usage.ts'
import { dialects } from '../../src/dialects/registry.ts'
import { priceUsage } from '../../src/models/cost.ts'
import type { PriceTable, Rates } from '../../src/models/price.ts'

const usd = (text: string): number => parseUsd(text)!

/** One digit for each kind of token, in nano-dollars, so that the sum shows what was billed as what. */
const rates: Rates = {
  input: usd('0.001'),
  cacheRead: usd('0.01'),
  cacheReadAudio: usd('0.02'),
  cacheWrite5m: usd('0.1'),
  cacheWrite1h: usd('1'),
  inputAudio: usd('10'),
  output: usd('100'),
  reasoning: usd('1000'),
  webSearch: 1_000_000_000_000_000,
}
const price: PriceTable = {
  periods: [{ tiers: [{ aboveTokens: 0, rates }] }],
  serviceTiers: { flex: [1, 2] },
  regions: { us: [11, 10] },
}

type Kind =
  | 'input'
  | 'cacheRead'
  | 'cacheReadAudio'
  | 'cacheWrite5m'
  | 'cacheWrite1h'
  | 'inputAudio'
  | 'output'
type Bill = Partial<Record<Kind | 'reasoning' | 'webSearch', number>>

const chat = (usage: Json, more: JsonObject = {}): Usage =>
  lastUsage(
    dialects['openai-chat'].response.decode({
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' }],
      usage,
      ...more,
    }),
  )
const responses = (usage: Json, more: JsonObject = {}): Usage =>
  lastUsage(
    dialects['openai-responses'].response.decode({
      object: 'response',
      status: 'completed',
      output: [],
      usage,
      ...more,
    }),
  )
const messages = (usage: Json): Usage =>
  lastUsage(
    dialects['anthropic-messages'].response.decode({
      type: 'message',
      content: [{ type: 'text', text: 'a' }],
      stop_reason: 'end_turn',
      usage,
    }),
  )
const gemini = (usageMetadata: Json): Usage =>
  lastUsage(
    dialects.gemini.response.decode({
      candidates: [{ content: { role: 'model', parts: [{ text: 'a' }] }, finishReason: 'STOP' }],
      usageMetadata,
    }),
  )
const converse = (usage: Json): Usage =>
  lastUsage(
    dialects['bedrock-converse'].response.decode({
      output: { message: { role: 'assistant', content: [{ text: 'a' }] } },
      stopReason: 'end_turn',
      usage,
    }),
  )

function lastUsage(events: readonly GenEvent[]): Usage {
  const usage = events.findLast((event) => event.type === 'usage')?.usage
  assert.ok(usage)
  return usage
}

const cases: readonly (readonly [what: string, usage: Usage, bill: Bill])[] = [
  ['chat: plain', chat({ prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }), { input: 3, output: 2 }],
  [
    'chat: cached input and reasoning are parts of the totals',
    chat({
      prompt_tokens: 9,
      completion_tokens: 8,
      prompt_tokens_details: { cached_tokens: 4, audio_tokens: 2 },
      completion_tokens_details: { reasoning_tokens: 5 },
    }),
    { input: 3, cacheRead: 4, inputAudio: 2, output: 3, reasoning: 5 },
  ],
  [
    'chat: cache hits beside the details, two spellings',
    chat({ prompt_tokens: 9, completion_tokens: 1, prompt_cache_hit_tokens: 6, prompt_cache_miss_tokens: 3 }),
    { input: 3, cacheRead: 6, output: 1 },
  ],
  [
    'chat: cached tokens beside the details, the other spelling',
    chat({ prompt_tokens: 9, completion_tokens: 1, num_cached_tokens: 6 }),
    { input: 3, cacheRead: 6, output: 1 },
  ],
  [
    'chat: an explicit 0 is no absence',
    chat({
      prompt_tokens: 9,
      completion_tokens: 1,
      prompt_tokens_details: { cached_tokens: 0 },
      prompt_cache_hit_tokens: 6,
    }),
    { input: 9, output: 1 },
  ],
  [
    'chat: cache writes',
    chat({ prompt_tokens: 9, completion_tokens: 1, prompt_tokens_details: { cache_write_tokens: 7 } }),
    { input: 2, cacheWrite5m: 7, output: 1 },
  ],
  [
    'responses: cached input, reasoning, web searches beside the block',
    responses(
      {
        input_tokens: 9,
        input_tokens_details: { cached_tokens: 4 },
        output_tokens: 8,
        output_tokens_details: { reasoning_tokens: 5 },
      },
      { tool_usage: { web_search: { num_requests: 2 } } },
    ),
    { input: 5, cacheRead: 4, output: 3, reasoning: 5, webSearch: 2 },
  ],
  [
    'messages: what the cache read and wrote is beside the input',
    messages({
      input_tokens: 3,
      cache_read_input_tokens: 4,
      cache_creation_input_tokens: 6,
      cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 5 },
      output_tokens: 8,
      output_tokens_details: { thinking_tokens: 2 },
      server_tool_use: { web_search_requests: 1, web_fetch_requests: 9 },
    }),
    { input: 3, cacheRead: 4, cacheWrite5m: 1, cacheWrite1h: 5, output: 6, reasoning: 2, webSearch: 1 },
  ],
  [
    'messages: a compaction is beside the totals',
    messages({
      input_tokens: 3,
      output_tokens: 1,
      iterations: [
        { type: 'compaction', input_tokens: 5, output_tokens: 2 },
        { type: 'message', input_tokens: 3, output_tokens: 1 },
      ],
    }),
    { input: 8, output: 3 },
  ],
  [
    'gemini: thoughts and tool results are beside the totals, cached audio within',
    gemini({
      promptTokenCount: 9,
      candidatesTokenCount: 2,
      thoughtsTokenCount: 3,
      toolUsePromptTokenCount: 4,
      cachedContentTokenCount: 5,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 3 },
        { modality: 'AUDIO', tokenCount: 6 },
      ],
      cacheTokensDetails: [
        { modality: 'TEXT', tokenCount: 3 },
        { modality: 'AUDIO', tokenCount: 2 },
      ],
    }),
    { input: 4, inputAudio: 4, cacheRead: 3, cacheReadAudio: 2, output: 2, reasoning: 3 },
  ],
  [
    'converse: what the cache read and wrote is beside the input',
    converse({
      inputTokens: 3,
      outputTokens: 2,
      totalTokens: 15,
      cacheReadInputTokens: 4,
      cacheWriteInputTokens: 6,
      cacheDetails: [
        { ttl: '5m', inputTokens: 1 },
        { ttl: '1h', inputTokens: 5 },
      ],
    }),
    { input: 3, cacheRead: 4, cacheWrite5m: 1, cacheWrite1h: 5, output: 2 },
  ],
]

for (const [what, usage, bill] of cases) {
  test(what, () => {
    const cost = priceUsage(price, usage, { atMs: 0 })
    const billed: Record<string, number> = {}
    for (const { what: component, quantity } of cost.lines) {
      billed[component] = (billed[component] ?? 0) + quantity
    }
    assert.deepEqual(billed, bill)
    const expected = Object.entries(bill).reduce(
      (sum, [component, quantity]) => sum + (quantity * rates[component as Kind]!) / 1_000_000,
      0,
    )
    assert.equal(cost.totalNanoUsd, expected)
    assert.deepEqual([cost.unpriced, cost.clamped], [[], []])
  })
}

test('the tier that an answer names, and where it was computed, change the price', () => {
  const flex = chat({ prompt_tokens: 0, completion_tokens: 10 }, { service_tier: 'flex' })
  assert.equal(priceUsage(price, flex, { atMs: 0 }).totalNanoUsd, 500_000)
  const us = messages({ input_tokens: 0, output_tokens: 10, inference_geo: 'us', service_tier: 'standard' })
  assert.equal(priceUsage(price, us, { atMs: 0 }).totalNanoUsd, 1_100_000)
})

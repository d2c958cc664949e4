import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { parseUsd } from '../core/money.ts'
import type { Usage } from '../core/usage.ts'
import { priceUsage, usageDecisions } from './cost.ts'
import { type Component, components, type PriceTable, type Rates } from './price.ts'
import { worstCase } from './worst-case.ts'

const usd = (text: string): number => parseUsd(text)!

function table(rates: Rates, more: Partial<PriceTable> = {}): PriceTable {
  return { periods: [{ tiers: [{ aboveTokens: 0, rates }] }], ...more }
}

/** Every component at a price of its own, so that a wrong one shows. */
const everything = table(
  Object.fromEntries(components.map((component, index) => [component, (index + 1) * 1_000_000])) as Rates,
  {
    serviceTiers: { flex: [1, 2], priority: [5, 3] },
    regions: { us: [11, 10] },
    batch: [1, 2],
  },
)

const tokens = fc.nat({ max: 3_000_000 })
const someTokens = fc.option(tokens, { nil: undefined })
const usages: fc.Arbitrary<Usage> = fc
  .record({
    inputTokens: tokens,
    outputTokens: tokens,
    cacheReadTokens: someTokens,
    cacheReadAudioTokens: someTokens,
    cacheWriteTokens: someTokens,
    cacheWrite1hTokens: someTokens,
    reasoningTokens: someTokens,
    inputAudioTokens: someTokens,
    outputAudioTokens: someTokens,
    inputImageTokens: someTokens,
    outputImageTokens: someTokens,
    inputVideoTokens: someTokens,
    toolUseInputTokens: someTokens,
    webSearches: fc.option(fc.nat({ max: 20 }), { nil: undefined }),
    serviceTier: fc.constantFrom(undefined, 'default', 'flex', 'priority', 'PRIORITY', 'batch', 'unheard-of'),
    inferenceRegion: fc.constantFrom(undefined, 'global', 'us'),
  })
  .map((usage) => usage as Usage)

const rate = fc.nat({ max: 200_000_000_000 })
const rates: fc.Arbitrary<Rates> = fc
  .record(Object.fromEntries([...components, 'outputAfterReasoning'].map((name) => [name, rate])), {
    requiredKeys: ['input', 'output'],
  })
  .map((value) => value as Rates)
const factor = fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 20 }))
const prices: fc.Arbitrary<PriceTable> = fc
  .record({
    base: rates,
    long: rates,
    above: fc.nat({ max: 2_000_000 }).map((value) => value + 1),
    later: rates,
    fromMs: fc.nat({ max: 400_000_000 }),
    daily: fc.record({ fromSecond: fc.nat({ max: 86_399 }), toSecond: fc.nat({ max: 86_399 }) }),
    night: rates,
    flex: factor,
    priority: factor,
    us: factor,
    batch: factor,
  })
  .map(({ base, long, above, later, fromMs, daily, night, flex, priority, us, batch }) => ({
    periods: [
      {
        tiers: [
          { aboveTokens: 0, rates: base },
          { aboveTokens: above, rates: long },
        ],
      },
      { fromMs, tiers: [{ aboveTokens: 0, rates: later }] },
      { daily, tiers: [{ aboveTokens: 0, rates: night }] },
    ],
    serviceTiers: { flex, priority },
    regions: { us },
    batch,
  }))

test('a cost is whole, never negative, and the sum of its lines', () => {
  fc.assert(
    fc.property(prices, usages, fc.nat({ max: 500_000_000 }), fc.boolean(), (price, usage, atMs, batch) => {
      const cost = priceUsage(price, usage, { atMs, batch })
      assert.ok(Number.isSafeInteger(cost.totalNanoUsd) && cost.totalNanoUsd >= 0)
      assert.equal(
        cost.lines.reduce((sum, line) => sum + line.nanoUsd, 0),
        cost.totalNanoUsd,
      )
      assert.ok(cost.lines.every(({ nanoUsd, quantity }) => nanoUsd >= 0 && quantity > 0))
    }),
  )
})

test('every token is billed exactly once', () => {
  fc.assert(
    fc.property(usages, (usage) => {
      const { lines } = priceUsage(everything, usage, { atMs: 0 })
      const sum = (names: readonly Component[]): number =>
        lines.filter(({ what }) => names.includes(what)).reduce((total, { quantity }) => total + quantity, 0)
      const output: readonly Component[] = ['output', 'reasoning', 'outputAudio', 'outputImage']
      const apart: readonly Component[] = [...output, 'webSearch', 'searchedRequest', 'request']
      assert.equal(sum(output), usage.outputTokens)
      assert.equal(sum(components.filter((name) => !apart.includes(name))), usage.inputTokens)
    }),
  )
})

test('what is reserved is never less than what is settled', () => {
  fc.assert(
    fc.property(prices, usages, fc.nat({ max: 500_000_000 }), fc.boolean(), (price, usage, atMs, batch) => {
      const { serviceTier: _serviceTier, ...rest } = usage
      const served: Usage = batch ? rest : usage
      const reserved = worstCase(price, {
        atMs,
        inputTokens: usage.inputTokens,
        outputTokens: usage.outputTokens,
        webSearches: usage.webSearches ?? 0,
        batch: batch || served.serviceTier === 'batch',
      })
      const settled = priceUsage(price, served, { atMs, batch })
      assert.ok(
        reserved !== undefined && reserved >= settled.totalNanoUsd,
        `${reserved} < ${settled.totalNanoUsd}`,
      )
    }),
    { numRuns: 1000 },
  )
})

test('a reservation for a tier covers that tier and the ordinary one, and no dearer one', () => {
  const bounds = { atMs: 0, inputTokens: 1000, outputTokens: 1000, inputMedia: [], outputMedia: [] }
  const simple = table(
    { input: 1_000_000, output: 1_000_000 },
    { serviceTiers: { flex: [1, 2], priority: [2, 1] } },
  )
  assert.equal(worstCase(simple, bounds), 4000)
  assert.equal(worstCase(simple, { ...bounds, serviceTier: 'priority' }), 4000)
  assert.equal(worstCase(simple, { ...bounds, serviceTier: 'flex' }), 2000)
  assert.equal(worstCase(simple, { ...bounds, serviceTier: 'default' }), 2000)
})

test('a reservation without a price is none', () => {
  const inputOnly = table({ input: 20_000_000 })
  assert.equal(worstCase(inputOnly, { atMs: 0, inputTokens: 10, outputTokens: 1 }), undefined)
  assert.equal(worstCase(inputOnly, { atMs: 0, inputTokens: 10, outputTokens: 0 }), 200)
  assert.equal(worstCase(table({}), { atMs: 0, inputTokens: 1, outputTokens: 0 }), undefined)
})

test('a long prompt pays the higher tier for the whole call, and only above its bound', () => {
  const price: PriceTable = {
    periods: [
      {
        tiers: [
          { aboveTokens: 0, rates: { input: usd('1.25'), cacheRead: usd('0.125'), output: usd('10') } },
          { aboveTokens: 200_000, rates: { input: usd('2.5'), cacheRead: usd('0.25'), output: usd('15') } },
        ],
      },
    ],
  }
  const cost = (inputTokens: number): number =>
    priceUsage(price, { inputTokens, outputTokens: 1000, cacheReadTokens: 100_000 }, { atMs: 0 }).totalNanoUsd
  assert.equal(cost(200_000), 100_000 * 1250 + 100_000 * 125 + 1000 * 10_000)
  assert.equal(cost(200_001), 100_001 * 2500 + 100_000 * 250 + 1000 * 15_000)
})

test('prices begin on their day and change with the time of the day', () => {
  const at = (input: string): Rates => ({ input: usd(input), output: 0 })
  const price: PriceTable = {
    periods: [
      { tiers: [{ aboveTokens: 0, rates: at('1') }] },
      { fromMs: Date.UTC(2026, 0, 2), tiers: [{ aboveTokens: 0, rates: at('2') }] },
      { daily: { fromSecond: 82_800, toSecond: 3600 }, tiers: [{ aboveTokens: 0, rates: at('3') }] },
    ],
  }
  const cost = (day: number, hour: number): number =>
    priceUsage(price, { inputTokens: 1, outputTokens: 0 }, { atMs: Date.UTC(2026, 0, day, hour) })
      .totalNanoUsd
  assert.deepEqual(
    [cost(1, 12), cost(2, 12), cost(2, 23), cost(3, 0), cost(3, 1)],
    [1000, 2000, 3000, 3000, 2000],
  )
})

test('tier, batch and region multiply tokens, not fees', () => {
  const price = table(
    { input: usd('3'), output: usd('15'), webSearch: usd('10000'), request: usd('5000') },
    { serviceTiers: { priority: [5, 3] }, regions: { us: [11, 10] }, batch: [1, 2] },
  )
  const usage: Usage = { inputTokens: 1000, outputTokens: 100, webSearches: 2 }
  const tokenCost = 1000 * 3000 + 100 * 15_000
  const feeCost = 2 * 10_000_000 + 5_000_000
  const total = (more: Partial<Usage>, batch = false): number =>
    priceUsage(price, { ...usage, ...more }, { atMs: 0, batch }).totalNanoUsd
  assert.equal(total({}), tokenCost + feeCost)
  assert.equal(total({ serviceTier: 'Priority' }), (tokenCost * 5) / 3 + feeCost)
  assert.equal(total({ serviceTier: 'priority', inferenceRegion: 'us' }), (tokenCost * 11) / 6 + feeCost)
  assert.equal(total({ serviceTier: 'standard' }, true), tokenCost / 2 + feeCost)
  assert.equal(total({ serviceTier: 'batch' }), tokenCost / 2 + feeCost)
})

test('the tier that was served wins over the tier that was asked for', () => {
  const price = table({ input: 1_000_000, output: 0 }, { serviceTiers: { priority: [2, 1] } })
  const context = { atMs: 0, serviceTier: 'priority' }
  assert.equal(priceUsage(price, { inputTokens: 10, outputTokens: 0 }, context).totalNanoUsd, 20)
  const served: Usage = { inputTokens: 10, outputTokens: 0, serviceTier: 'default' }
  assert.equal(priceUsage(price, served, context).totalNanoUsd, 10)
})

test('what has no price is named and not in the total', () => {
  const usage: Usage = { inputTokens: 10, outputTokens: 5, webSearches: 1, serviceTier: 'turbo' }
  const cost = priceUsage(table({ input: 1_000_000 }), usage, { atMs: 0 })
  assert.equal(cost.totalNanoUsd, 10)
  assert.deepEqual(cost.unpriced.toSorted(), ['output', 'serviceTier', 'webSearch'])
  assert.deepEqual(priceUsage(table({ input: 0 }), usage, { atMs: 0, batch: true }).unpriced, [
    'batch',
    'output',
    'webSearch',
  ])
})

test('a part larger than its whole, or no count at all, is cut and named', () => {
  const usage: Usage = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 50, reasoningTokens: -3 }
  const cost = priceUsage(everything, usage, { atMs: 0 })
  assert.deepEqual(cost.clamped.toSorted(), ['cacheReadTokens', 'reasoningTokens'])
  assert.deepEqual(
    cost.lines.map(({ what, quantity }) => [what, quantity]),
    [
      ['cacheRead', 10],
      ['output', 5],
      ['request', 1],
    ],
  )
  const absurd = priceUsage(
    everything,
    { inputTokens: Number.MAX_SAFE_INTEGER, outputTokens: NaN },
    { atMs: 0 },
  )
  assert.deepEqual(absurd.clamped, ['outputTokens'])
  assert.ok(Number.isSafeInteger(absurd.totalNanoUsd))
})

test('model calls within the call are billed by their own model, without another request fee', () => {
  const own = table({ input: 1_000_000, output: 2_000_000, request: 7_000_000 })
  const adviser = table({ input: 10_000_000, output: 20_000_000, request: 7_000_000 })
  const usage: Usage = {
    inputTokens: 1,
    outputTokens: 1,
    nested: [
      { usage: { inputTokens: 100, outputTokens: 10 } },
      { model: 'adviser', usage: { inputTokens: 1000, outputTokens: 100 } },
      { model: 'unknown', usage: { inputTokens: 1, outputTokens: 1 } },
    ],
  }
  const cost = priceUsage(own, usage, {
    atMs: 0,
    priceOf: (model) => (model === 'adviser' ? adviser : undefined),
  })
  assert.equal(cost.totalNanoUsd, 1 + 2 + 7 + 100 + 20 + 10_000 + 2000)
  assert.deepEqual(cost.unpriced, ['nested'])
  assert.deepEqual(
    cost.lines.filter(({ model }) => model !== undefined).map(({ model, what }) => [model, what]),
    [
      ['adviser', 'input'],
      ['adviser', 'output'],
    ],
  )
})

test('model calls within the call are served as the call is served', () => {
  const price = table(
    { input: 1_000_000, output: 0 },
    { serviceTiers: { flex: [1, 2] }, regions: { us: [11, 10] } },
  )
  const nested = [{ usage: { inputTokens: 100, outputTokens: 0 } }]
  const usage: Usage = {
    inputTokens: 100,
    outputTokens: 0,
    nested,
    serviceTier: 'flex',
    inferenceRegion: 'us',
  }
  assert.equal(priceUsage(price, usage, { atMs: 0 }).totalNanoUsd, 110)
})

test('searches are billed each, or once for the call, as the price says', () => {
  const usage: Usage = { inputTokens: 0, outputTokens: 0, webSearches: 3 }
  const total = (rates: Rates): number => priceUsage(table(rates), usage, { atMs: 0 }).totalNanoUsd
  assert.equal(total({ webSearch: 10_000_000 }), 30)
  assert.equal(total({ searchedRequest: 10_000_000 }), 10)
  const perCall = priceUsage(table({ searchedRequest: 0 }), usage, { atMs: 0 })
  assert.deepEqual(perCall.unpriced, [])
})

test('the whole output of an answer that reasoned has its own price where there is one', () => {
  const price = table({ input: 0, output: 1_200_000_000, outputAfterReasoning: 4_000_000_000 })
  const cost = (reasoningTokens: number): number =>
    priceUsage(price, { inputTokens: 1, outputTokens: 100, reasoningTokens }, { atMs: 0 }).totalNanoUsd
  assert.equal(cost(0), 120_000)
  assert.equal(cost(60), 400_000)
})

test('fractions of a nano-dollar are rounded once, half-even', () => {
  const price = table({ input: 500_000, cacheRead: 500_000, output: 500_000 })
  const cost = priceUsage(price, { inputTokens: 4, outputTokens: 1, cacheReadTokens: 1 }, { atMs: 0 })
  assert.equal(cost.totalNanoUsd, 2) // 2.5
  assert.deepEqual(
    cost.lines.map(({ nanoUsd }) => nanoUsd),
    [2, 0, 0], // 1.5, then 2, then 2.5
  )
})

test('every field that is decided to be priced changes the cost', () => {
  const base: Usage = { inputTokens: 1000, outputTokens: 1000 }
  const within = {
    cacheReadAudioTokens: { cacheReadTokens: 10 },
    cacheWrite1hTokens: { cacheWriteTokens: 10 },
  }
  const total = (usage: Usage): number => priceUsage(everything, usage, { atMs: 0 }).totalNanoUsd
  for (const [field, decision] of Object.entries(usageDecisions)) {
    const whole: Usage = { ...base, ...(within as Record<string, Partial<Usage>>)[field] }
    const value =
      { nested: [{ usage: base }], serviceTier: 'flex', inferenceRegion: 'us', native: {} }[field] ?? 10
    const changed = total({ ...whole, [field]: value } as Usage) !== total(whole)
    assert.equal(changed, decision === 'priced' || decision === 'selects', field)
  }
})

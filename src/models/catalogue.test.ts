import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { calcPrice, findProvider } from '@pydantic/genai-prices'
import { parseUsd } from '../core/money.ts'
import { createCatalogue, loadCatalogueData } from './catalogue.ts'
import { priceUsage } from './cost.ts'
import { describeModels } from './describe.ts'
import { overlays } from './overlay.ts'
import { priceDates, priceListVersion } from './price-dates.ts'
import { periodAt } from './price.ts'
import { publishedPrices, publishedUnits } from './published-prices.ts'
import { retiringSoon } from './retirement.ts'
import { diffSnapshots, takeSnapshot } from './snapshot.ts'
import { sources } from './sources.ts'

const data = await loadCatalogueData()
const catalogue = createCatalogue(data)
const atMs = Date.UTC(2026, 9, 1)

const inputUsd = (provider: string, model: string): number | undefined => {
  const price = catalogue.lookup(provider, model)?.price
  return price && periodAt(price, atMs).tiers[0].rates.input
}

test('every provider of the price list that a source names is there', () => {
  for (const { priced = [], pricedAlike = [] } of Object.values(sources)) {
    for (const name of [...priced, ...pricedAlike]) assert.ok(data.publishedPrices(name), name)
  }
})

test('the catalogue has well over a thousand models, nearly all with a price', () => {
  const models = catalogue.providers.flatMap((provider) => catalogue.list(provider))
  const priced = models.filter(({ price }) => price !== undefined)
  assert.ok(models.length > 2000, `${models.length} models`)
  assert.ok(priced.length > 1800, `${priced.length} with a price`)
})

test('a model is found by its name, an alias, a dated snapshot, in any case', () => {
  const haiku = catalogue.lookup('anthropic', 'claude-haiku-4-5-20251001')
  assert.equal(haiku?.pricedAs, 'claude-haiku-4-5')
  assert.equal(haiku.maxOutputTokens, 64_000)
  assert.equal(haiku.capabilities.tools, true)
  assert.equal(inputUsd('openai', 'gpt-4o-2024-08-06'), parseUsd('2.5'))
  assert.equal(inputUsd('openai', 'gpt-4o-2024-05-13'), parseUsd('5'))
  assert.equal(inputUsd('openai', 'GPT-4o-Mini'), parseUsd('0.15'))
  assert.equal(inputUsd('bedrock', 'us.anthropic.claude-haiku-4-5-20251001-v1:0'), parseUsd('1.1'))
  assert.equal(inputUsd('azure', 'gpt-4o-mini-2024-07-18'), parseUsd('0.15'))
  assert.equal(inputUsd('qwen', 'qwen-plus-2025-07-28'), parseUsd('0.4'))
})

test('a price tells of which day it is, and its own of none', () => {
  const dateOf = (provider: string, model: string, settings = {}) =>
    createCatalogue(data, { settings }).lookup(provider, model)?.priceDate
  assert.equal(dateOf('anthropic', 'claude-haiku-4-5'), priceDates.published)
  assert.equal(dateOf('qwen', 'qwen-plus'), priceDates.overlay)
  assert.equal(dateOf('openai', 'babbage-001'), undefined, 'without a price')
  const price = { input: 1 }
  assert.equal(dateOf('anthropic', 'claude-haiku-4-5', { 'anthropic/*': { price } }), undefined)
  const { dependencies } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { dependencies: Record<string, string> }
  assert.equal(
    dependencies['@pydantic/genai-prices'],
    priceListVersion,
    'another version of the list is of another day: see price-dates.ts',
  )
})

test('what nothing is known of is undefined, whatever its name', () => {
  for (const model of ['no-such-model', '', '__proto__', 'constructor', 'x'.repeat(10_000)]) {
    assert.equal(catalogue.lookup('openai', model), undefined)
    assert.equal(catalogue.lookup('no-such-provider', model), undefined)
    assert.equal(catalogue.lookup(model, 'constructor'), undefined)
  }
})

test('settings win member by member; a star is any ending; a provider goes by its name or its type', () => {
  const own = createCatalogue(data, {
    types: { claude: 'anthropic', local: 'openai-compatible' },
    settings: {
      'claude/claude-sonnet-4-5': { maxOutputTokens: 1 },
      'anthropic/claude-haiku-4-5': { price: { input: 9, output: '0.5' } },
      'local/*': { price: { input: 0, output: 0 } },
      'local/llama*': { contextWindow: 8192 },
    },
  })
  const sonnet = own.lookup('claude', 'claude-sonnet-4-5')
  assert.equal(sonnet?.maxOutputTokens, 1)
  assert.equal(sonnet.contextWindow, catalogue.lookup('anthropic', 'claude-sonnet-4-5')?.contextWindow)
  assert.equal(own.lookup('anthropic', 'claude-sonnet-4-5')?.maxOutputTokens, 64_000)
  const haiku = own.lookup('claude', 'claude-haiku-4-5')
  assert.deepEqual(haiku?.price?.periods, [
    { tiers: [{ aboveTokens: 0, rates: { input: 9_000_000_000, output: 500_000_000 } }] },
  ])
  assert.deepEqual(haiku.price.batch, [1, 2])
  assert.equal(own.lookup('local', 'mistral')?.price?.periods[0].tiers[0].rates.input, 0)
  assert.equal(own.lookup('local', 'llama-3')?.contextWindow, 8192)
  assert.equal(own.lookup('local', 'llama-3')?.price, undefined)
  assert.ok(own.providers.includes('local'))
})

test('every unit of the price list is decided', () => {
  const providers = [...new Set(Object.values(sources).flatMap(({ priced = [] }) => priced))]
  const units = providers.flatMap((id) =>
    (findProvider({ providerId: id })?.models ?? []).flatMap(({ prices }) =>
      (Array.isArray(prices) ? prices.map((entry) => entry.prices) : [prices]).flatMap(Object.keys),
    ),
  )
  const undecided = [...new Set(units)].filter((unit) => !Object.hasOwn(publishedUnits, unit))
  assert.deepEqual(undecided, [])
})

test('each model of the list is found, by its own name, where the list finds it', () => {
  let count = 0
  for (const id of new Set(Object.values(sources).flatMap(({ priced = [] }) => priced))) {
    const provider = findProvider({ providerId: id })!
    const ours = publishedPrices(provider)
    for (const model of provider.models) {
      const theirs = calcPrice({ input_tokens: 1 }, model.id, { provider, timestamp: new Date(atMs) })
      assert.equal(ours.find(model.id)?.id, theirs?.model.id, `${id}/${model.id}`)
      count += 1
    }
  }
  assert.ok(count > 1000)
})

test('every model of the list costs what the list says, short prompt or long, on several days and hours', (t) => {
  const days = [Date.UTC(2025, 4, 1, 3), Date.UTC(2026, 8, 1, 12), Date.UTC(2027, 0, 2, 8)]
  const sizes = [1_000, 150_000, 250_000, 600_000]
  let count = 0
  const providers = new Set(Object.values(sources).flatMap(({ priced = [] }) => priced))
  for (const provider of [...providers].flatMap((id) => findProvider({ providerId: id }) ?? [])) {
    const ours = publishedPrices(provider)
    for (const { id, price } of ours.ids.flatMap((name) => ours.find(name) ?? [])) {
      const rates = price?.periods[0].tiers[0].rates
      if (price === undefined || rates?.input === undefined || rates.output === undefined) continue
      for (const [dayMs, tokens] of days.flatMap((day) => sizes.map((size) => [day, size] as const))) {
        const cacheReadTokens = Math.floor(tokens / 3)
        const usage = { inputTokens: tokens, outputTokens: 1234, cacheReadTokens }
        const own = priceUsage(price, usage, { atMs: dayMs }).totalNanoUsd
        const theirUsage = { input_tokens: tokens, output_tokens: 1234, cache_read_tokens: cacheReadTokens }
        const their = calcPrice(theirUsage, id, { provider, timestamp: new Date(dayMs) })!.total_price
        assert.ok(Math.abs(own - their * 1e9) <= 1, `${provider.id}/${id} ${tokens}: ${own} and ${their}`)
        count += 1
      }
    }
  }
  assert.ok(count > 10_000, `${count} compared`)
  t.diagnostic(`${count} costs compared`)
})

test('overlays are of known types, their days are days, and their successors are other models', () => {
  for (const [type, { models = [] }] of Object.entries(overlays)) {
    assert.ok(sources[type], type)
    for (const { id, retiresAt, successor } of models) {
      assert.ok(retiresAt === undefined || /^\d{4}-\d\d-\d\d$/.test(retiresAt), id)
      assert.notEqual(successor, id)
    }
  }
})

test('Qwen: tiers by length, thinking apart, caches in proportion', () => {
  const price = catalogue.lookup('qwen', 'qwen-plus')!.price!
  const cost = (inputTokens: number, more = {}): number =>
    priceUsage(price, { inputTokens, outputTokens: 1000, ...more }, { atMs }).totalNanoUsd
  assert.equal(cost(1000), 1000 * 400 + 1000 * 1200)
  assert.equal(cost(1000, { reasoningTokens: 10 }), 1000 * 400 + 1000 * 4000)
  assert.equal(cost(300_000), 300_000 * 1200 + 1000 * 3600)
  assert.equal(cost(1000, { cacheReadTokens: 1000 }), 1000 * 80 + 1000 * 1200)
})

test('service tiers are those of the model where it has its own', () => {
  const tier = (model: string) => catalogue.lookup('openai', model)?.price?.serviceTiers?.['priority']
  assert.deepEqual(tier('gpt-4o-mini'), [5, 3])
  assert.deepEqual(tier('gpt-4o-2024-08-06'), [17, 10])
  assert.deepEqual(tier('gpt-4.1-nano'), [2, 1])
  assert.deepEqual(tier('gpt-4.1-mini'), [7, 4])
  assert.deepEqual(tier('gpt-5.4'), [2, 1])
})

test('the same prices have the same version; a changed, a new and a lost price are told', () => {
  const settings = {
    'sim/a': { price: { input: 1, output: 1 } },
    'sim/b': { price: { input: 1, output: 1 } },
  }
  const before = takeSnapshot(createCatalogue(data, { settings }), ['sim'])
  assert.match(before.version, /^prices@[0-9a-f]{12}$/)
  const reordered = { 'sim/b': { price: { output: 1, input: 1 } }, 'sim/a': settings['sim/a'] }
  assert.equal(takeSnapshot(createCatalogue(data, { settings: reordered }), ['sim']).version, before.version)
  const changed = { 'sim/a': { price: { input: 2, output: 1 } }, 'sim/c': { price: { input: 0, output: 0 } } }
  const after = takeSnapshot(createCatalogue(data, { settings: changed }), ['sim'])
  assert.notEqual(after.version, before.version)
  assert.deepEqual(diffSnapshots(before, before), [])
  assert.deepEqual(
    diffSnapshots(before, after).map(({ model, before: from, after: to }) => [
      model,
      from?.periods[0].tiers[0].rates.input,
      to?.periods[0].tiers[0].rates.input,
    ]),
    [
      ['sim/a', 1_000_000_000, 2_000_000_000],
      ['sim/b', 1_000_000_000, undefined],
      ['sim/c', undefined, 0],
    ],
  )
})

test('retirements come in order, with the days that are left', () => {
  const nowMs = Date.UTC(2026, 5, 1)
  const retirements = retiringSoon(catalogue.list('anthropic'), nowMs, 30)
  const find = (id: string) => retirements.find((entry) => entry.id === id)
  assert.equal(find('claude-3-opus-20240229')?.isRetired, true)
  assert.deepEqual(find('claude-sonnet-4-20250514'), {
    provider: 'anthropic',
    id: 'claude-sonnet-4-20250514',
    retiresAtMs: Date.UTC(2026, 5, 15),
    isRetired: false,
    successor: 'claude-sonnet-4-6',
  })
  assert.equal(find('claude-opus-4-1-20250805'), undefined)
  assert.deepEqual(
    retirements.map(({ retiresAtMs }) => retiresAtMs),
    retirements.map(({ retiresAtMs }) => retiresAtMs).toSorted((a, b) => a - b),
  )
})

test('models are described with decimal prices, fees per thousand, and nothing that is not known', () => {
  const own = createCatalogue(data, {
    settings: {
      'house/a': {
        contextWindow: 10,
        price: { input: '0.15', webSearch: 10, long: [{ aboveTokens: 5, input: 1 }] },
      },
      'house/b': { retiresAt: '2027-01-02', successor: 'a', capabilities: { tools: true, reasoning: false } },
    },
  })
  assert.deepEqual(describeModels(own.list('house'), atMs), [
    {
      id: 'house/a',
      provider: 'house',
      model: 'a',
      context_window: 10,
      capabilities: {},
      pricing: {
        input: '0.15',
        web_search: '10',
        long_prompts: [{ above_tokens: 5, input: '1', web_search: '10' }],
      },
    },
    {
      id: 'house/b',
      provider: 'house',
      model: 'b',
      capabilities: { tools: true, reasoning: false },
      retires_at: '2027-01-02',
      successor: 'a',
    },
  ])
})

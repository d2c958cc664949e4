import assert from 'node:assert/strict'
import test from 'node:test'
import { calcPrice, extractUsage, findProvider, type Provider } from '@pydantic/genai-prices'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import type { Usage } from '../../src/core/usage.ts'
import { createCatalogue, loadCatalogueData } from '../../src/models/catalogue.ts'
import { type CostBreakdown, priceUsage } from '../../src/models/cost.ts'
import { sources } from '../../src/models/sources.ts'
import { readRecorded, type Recorded, recordedDir, recordedEntries } from '../support/recorded.ts'
import { decodedUsage, type DecodedUsage, usageLeaves } from './recorded-usage.ts'
import { countedFields, freeFields } from './usage-fields.ts'

const skip = recordedDir === undefined ? 'the recorded exchanges are not in this checkout' : false
const catalogue = createCatalogue(await loadCatalogueData())
const atMs = Date.UTC(2026, 9, 1, 12)

/** Our dialects' recordings, with the names under which the price list reads their usage. */
const flavors: Readonly<Record<string, readonly string[]>> = {
  'openai-chat': ['chat', 'default'],
  'mistral-chat': ['default'],
  'openai-responses': ['responses'],
  'anthropic-messages': ['default'],
  'gemini-generate': ['default'],
  'bedrock-converse': ['default'],
  'cohere-chat-v2': ['default'],
  'openai-embeddings': ['embeddings', 'default'],
  'gemini-embeddings': ['default'],
}

/** The recordings name some providers otherwise than we do. */
const types: Readonly<Record<string, string>> = { 'alibaba-qwen': 'qwen', 'bedrock-mantle': 'bedrock' }

interface Case extends DecodedUsage {
  readonly recorded: Recorded
  readonly type: string
  readonly cost: CostBreakdown | undefined
}

const exchanges = recordedEntries(...Object.keys(flavors)).map(readRecorded)

function readCases(): Case[] {
  return exchanges.flatMap((recorded) => {
    const decoded = decodedUsage(recorded)
    if (decoded === undefined) return []
    const type = types[recorded.provider] ?? recorded.provider
    return [{ ...decoded, recorded, type, cost: costOf(type, decoded) }]
  })
}

function costOf(type: string, { model, usage }: DecodedUsage): CostBreakdown | undefined {
  const price = catalogue.lookup(type, model)?.price
  const priceOf = (name: string) => catalogue.lookup(type, name)?.price
  return price && priceUsage(price, usage, { atMs, priceOf })
}

const cases = readCases()

test('every usage field of every provider is counted, or known to be free', { skip }, (t) => {
  const seen = new Set<string>()
  const undecided = new Set<string>()
  for (const recorded of exchanges) {
    for (const { path } of usageLeaves(recorded)) {
      seen.add(`${recorded.provider} ${path}`)
      if (countedFields[path] === undefined && freeFields[path] === undefined)
        undecided.add(`${recorded.file} ${path}`)
    }
  }
  assert.deepEqual([...undecided], [])
  t.diagnostic(`${seen.size} fields of ${new Set(exchanges.map(({ provider }) => provider)).size} providers`)
})

test('a field that is counted shows where it is said to', { skip }, () => {
  for (const { recorded, usage } of cases) {
    for (const { path } of usageLeaves(recorded)) {
      const field = countedFields[path]
      if (field !== undefined) assert.ok(usage[field], `${recorded.file}: ${path} does not show in ${field}`)
    }
  }
})

test('no decision is about a field that nobody sends', { skip }, () => {
  const sent = new Set(exchanges.flatMap((recorded) => usageLeaves(recorded).map(({ path }) => path)))
  const idle = [...Object.keys(countedFields), ...Object.keys(freeFields)].filter((path) => !sent.has(path))
  // Documented, and not in the recordings.
  assert.deepEqual(idle, ['cache_creation.ephemeral_1h_input_tokens'])
})

/** Recordings whose usage contradicts itself: Grok on Azure counts cached tokens beside the prompt's, not within. */
const contradicts = ({ type, model, usage }: Case): boolean =>
  (type === 'azure' && model.startsWith('grok-')) ||
  (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0) > usage.inputTokens

/** What has no price where: searches that the provider bills by arrangement with others. */
const knownUnpriced: Readonly<Record<string, readonly string[]>> = { openrouter: ['webSearch'] }

test(
  'what a recorded call consumed is priced whole, or the price of its model is not known',
  { skip },
  (t) => {
    const priced = cases.filter(({ cost }) => cost !== undefined)
    for (const item of priced) {
      const missing = item.cost!.unpriced.filter((what) => !knownUnpriced[item.type]?.includes(what))
      assert.deepEqual(missing, [], item.recorded.file)
      if (!contradicts(item)) assert.deepEqual(item.cost!.clamped, [], item.recorded.file)
    }
    const without = cases.filter(({ cost }) => cost === undefined)
    assert.ok(priced.length > without.length * 10)
    const providers = new Map<string, number>()
    for (const { type } of without) providers.set(type, (providers.get(type) ?? 0) + 1)
    t.diagnostic(`${priced.length} recorded exchanges priced, ${without.length} without a known price`)
    t.diagnostic(`without: ${[...providers].map(([type, count]) => `${type} ${count}`).join(', ')}`)
  },
)

/** The price list's own cost, from the raw answer; undefined where it cannot read this answer or has no price. */
function listCost({ recorded, type, model, usage }: Case): number | undefined {
  for (const provider of (sources[type]?.priced ?? []).flatMap(
    (id) => findProvider({ providerId: id }) ?? [],
  )) {
    const known = provider.extractors?.map(({ api_flavor }) => api_flavor) ?? []
    const flavor = flavors[recorded.dialect]?.find((name) => known.includes(name))
    if (flavor === undefined) continue
    const extracted = extract(provider, rawAnswer(recorded, model, usage), flavor)
    const price = extracted && calcPrice(extracted, model, { provider, timestamp: new Date(atMs) })
    if (price) return price.total_price
  }
  return undefined
}

function extract(
  provider: Provider,
  answer: unknown,
  flavor: string,
): Record<string, number | undefined> | undefined {
  try {
    const { usage } = extractUsage(provider, answer, flavor)
    calcPrice(usage, provider.models[0]!.id, { provider, timestamp: new Date(atMs) })
    return usage
  } catch {
    return undefined // it refuses what contradicts itself, and some answers of embeddings
  }
}

/** A stream's usage as a whole answer would have it. */
function rawAnswer({ response, dialect }: Recorded, model: string, usage: Usage): unknown {
  const isWhole = response.sse === undefined && asObject(response.body) !== undefined
  if (isWhole) return response.body
  const block = usage.native?.value ?? {}
  return dialect.startsWith('gemini')
    ? { usageMetadata: block, modelVersion: model }
    : { usage: block, model }
}

/** Why our cost is another than the list's, where it is; each names what the list leaves out. */
function reasonFor({ usage, type, recorded }: Case): string | undefined {
  const tier = usage.serviceTier?.toLowerCase() ?? ''
  if (usage.nested !== undefined) return 'model calls within the call'
  if (/flex|priority|provisioned/.test(tier)) return 'service tier'
  if ((usage.webSearches ?? 0) > 0) return 'web searches'
  const wire: JsonObject = usage.native?.value ?? {}
  if (wire['prompt_cache_hit_tokens'] ?? wire['num_cached_tokens']) return 'cached tokens beside the details'
  if (type === 'mistral' && wire['prompt_audio_seconds'] !== undefined)
    return 'audio beside the prompt tokens'
  if (recorded.dialect === 'gemini-generate' && asArray(wire['cacheTokensDetails']).length > 0)
    return 'cached media'
  return undefined
}

test(
  "costs are those of the price list's own reader and arithmetic, but for what it leaves out",
  { skip },
  (t) => {
    const counts = { compared: 0, equal: 0 }
    const differing = new Map<string, number>()
    for (const item of cases) {
      if (item.cost === undefined || contradicts(item)) continue
      const theirs = listCost(item)
      if (theirs === undefined) continue
      counts.compared += 1
      if (Math.abs(item.cost.totalNanoUsd - theirs * 1e9) <= 1) {
        counts.equal += 1
        continue
      }
      const reason = reasonFor(item)
      assert.ok(reason, `${item.recorded.file}: ${item.cost.totalNanoUsd} and ${theirs * 1e9}`)
      differing.set(reason, (differing.get(reason) ?? 0) + 1)
    }
    assert.ok(counts.equal > 1000, `${counts.equal} equal`)
    t.diagnostic(`${counts.compared} compared with the price list, ${counts.equal} equal`)
    for (const [reason, count] of differing) t.diagnostic(`differing by ${reason}: ${count}`)
  },
)

test('a call is billed the same streamed and whole, by what the last usage says', { skip }, () => {
  const streamed = cases.filter(({ recorded, cost }) => recorded.streaming && cost !== undefined)
  assert.ok(streamed.length > 100)
  for (const { recorded, type, model, usage, cost } of streamed) {
    const { native: _native, ...counts } = usage
    assert.deepEqual(costOf(type, { model, usage: counts }), cost, recorded.file)
  }
})

test('a compaction and the advice of another model are billed beside the totals', { skip }, () => {
  const nested = cases.filter(({ usage }) => usage.nested !== undefined)
  assert.equal(nested.length, 4)
  for (const { recorded, usage, cost, type, model } of nested) {
    const { nested: calls, ...own } = usage
    const alone = costOf(type, { model, usage: own })!
    const others = calls!.map((call) =>
      costOf(type, { model: call.model ?? model, usage: { ...call.usage, serviceTier: 'standard' } })!,
    )
    const total = others.reduce((sum, { totalNanoUsd }) => sum + totalNanoUsd, alone.totalNanoUsd)
    assert.equal(cost!.totalNanoUsd, total, recorded.file)
    assert.ok(total > 1.5 * alone.totalNanoUsd, recorded.file)
  }
})

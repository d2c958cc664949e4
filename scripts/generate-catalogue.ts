/**
 * Makes `src/models/listing.json` from a file of models in the shape that the `ruby_llm` project publishes:
 * `node scripts/generate-catalogue.ts models.json`. Only facts are kept, and prices only where the price list has none.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../src/core/json.ts'
import { createCatalogue, loadCatalogueData } from '../src/models/catalogue.ts'
import type { ListPrice } from '../src/models/list-price.ts'
import type { ListedModel } from '../src/models/listing.ts'
import type { ReasoningControl } from '../src/models/model.ts'

/** Its providers that we have types for. */
const types: Readonly<Record<string, string>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  gemini: 'gemini',
  vertexai: 'vertex',
  azure: 'azure',
  bedrock: 'bedrock',
  deepseek: 'deepseek',
  mistral: 'mistral',
  openrouter: 'openrouter',
  xai: 'xai',
  cohere: 'cohere',
  perplexity: 'perplexity',
}

const modalityNames: Readonly<Record<string, string>> = {
  pdf: 'document',
  file: 'document',
  embeddings: 'embedding',
  rerank: 'ranking',
}

const capabilityNames: Readonly<Record<string, string>> = {
  function_calling: 'tools',
  parallel_tool_calls: 'parallelTools',
  structured_output: 'structuredOutput',
  citations: 'citations',
}

/** Their rows are what their own API answers, prices included. */
const tellsOwnPrices: ReadonlySet<unknown> = new Set(['openrouter', 'perplexity'])

/** Other rows have limits, capabilities and prices that were guessed by the model's name: of those only the name is kept. */
function isReviewed(model: JsonObject): boolean {
  return asObject(model['metadata'])?.['source'] === 'models.dev' || model['provider'] === 'openrouter'
}

function words(values: Json | undefined, names: Readonly<Record<string, string>>): string {
  const texts = asArray(values).flatMap((value) => asString(value) ?? [])
  return [...new Set(texts.map((text) => names[text] ?? text))].join(' ')
}

function reasoningControl(model: JsonObject): ReasoningControl | undefined {
  if (!asArray(model['capabilities']).includes('reasoning')) return undefined
  const kinds = asArray(asObject(model['metadata'])?.['reasoning_options']).map((option) =>
    asString(asObject(option)?.['type']),
  )
  if (kinds.includes('effort')) return 'effort'
  if (kinds.includes('budget_tokens')) return 'budget'
  return kinds.includes('toggle') ? 'toggle' : 'fixed'
}

function priceOf(model: JsonObject): ListPrice | undefined {
  const pricing = asObject(model['pricing'])
  const text = asObject(pricing?.['text_tokens'])
  const audio = asObject(asObject(pricing?.['audio_tokens'])?.['standard'])
  const images = asObject(asObject(pricing?.['images'])?.['standard'])
  const rates = (from: JsonObject | undefined): ListPrice =>
    compact({
      input: asNumber(from?.['input_per_million']),
      output: asNumber(from?.['output_per_million']),
      cacheRead: asNumber(from?.['cache_read_input_per_million']),
      cacheWrite5m: asNumber(from?.['cache_write_input_per_million']),
      reasoning: asNumber(from?.['reasoning_output_per_million']),
    }) as ListPrice
  const aboveTokens = asNumber(text?.['long_context_threshold'])
  const standard = rates(asObject(text?.['standard']))
  const writesText = asArray(asObject(model['modalities'])?.['output']).includes('text')
  if (writesText && standard.output === undefined) return undefined
  const price = {
    ...standard,
    ...compact({
      inputAudio: asNumber(audio?.['input_per_million']),
      outputAudio: asNumber(audio?.['output_per_million']),
      inputImage: asNumber(images?.['input_per_million']),
      outputImage: asNumber(images?.['output_per_million']),
    }),
    ...(aboveTokens === undefined
      ? {}
      : { long: [{ aboveTokens, ...rates(asObject(text?.['long_context'])) }] }),
  }
  return Object.keys(price).length > 0 ? price : undefined
}

function compact(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined && value !== ''))
}

function toRow(model: JsonObject, isPriced: boolean): ListedModel {
  const id = asString(model['id'])
  const isReviewedRow = isReviewed(model)
  const found = asObject(model['modalities'])
  const hasPrice =
    !isPriced &&
    (tellsOwnPrices.has(model['provider']) || asObject(model['metadata'])?.['cost'] !== undefined)
  return compact({
    id,
    ...(isReviewedRow ? reviewedFacts(model) : {}),
    reads: words(found?.['input'], modalityNames),
    writes: words(found?.['output'], modalityNames),
    price: hasPrice ? priceOf(model) : undefined,
  }) as unknown as ListedModel
}

function reviewedFacts(model: JsonObject): Record<string, unknown> {
  const known = asArray(model['capabilities']).flatMap((name) => capabilityNames[asString(name) ?? ''] ?? [])
  const missing = ['tools', 'structuredOutput'].filter((name) => !known.includes(name))
  const reasoning = reasoningControl(model)
  return {
    context: asNumber(model['context_window']) || undefined,
    output: asNumber(model['max_output_tokens']) || undefined,
    can: known.join(' '),
    cannot: [...missing, ...(reasoning === undefined ? ['reasoning'] : [])].join(' '),
    reasoning,
  }
}

const [file] = process.argv.slice(2)
if (file === undefined) throw new Error('usage: node scripts/generate-catalogue.ts models.json')
const models = JSON.parse(readFileSync(file, 'utf8')) as readonly JsonObject[]
const published = createCatalogue({ ...(await loadCatalogueData()), listing: {} })

const lines = Object.entries(types).map(([name, type]) => {
  const ofProvider = models.filter(({ provider }) => provider === name)
  const rows = ofProvider.map((model) => {
    const id = asString(model['id']) ?? ''
    return toRow(model, published.lookup(type, id)?.price !== undefined)
  })
  const texts = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map((row) => JSON.stringify(row))
  return `${JSON.stringify(type)}:[\n${texts.join(',\n')}\n]`
})
const target = fileURLToPath(new URL('../src/models/listing.json', import.meta.url))
writeFileSync(target, `{\n${lines.join(',\n')}\n}\n`)

/** Models as they are shown to people and clients: prices in decimal USD, days as days. */

import { formatUsd } from '../core/money.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { ModelInfo } from './model.ts'
import { components, fees, periodAt, type PriceTable, type Rates } from './price.ts'

/**
 * One entry for each model, with names in snake_case, for `GET /v1/models`, the admin API and the command line. Prices
 * are those in force at `atMs`, in USD per million tokens, fees per thousand; what is not known is left out.
 */
export function describeModels(models: readonly ModelInfo[], atMs: number): readonly JsonObject[] {
  return models.map((model) => describeModel(model, atMs))
}

function describeModel(model: ModelInfo, atMs: number): JsonObject {
  const { provider, id, capabilities, price } = model
  return known({
    id: `${provider}/${id}`,
    provider,
    model: id,
    context_window: model.contextWindow,
    max_output_tokens: model.maxOutputTokens,
    input_modalities: model.inputModalities,
    output_modalities: model.outputModalities,
    capabilities: known({
      tools: capabilities.tools,
      parallel_tools: capabilities.parallelTools,
      structured_output: capabilities.structuredOutput,
      citations: capabilities.citations,
      reasoning: capabilities.reasoning,
    }),
    pricing: price && describePrice(price, atMs),
    price_date: model.priceDate,
    priced_as: model.pricedAs,
    retires_at:
      model.retiresAtMs === undefined ? undefined : new Date(model.retiresAtMs).toISOString().slice(0, 10),
    successor: model.successor,
  })
}

/** Names in snake_case, as `describeModels` gives them. */
export function describePrice(price: PriceTable, atMs: number): JsonObject {
  const [base, ...long] = periodAt(price, atMs).tiers
  return known({
    ...describeRates(base.rates),
    long_prompts:
      long.length === 0
        ? undefined
        : long.map(({ aboveTokens, rates }) => ({ above_tokens: aboveTokens, ...describeRates(rates) })),
    service_tiers: price.serviceTiers && factors(price.serviceTiers),
    regions: price.regions && factors(price.regions),
    batch: price.batch && factor(price.batch),
  })
}

function describeRates(rates: Rates): JsonObject {
  const named = [...components, 'outputAfterReasoning'] as const
  return known(
    Object.fromEntries(
      named.map((name) => {
        const rate = rates[name]
        const isFee = name !== 'outputAfterReasoning' && fees.has(name)
        return [snakeCase(name), rate === undefined ? undefined : formatUsd(isFee ? rate / 1000 : rate)]
      }),
    ),
  )
}

function factors(byName: Readonly<Record<string, readonly [number, number]>>): JsonObject {
  return Object.fromEntries(Object.entries(byName).map(([name, value]) => [name, factor(value)]))
}

/** For reading: the exact factor is the fraction. */
function factor([times, over]: readonly [number, number]): number {
  return Math.round((times / over) * 10_000) / 10_000
}

function snakeCase(name: string): string {
  return name.replace(/([a-z])(?=[A-Z0-9])/g, '$1_').toLowerCase()
}

function known(members: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

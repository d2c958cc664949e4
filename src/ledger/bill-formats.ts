/** The shapes of providers' usage and cost APIs, each read into rows of a bill. */

import { asArray, asNumber, asObject, asString, defined, type Json, type JsonObject } from '../core/json.ts'
import { roundUsd } from '../core/money.ts'
import type { BillItem } from './bill.ts'

/** Undefined where the page is of no known shape. */
export function readBillPage(value: Json): readonly BillItem[] | undefined {
  const page = asObject(value)
  if (page === undefined) return undefined
  const generation = asObject(page['data'])
  if (generation) return one(fromGeneration(generation))
  if (page['data'] === undefined) return one(fromGeneration(page) ?? fromActivity(page))
  const items: BillItem[] = []
  for (const value of asArray(page['data'])) {
    const found = fromBucket(asObject(value) ?? {})
    if (found === undefined) return undefined
    items.push(...found)
  }
  return items
}

function one(item: BillItem | undefined): readonly BillItem[] | undefined {
  return item && [item]
}

function fromBucket(bucket: JsonObject): readonly BillItem[] | undefined {
  const results = bucket['results']
  if (!Array.isArray(results)) return one(fromGeneration(bucket) ?? fromActivity(bucket))
  const atMs = timeOf(bucket['start_time'] ?? bucket['starting_at'])
  if (atMs === undefined) return undefined
  const items: BillItem[] = []
  for (const value of results as readonly Json[]) {
    const result = asObject(value) ?? {}
    const read = bucket['start_time'] === undefined ? fromAnthropic : fromOpenAi
    const figures = read(result)
    if (figures === undefined) return undefined
    items.push({ atMs, ...figures })
  }
  return items
}

type Figures = Omit<BillItem, 'atMs'>

/**
 * OpenAI: `GET /v1/organization/usage/*` and `/v1/organization/costs`
 * (https://platform.openai.com/docs/api-reference/usage). `input_tokens` holds the cached ones.
 */
function fromOpenAi(result: JsonObject): Figures | undefined {
  const amount = asObject(result['amount'])
  if (amount) {
    if (asString(amount['currency'])?.toLowerCase() !== 'usd') return undefined
    const costNanoUsd = usd(amount['value'])
    // Such as `gpt-4o-2024-08-06, cached input`.
    const model = asString(result['line_item'])?.replace(/,[^,]*$/, '')
    return costNanoUsd === undefined ? undefined : defined({ model, costNanoUsd })
  }
  if (!asString(result['object'])?.startsWith('organization.usage.')) return undefined
  return defined({
    model: asString(result['model']),
    requests: count(result['num_model_requests']),
    inputTokens: count(result['input_tokens']),
    cacheReadTokens: count(result['input_cached_tokens']),
    outputTokens: count(result['output_tokens']),
  })
}

/**
 * Anthropic: `GET /v1/organizations/usage_report/messages` and `/v1/organizations/cost_report`
 * (https://platform.claude.com/docs/en/api/admin). Amounts are cents.
 */
function fromAnthropic(result: JsonObject): Figures | undefined {
  const model = asString(result['model'])
  if (result['amount'] !== undefined) {
    const cents = usd(result['amount'])
    if (cents === undefined || asString(result['currency']) !== 'USD') return undefined
    return defined({ model, costNanoUsd: Math.round(cents / 100) })
  }
  const uncached = count(result['uncached_input_tokens'])
  if (uncached === undefined) return undefined
  const creation = asObject(result['cache_creation']) ?? {}
  const written =
    (count(creation['ephemeral_5m_input_tokens']) ?? 0) + (count(creation['ephemeral_1h_input_tokens']) ?? 0)
  const cacheReadTokens = count(result['cache_read_input_tokens']) ?? 0
  return defined({
    model,
    inputTokens: uncached + written + cacheReadTokens,
    cacheReadTokens,
    outputTokens: count(result['output_tokens']),
  })
}

/** OpenRouter: `GET /api/v1/generation` (https://openrouter.ai/docs/api/api-reference/generations/get-generation). */
function fromGeneration(generation: JsonObject): BillItem | undefined {
  const atMs = timeOf(generation['created_at'])
  const costNanoUsd = usd(generation['total_cost'])
  if (atMs === undefined || costNanoUsd === undefined) return undefined
  return defined({
    atMs,
    model: asString(generation['model']),
    requests: 1,
    inputTokens: count(generation['native_tokens_prompt'] ?? generation['tokens_prompt']),
    cacheReadTokens: count(generation['native_tokens_cached']),
    outputTokens: count(generation['native_tokens_completion'] ?? generation['tokens_completion']),
    costNanoUsd,
  })
}

/** OpenRouter: `GET /api/v1/activity`, one row for a day, model and endpoint. */
function fromActivity(row: JsonObject): BillItem | undefined {
  const atMs = timeOf(row['date'])
  const costNanoUsd = usd(row['usage'])
  if (atMs === undefined || costNanoUsd === undefined) return undefined
  return defined({
    atMs,
    model: asString(row['model']),
    requests: count(row['requests']),
    inputTokens: count(row['prompt_tokens']),
    outputTokens: count(row['completion_tokens']),
    costNanoUsd,
  })
}

/** ISO 8601, a date alone (in UTC), or Unix seconds or milliseconds. */
export function timeOf(value: Json | undefined): number | undefined {
  const text = asString(value)
  const number = asNumber(value) ?? (text !== undefined && /^\d{9,13}$/.test(text) ? Number(text) : undefined)
  if (number !== undefined) return bounded(number < 1e11 ? number * 1000 : number)
  if (text === undefined) return undefined
  // A time without an offset is the provider's, and those are in UTC.
  const iso = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?(Z|[+-]\d\d:?\d\d)?$/.exec(
    text.trim(),
  )
  return iso ? bounded(Date.parse(`${iso[1]}T${iso[2] ?? '00:00'}${iso[3] ?? 'Z'}`)) : undefined
}

function bounded(ms: number): number | undefined {
  return ms >= 0 && ms < 4e12 ? Math.floor(ms) : undefined
}

/** A whole number from 0; undefined for all else. */
export function count(value: Json | undefined): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : asNumber(value)
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

/** USD as a number or a decimal text, to the nearest nano-dollar. */
export function usd(value: Json | undefined): number | undefined {
  const text = typeof value === 'number' ? String(value) : asString(value)
  return text === undefined ? undefined : roundUsd(text.trim().replace(/^\$/, ''))
}

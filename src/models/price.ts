/** What a model costs: rates by the length of the prompt, the date and the time of day, and what multiplies them. */

import type { NanoUsdPerMillion } from '../core/money.ts'

/**
 * What a bill has lines for. Each token of a call is counted in exactly one of them. Searches are billed each
 * (`webSearch`), or once for a call that searched (`searchedRequest`).
 */
export const components = [
  'input',
  'cacheRead',
  'cacheReadAudio',
  'cacheWrite5m',
  'cacheWrite1h',
  'inputAudio',
  'inputImage',
  'inputVideo',
  'output',
  'reasoning',
  'outputAudio',
  'outputImage',
  'webSearch',
  'searchedRequest',
  'request',
] as const

export type Component = (typeof components)[number]

/** Billed by the piece: no tier, batch or region multiplies them. */
export const fees: ReadonlySet<Component> = new Set(['webSearch', 'searchedRequest', 'request'])

/** The component whose rate applies where one has no rate of its own. Components not named here have none. */
export const substitutes: { readonly [C in Component]?: readonly Component[] } = {
  cacheRead: ['input'],
  cacheReadAudio: ['cacheRead', 'inputAudio', 'input'],
  cacheWrite5m: ['input'],
  cacheWrite1h: ['cacheWrite5m', 'input'],
  inputAudio: ['input'],
  inputImage: ['input'],
  inputVideo: ['input'],
  reasoning: ['output'],
  outputAudio: ['output'],
  outputImage: ['output'],
}

/** Rates in nano-dollars per million units; a rate of 0 is a price, an absent one is not. */
export type Rates = { readonly [C in Component]?: NanoUsdPerMillion } & {
  /** For the whole output of an answer that reasoned, where the provider bills that apart (Qwen). */
  readonly outputAfterReasoning?: NanoUsdPerMillion
}

/** A price that holds for prompts longer than so many tokens: then for the whole call, as the providers bill. */
export interface PriceTier {
  readonly aboveTokens: number
  readonly rates: Rates
}

export interface PricePeriod {
  /** In force from this time on. Absent: always. */
  readonly fromMs?: number
  /** In force only at this time of the day, UTC, in seconds since midnight; it may run past midnight. */
  readonly daily?: { readonly fromSecond: number; readonly toSecond: number }
  /** By ascending length; the first is above 0 tokens. */
  readonly tiers: readonly [PriceTier, ...PriceTier[]]
}

/** A factor as numerator and denominator, so that five thirds stay exact. */
export type Factor = readonly [times: number, over: number]

export interface PriceTable {
  /** The last one in force applies; where none is, the first. */
  readonly periods: readonly [PricePeriod, ...PricePeriod[]]
  /** By the provider's name of the tier, in lower case. */
  readonly serviceTiers?: Readonly<Record<string, Factor>>
  readonly regions?: Readonly<Record<string, Factor>>
  readonly batch?: Factor
}

const daySeconds = 86_400

/** The period in force at a time. */
export function periodAt(price: PriceTable, atMs: number): PricePeriod {
  return price.periods.findLast((period) => isInForce(period, atMs)) ?? price.periods[0]
}

function isInForce({ fromMs, daily }: PricePeriod, atMs: number): boolean {
  if (fromMs !== undefined && atMs < fromMs) return false
  if (daily === undefined) return true
  const second = (atMs / 1000) % daySeconds
  const { fromSecond, toSecond } = daily
  return fromSecond <= toSecond
    ? second >= fromSecond && second < toSecond
    : second >= fromSecond || second < toSecond
}

/** The rates for a prompt of this length. */
export function ratesFor(period: PricePeriod, promptTokens: number): Rates {
  return (period.tiers.findLast(({ aboveTokens }) => promptTokens > aboveTokens) ?? period.tiers[0]).rates
}

/** The rate of a component: its own, or its nearest substitute's. Undefined: it has no price. */
export function rateOf(rates: Rates, component: Component): NanoUsdPerMillion | undefined {
  const own = rates[component]
  if (own !== undefined) return own
  for (const other of substitutes[component] ?? []) {
    const rate = rates[other]
    if (rate !== undefined) return rate
  }
  return undefined
}

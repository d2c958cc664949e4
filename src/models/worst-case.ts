/** The most that a call can cost before it is made: what a reservation holds back. */

import { divideUp, type NanoUsd, type NanoUsdPerMillion, toAmount, unitsPerPrice } from '../core/money.ts'
import {
  type Component,
  type Factor,
  type PricePeriod,
  type PriceTable,
  rateOf,
  type Rates,
} from './price.ts'

export interface WorstCaseBounds {
  /** When the call begins. Prices that come into force within the next day are counted too. */
  readonly atMs: number
  readonly inputTokens: number
  /** Over all choices, reasoning included. */
  readonly outputTokens: number
  /** Calls of the provider's own search; 0 where the request offers none. */
  readonly webSearches?: number
  /** The tier asked for: it may be served at this one or at the ordinary one. Absent: at any. */
  readonly serviceTier?: string
  readonly batch?: boolean
  /** What may be in the prompt and in the answer beside text. Absent: anything the model has a price for. */
  readonly inputMedia?: readonly Medium[]
  readonly outputMedia?: readonly Medium[]
}

export type Medium = 'audio' | 'image' | 'video'

const dayMs = 86_400_000

const inputOf: Record<Medium, Component> = {
  audio: 'inputAudio',
  image: 'inputImage',
  video: 'inputVideo',
}
const outputOf: Record<Medium, Component | undefined> = {
  audio: 'outputAudio',
  image: 'outputImage',
  video: undefined,
}
const media: readonly Medium[] = ['audio', 'image', 'video']
const plainInput: readonly Component[] = [
  'input',
  'cacheRead',
  'cacheReadAudio',
  'cacheWrite5m',
  'cacheWrite1h',
]
const plainOutput: readonly Component[] = ['output', 'reasoning']

/** The dearest of what a call may be billed, in nano-dollars per million. Plain loops: every call reserves. */
interface Dearest {
  input: NanoUsdPerMillion | undefined
  output: NanoUsdPerMillion | undefined
  webSearch: NanoUsdPerMillion
  searchedRequest: NanoUsdPerMillion
  request: NanoUsdPerMillion
}

/**
 * At least what `priceUsage` will find for any usage within the bounds: every token at the dearest rate it could
 * have, over the price tiers that a prompt up to the bound may reach, cache writes included, rounded up. Model
 * calls that the provider makes within the call are not foreseen. Undefined: the input or the output has no price.
 */
export function worstCase(price: PriceTable, bounds: WorstCaseBounds): NanoUsd | undefined {
  const dearest: Dearest = {
    input: undefined,
    output: undefined,
    webSearch: 0,
    searchedRequest: 0,
    request: 0,
  }
  for (const [index, period] of price.periods.entries()) {
    if (!mayApply(price, period, index, bounds.atMs)) continue
    for (const { aboveTokens, rates } of period.tiers) {
      if (aboveTokens === 0 || bounds.inputTokens > aboveTokens) raise(dearest, rates, bounds)
    }
  }
  const { input, output } = dearest
  if (input === undefined && bounds.inputTokens > 0) return undefined
  if (output === undefined && bounds.outputTokens > 0) return undefined
  const { webSearches = 0 } = bounds
  const tokens =
    BigInt(bounds.inputTokens) * BigInt(input ?? 0) + BigInt(bounds.outputTokens) * BigInt(output ?? 0)
  const fees =
    BigInt(dearest.request) +
    BigInt(webSearches) * BigInt(dearest.webSearch) +
    (webSearches > 0 ? BigInt(dearest.searchedRequest) : 0n)
  const [times, over] = highestFactor(price, bounds)
  const denominator = unitsPerPrice * BigInt(over)
  return toAmount(divideUp(tokens * BigInt(times) + fees * BigInt(over), denominator))
}

function raise(
  dearest: Dearest,
  rates: Rates,
  { inputMedia = media, outputMedia = media }: WorstCaseBounds,
): void {
  for (const component of plainInput) dearest.input = higher(dearest.input, rateOf(rates, component))
  for (const medium of inputMedia) dearest.input = higher(dearest.input, rateOf(rates, inputOf[medium]))
  for (const component of plainOutput) dearest.output = higher(dearest.output, rateOf(rates, component))
  for (const medium of outputMedia) {
    const component = outputOf[medium]
    if (component !== undefined) dearest.output = higher(dearest.output, rateOf(rates, component))
  }
  dearest.output = higher(dearest.output, rates.outputAfterReasoning)
  dearest.webSearch = Math.max(dearest.webSearch, rates.webSearch ?? 0)
  dearest.searchedRequest = Math.max(dearest.searchedRequest, rates.searchedRequest ?? 0)
  dearest.request = Math.max(dearest.request, rates.request ?? 0)
}

function higher(
  a: NanoUsdPerMillion | undefined,
  b: NanoUsdPerMillion | undefined,
): NanoUsdPerMillion | undefined {
  if (a === undefined) return b
  return b === undefined || a >= b ? a : b
}

/** Not one that a later period has replaced for good by now, and not one that begins only after the call is over. */
function mayApply(price: PriceTable, period: PricePeriod, index: number, atMs: number): boolean {
  if (index > 0 && period.fromMs !== undefined && period.fromMs > atMs + dayMs) return false
  for (let later = index + 1; later < price.periods.length; later++) {
    const { fromMs, daily } = price.periods[later]!
    if (daily === undefined && (fromMs === undefined || fromMs <= atMs)) return false
  }
  return true
}

/** The dearest tier that may be served, times the dearest region. */
function highestFactor(price: PriceTable, bounds: WorstCaseBounds): Factor {
  const tiers = price.serviceTiers ?? {}
  const asked = bounds.serviceTier?.toLowerCase()
  const served: readonly Factor[] =
    bounds.batch === true && price.batch !== undefined
      ? [price.batch]
      : [[1, 1], ...(asked === undefined ? Object.values(tiers) : ([tiers[asked] ?? [1, 1]] as const))]
  const [times, over] = served.reduce(dearer)
  const [regionTimes, regionOver] = Object.values(price.regions ?? {}).reduce(dearer, [1, 1])
  return [times * regionTimes, over * regionOver]
}

function dearer(a: Factor, b: Factor): Factor {
  return a[0] * b[1] >= b[0] * a[1] ? a : b
}

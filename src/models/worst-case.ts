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
const outputOf: Partial<Record<Medium, Component>> = { audio: 'outputAudio', image: 'outputImage' }
const media = ['audio', 'image', 'video'] as const satisfies readonly Medium[]

/**
 * At least what `priceUsage` will find for any usage within the bounds: every token at the dearest rate it could
 * have, over the price tiers that a prompt up to the bound may reach, cache writes included, rounded up. Model
 * calls that the provider makes within the call are not foreseen. Undefined: the input or the output has no price.
 */
export function worstCase(price: PriceTable, bounds: WorstCaseBounds): NanoUsd | undefined {
  const candidates = price.periods
    .filter((period, index) => mayApply(price, period, index, bounds.atMs))
    .flatMap(({ tiers }) =>
      tiers.filter(({ aboveTokens }) => aboveTokens === 0 || bounds.inputTokens > aboveTokens),
    )
    .map(({ rates }) => rates)
  const input = highest(candidates, inputComponents(bounds))
  const output = highest(
    candidates,
    outputComponents(bounds),
    ({ outputAfterReasoning }) => outputAfterReasoning,
  )
  if (input === undefined && bounds.inputTokens > 0) return undefined
  if (output === undefined && bounds.outputTokens > 0) return undefined
  const tokens =
    BigInt(bounds.inputTokens) * BigInt(input ?? 0) + BigInt(bounds.outputTokens) * BigInt(output ?? 0)
  const { webSearches = 0 } = bounds
  const searches =
    BigInt(webSearches) * BigInt(highest(candidates, ['webSearch']) ?? 0) +
    BigInt(Math.min(1, webSearches)) * BigInt(highest(candidates, ['searchedRequest']) ?? 0)
  const fees = searches + BigInt(highest(candidates, ['request']) ?? 0)
  const [times, over] = highestFactor(price, bounds)
  const denominator = unitsPerPrice * BigInt(over)
  return toAmount(divideUp(tokens * BigInt(times) + fees * BigInt(over), denominator))
}

/** Not one that a later period has replaced for good by now, and not one that begins only after the call is over. */
function mayApply(price: PriceTable, period: PricePeriod, index: number, atMs: number): boolean {
  if (index > 0 && period.fromMs !== undefined && period.fromMs > atMs + dayMs) return false
  const isReplaced = ({ fromMs, daily }: PricePeriod): boolean =>
    daily === undefined && (fromMs === undefined || fromMs <= atMs)
  return !price.periods.slice(index + 1).some(isReplaced)
}

function inputComponents({ inputMedia }: WorstCaseBounds): readonly Component[] {
  const dear = (inputMedia ?? media).map((medium) => inputOf[medium])
  return ['input', 'cacheRead', 'cacheReadAudio', 'cacheWrite5m', 'cacheWrite1h', ...dear]
}

function outputComponents({ outputMedia }: WorstCaseBounds): readonly Component[] {
  return ['output', 'reasoning', ...(outputMedia ?? media).flatMap((medium) => outputOf[medium] ?? [])]
}

function highest(
  candidates: readonly Rates[],
  components: readonly Component[],
  other: (rates: Rates) => NanoUsdPerMillion | undefined = () => undefined,
): NanoUsdPerMillion | undefined {
  const rates = candidates.flatMap((candidate) => [
    ...components.map((component) => rateOf(candidate, component)),
    other(candidate),
  ])
  const known = rates.filter((rate) => rate !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
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

/** Prices what a call consumed: pure, in whole nano-dollars, with a line for everything that was billed. */

import { defined } from '../core/json.ts'
import {
  divideHalfEven,
  type NanoUsd,
  type NanoUsdPerMillion,
  toAmount,
  unitsPerPrice,
} from '../core/money.ts'
import type { Usage } from '../core/usage.ts'
import { type Component, type Factor, fees, periodAt, type PriceTable, rateOf, ratesFor } from './price.ts'

/**
 * What becomes of each field of `Usage`. A new field does not compile until it is decided here: `priced` has a
 * line of its own, `within` is billed as a part of another field and only splits it, `selects` chooses the
 * price, `evidence` costs nothing.
 */
export const usageDecisions = {
  inputTokens: 'priced',
  outputTokens: 'priced',
  cacheReadTokens: 'priced',
  cacheReadAudioTokens: 'priced',
  cacheWriteTokens: 'priced',
  cacheWrite1hTokens: 'priced',
  reasoningTokens: 'priced',
  inputAudioTokens: 'priced',
  outputAudioTokens: 'priced',
  inputImageTokens: 'priced',
  outputImageTokens: 'priced',
  inputVideoTokens: 'priced',
  toolUseInputTokens: 'within',
  webSearches: 'priced',
  serviceTier: 'selects',
  inferenceRegion: 'selects',
  nested: 'priced',
  native: 'evidence',
} as const satisfies Record<keyof Usage, 'priced' | 'within' | 'selects' | 'evidence'>

export interface CostLine {
  readonly what: Component
  /** The model of a call that the provider made within this one; absent for the call itself. */
  readonly model?: string
  readonly quantity: number
  readonly nanoUsdPerMillion: NanoUsdPerMillion
  /** The quantity times the rate times the factor of tier, batch and region. */
  readonly nanoUsd: NanoUsd
}

export interface CostBreakdown {
  /** The lines' sum. Rounded once, half-even, however many lines there are. */
  readonly totalNanoUsd: NanoUsd
  readonly lines: readonly CostLine[]
  /** What was consumed or asked for and has no price: components, `serviceTier`, `batch`, `nested`. It is not in the total. */
  readonly unpriced: readonly string[]
  /** Parts that a provider reported as larger than their whole, and which were cut to fit. */
  readonly clamped: readonly string[]
}

export interface CostContext {
  /** When the call began: what an attempt is billed by, and reserved by. */
  readonly atMs: number
  /** The tier asked for; what the usage reports wins. */
  readonly serviceTier?: string
  readonly batch?: boolean
  /** The prompt's length where it differs from the input tokens, for the choice of the price tier. */
  readonly promptTokens?: number
  /** Finds the price of a model which the provider called within this call. */
  readonly priceOf?: (model: string) => PriceTable | undefined
}

/** A part of the bill before it is rounded: an exact fraction of a nano-dollar. */
interface Share {
  readonly what: Component
  readonly model?: string
  readonly quantity: number
  readonly nanoUsdPerMillion: NanoUsdPerMillion
  readonly factor: Factor
}

interface Findings {
  readonly unpriced: Set<string>
  readonly clamped: Set<string>
}

/** The cost of a call. Never throws: what cannot be priced is named, what cannot be true is cut and named. */
export function priceUsage(price: PriceTable, usage: Usage, context: CostContext): CostBreakdown {
  const findings: Findings = { unpriced: new Set(), clamped: new Set() }
  const shares = sharesOf(price, usage, context, findings)
  for (const { model, usage: nested } of usage.nested ?? []) {
    const nestedPrice = model === undefined ? price : context.priceOf?.(model)
    if (nestedPrice === undefined) {
      findings.unpriced.add('nested')
      continue
    }
    // Served as the call is served; but its prompt is its own, and so is its price tier.
    const { promptTokens: _promptTokens, ...nestedContext } = context
    const { serviceTier, inferenceRegion } = usage
    const served: Usage = { ...defined({ serviceTier, inferenceRegion }), ...nested }
    for (const share of sharesOf(nestedPrice, served, nestedContext, findings)) {
      if (share.what !== 'request') shares.push(model === undefined ? share : { ...share, model })
    }
  }
  return { ...bill(shares), unpriced: [...findings.unpriced], clamped: [...findings.clamped] }
}

function sharesOf(price: PriceTable, usage: Usage, context: CostContext, findings: Findings): Share[] {
  const quantities = splitUsage(usage, findings.clamped)
  const rates = ratesFor(periodAt(price, context.atMs), context.promptTokens ?? usage.inputTokens)
  const factor = factorOf(price, usage, context, findings.unpriced)
  const shares: Share[] = []
  for (const [what, quantity] of quantities) {
    if (quantity === 0) continue
    const rate = outputRate(what, rates.outputAfterReasoning, usage) ?? rateOf(rates, what)
    if (rate !== undefined) {
      shares.push({ what, quantity, nanoUsdPerMillion: rate, factor: fees.has(what) ? [1, 1] : factor })
    } else if (!optionalFees.has(what) && !(what === 'webSearch' && rates.searchedRequest !== undefined)) {
      findings.unpriced.add(what)
    }
  }
  return shares
}

/** A provider without a price for these bills nothing for them. */
const optionalFees: ReadonlySet<Component> = new Set(['searchedRequest', 'request'])

function outputRate(
  what: Component,
  afterReasoning: NanoUsdPerMillion | undefined,
  usage: Usage,
): NanoUsdPerMillion | undefined {
  const hasReasoned = (usage.reasoningTokens ?? 0) > 0
  return hasReasoned && (what === 'output' || what === 'reasoning') ? afterReasoning : undefined
}

/** Each unit into exactly one component: the parts of the input sum up to the input, those of the output to the output. */
function splitUsage(usage: Usage, clamped: Set<string>): [Component, number][] {
  const take = (whole: number, field: keyof Usage, part: number | undefined): number => {
    const wanted = count(part)
    if (wanted !== part && part !== undefined) clamped.add(field)
    if (wanted > whole) clamped.add(field)
    return Math.min(wanted, whole)
  }
  let input = take(Number.MAX_SAFE_INTEGER, 'inputTokens', usage.inputTokens)
  const cacheRead = take(input, 'cacheReadTokens', usage.cacheReadTokens)
  input -= cacheRead
  const cacheWrite = take(input, 'cacheWriteTokens', usage.cacheWriteTokens)
  input -= cacheWrite
  const cacheWrite1h = take(cacheWrite, 'cacheWrite1hTokens', usage.cacheWrite1hTokens)
  const cacheReadAudio = take(cacheRead, 'cacheReadAudioTokens', usage.cacheReadAudioTokens)
  // Media may be cached too, and a provider that does not say how much leaves only what is left uncached.
  const media = (part: number | undefined): number => {
    const taken = Math.min(count(part), input)
    input -= taken
    return taken
  }
  const inputAudio = media(Math.max(0, count(usage.inputAudioTokens) - cacheReadAudio))
  const inputImage = media(usage.inputImageTokens)
  const inputVideo = media(usage.inputVideoTokens)
  let output = take(Number.MAX_SAFE_INTEGER, 'outputTokens', usage.outputTokens)
  const outputPart = (field: keyof Usage, part: number | undefined): number => {
    const taken = take(output, field, part)
    output -= taken
    return taken
  }
  const reasoning = outputPart('reasoningTokens', usage.reasoningTokens)
  const outputAudio = outputPart('outputAudioTokens', usage.outputAudioTokens)
  const outputImage = outputPart('outputImageTokens', usage.outputImageTokens)
  const webSearches = take(Number.MAX_SAFE_INTEGER, 'webSearches', usage.webSearches)
  return [
    ['input', input],
    ['cacheRead', cacheRead - cacheReadAudio],
    ['cacheReadAudio', cacheReadAudio],
    ['cacheWrite5m', cacheWrite - cacheWrite1h],
    ['cacheWrite1h', cacheWrite1h],
    ['inputAudio', inputAudio],
    ['inputImage', inputImage],
    ['inputVideo', inputVideo],
    ['output', output],
    ['reasoning', reasoning],
    ['outputAudio', outputAudio],
    ['outputImage', outputImage],
    ['webSearch', webSearches],
    ['searchedRequest', Math.min(1, webSearches)],
    ['request', 1],
  ]
}

function count(value: number | undefined): number {
  return value !== undefined && Number.isSafeInteger(value) && value > 0 ? value : 0
}

function factorOf(price: PriceTable, usage: Usage, context: CostContext, unpriced: Set<string>): Factor {
  const tier = (usage.serviceTier ?? context.serviceTier)?.toLowerCase()
  const [regionTimes, regionOver] = regionFactor(price, usage.inferenceRegion)
  const [times, over] = tierFactor(price, tier, context.batch === true, unpriced)
  return [times * regionTimes, over * regionOver]
}

function regionFactor(price: PriceTable, region: string | undefined): Factor {
  return (region === undefined ? undefined : price.regions?.[region.toLowerCase()]) ?? [1, 1]
}

/** A batch is billed as one whatever tier it reports; some providers report it as the tier. */
function tierFactor(
  price: PriceTable,
  tier: string | undefined,
  isBatch: boolean,
  unpriced: Set<string>,
): Factor {
  if (isBatch || tier === 'batch') {
    if (price.batch === undefined) unpriced.add('batch')
    return price.batch ?? [1, 1]
  }
  if (tier === undefined || standardTiers.has(tier)) return [1, 1]
  const factor = price.serviceTiers?.[tier]
  if (factor === undefined) unpriced.add('serviceTier')
  return factor ?? [1, 1]
}

/** The words for the ordinary price. `auto` is a request's word: the answer names what was served. */
const standardTiers: ReadonlySet<string> = new Set([
  'default',
  'standard',
  'standard_only',
  'auto',
  'on_demand',
])

/**
 * Rounds the exact running total after each share, so that the lines sum up to a total which is itself right to
 * half a nano-dollar.
 */
function bill(shares: readonly Share[]): { totalNanoUsd: NanoUsd; lines: CostLine[] } {
  const common = [...new Set(shares.map(({ factor }) => factor[1]))].reduce(
    (product, over) => product * over,
    1,
  )
  const denominator = unitsPerPrice * BigInt(common)
  let exact = 0n
  let totalNanoUsd = 0
  const lines = shares.map(({ factor: [times, over], ...share }): CostLine => {
    const scale = BigInt(times * (common / over))
    exact += BigInt(share.quantity) * BigInt(share.nanoUsdPerMillion) * scale
    const before = totalNanoUsd
    totalNanoUsd = toAmount(divideHalfEven(exact, denominator))
    return { ...share, nanoUsd: totalNanoUsd - before }
  })
  return { totalNanoUsd, lines }
}

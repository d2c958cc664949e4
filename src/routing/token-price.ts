/** A model's price as routing compares it: compiled once, so that a plan does no searching. */

import { periodAt, type PriceTable, rateOf, ratesFor, type Rates } from '../models/price.ts'
import type { PriceOf, TokenPrice } from './route.ts'

/** The ordinary price. Where it depends on neither length nor time, every call gives the same object. */
export function compilePrice(price: PriceTable): PriceOf {
  const [period, ...otherPeriods] = price.periods
  if (otherPeriods.length === 0 && period.tiers.length === 1) {
    const only = toTokenPrice(period.tiers[0].rates)
    return () => only
  }
  return (inputTokens, atMs) => toTokenPrice(ratesFor(periodAt(price, atMs), inputTokens))
}

function toTokenPrice(rates: Rates): TokenPrice | undefined {
  const input = rateOf(rates, 'input')
  const output = rateOf(rates, 'output')
  if (input === undefined || output === undefined) return undefined
  return { input, output, cacheRead: rateOf(rates, 'cacheRead') ?? input }
}

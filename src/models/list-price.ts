/** Prices as people publish them, in decimal USD, and their exact form. */

import { roundUsd, toAmount } from '../core/money.ts'
import { type Component, components, fees, type PricePeriod, type PriceTier, type Rates } from './price.ts'

/** A number is read by its shortest decimal text, so 0.15 is exactly fifteen hundredths. */
export type Decimal = number | string

/** USD per million tokens; for `webSearch` and `request`, USD per thousand. */
export type ListRates = { readonly [C in Component | 'outputAfterReasoning']?: Decimal }

/** `long`: the rates for prompts of more than so many tokens; what a tier leaves out is as below it. */
export interface ListPrice extends ListRates {
  readonly long?: readonly (ListRates & { readonly aboveTokens: number })[]
}

/** The price that holds at all times. Digits below the nano-dollar are rounded half-even. */
export function toPeriod({ long = [], ...base }: ListPrice): PricePeriod {
  const tiers: [PriceTier, ...PriceTier[]] = [{ aboveTokens: 0, rates: toRates(base) }]
  for (const { aboveTokens, ...rates } of long.toSorted((a, b) => a.aboveTokens - b.aboveTokens)) {
    tiers.push({ aboveTokens, rates: { ...tiers.at(-1)?.rates, ...toRates(rates) } })
  }
  return { tiers }
}

function toRates(list: ListRates): Rates {
  const rates: { -readonly [Name in keyof Rates]: Rates[Name] } = {}
  for (const name of [...components, 'outputAfterReasoning'] as const) {
    const price = list[name]
    const amount = price === undefined ? undefined : roundUsd(String(price))
    if (amount === undefined) continue
    const isFee = name !== 'outputAfterReasoning' && fees.has(name)
    rates[name] = isFee ? toAmount(BigInt(amount) * 1000n) : amount
  }
  return rates
}

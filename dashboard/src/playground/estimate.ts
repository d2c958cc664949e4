/** What a message may cost at a target before it is sent: its price, and a guess of its tokens. Pure. */

import type { Item } from '../api/client.ts'

type Pricing = NonNullable<Item<'GET /models'>['pricing']>

/** Of English text; other languages take more tokens. */
const charactersPerToken = 4

export interface Estimate {
  /** Of the message alone. */
  readonly inputUsd: number
  /** With the longest answer, where one is set. */
  readonly mostUsd?: number
}

/** Undefined where the price is not known. Prices are USD per million tokens. */
export function estimateOf(
  pricing: Pricing | undefined,
  characters: number,
  maxTokens: number | undefined,
): Estimate | undefined {
  if (pricing?.input === undefined) return undefined
  const inputUsd = (Math.ceil(characters / charactersPerToken) * Number(pricing.input)) / 1e6
  if (maxTokens === undefined || pricing.output === undefined) return { inputUsd }
  return { inputUsd, mostUsd: inputUsd + (maxTokens * Number(pricing.output)) / 1e6 }
}

/** Of several calls together; undefined where one of them is not known. */
export function sumOf(estimates: readonly (Estimate | undefined)[]): Estimate | undefined {
  let sum: Estimate = { inputUsd: 0, mostUsd: 0 }
  for (const one of estimates) {
    if (one === undefined) return undefined
    const inputUsd = sum.inputUsd + one.inputUsd
    const isBounded = sum.mostUsd !== undefined && one.mostUsd !== undefined
    sum = isBounded ? { inputUsd, mostUsd: sum.mostUsd! + one.mostUsd! } : { inputUsd }
  }
  return estimates.length === 0 ? undefined : sum
}

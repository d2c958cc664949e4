/** What the ledger bills by: the price of each model, under a version that its lines name. */

import type { NanoUsd } from '../core/money.ts'
import type { Usage } from '../core/usage.ts'
import { priceUsage } from '../models/cost.ts'
import type { ModelInfo } from '../models/model.ts'
import type { PriceTable } from '../models/price.ts'
import { priceVersion } from '../models/snapshot.ts'

export type LookUpModel = (provider: string, model: string) => ModelInfo | undefined

/** The version of lines whose model has no known price. */
export const noPrice = 'none'

/** Names prices, and knows which of them the journal has. */
export class PriceVersions {
  readonly #names = new WeakMap<PriceTable, string>()
  readonly #kept = new Set<string>()

  nameOf(price: PriceTable): string {
    const known = this.#names.get(price)
    if (known !== undefined) return known
    const name = priceVersion(price)
    this.#names.set(price, name)
    return name
  }

  isKept(version: string): boolean {
    return this.#kept.has(version)
  }

  kept(version: string): void {
    this.#kept.add(version)
  }
}

export interface Cost {
  readonly nanoUsd: NanoUsd
  /** Something that was used has no known price, and is not in the cost. */
  readonly isUnpriced: boolean
}

export interface CostContext {
  /** Of the attempt's beginning, in Unix milliseconds. */
  readonly atMs: number
  /** The tier that was asked for. */
  readonly serviceTier?: string | undefined
  /** Finds the price of a model that the provider called within the call. */
  readonly priceOf?: (model: string) => PriceTable | undefined
}

/** What an attempt cost. */
export function costOf(price: PriceTable | undefined, usage: Usage, context: CostContext): Cost {
  if (price === undefined) return { nanoUsd: 0, isUnpriced: true }
  const { atMs, serviceTier, priceOf } = context
  const { totalNanoUsd, unpriced } = priceUsage(price, usage, {
    atMs,
    ...(serviceTier !== undefined && { serviceTier }),
    ...(priceOf && { priceOf }),
  })
  return { nanoUsd: totalNanoUsd, isUnpriced: unpriced.length > 0 }
}

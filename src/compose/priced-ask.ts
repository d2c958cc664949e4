/** Calls from within, with what they cost: by the ledger, else by the prices of the catalogue. */

import type { Asked, AskModel } from '../core/ask.ts'
import type { Clock } from '../core/clock.ts'
import type { NanoUsd } from '../core/money.ts'
import type { Catalogue } from '../models/catalogue.ts'
import { priceUsage } from '../models/cost.ts'

/**
 * As `AskModel`. The cost is of all attempts by the ledger. Where that has no amount, it is of the last attempt by the
 * catalogue: free and unpriced are told apart there. Absent where the model, or a part of what it used, has no price.
 */
export function createPricedAsk(
  ask: AskModel,
  catalogue: () => Promise<Catalogue>,
  clock: Clock,
): (...given: Parameters<AskModel>) => Promise<Asked & { readonly costNanoUsd?: NanoUsd }> {
  return async (...given) => {
    const asked = await ask(...given)
    const { chargedNanoUsd = 0 } = asked
    const costNanoUsd = chargedNanoUsd > 0 ? chargedNanoUsd : costOf(await catalogue(), asked, clock.nowMs())
    return { ...asked, ...(costNanoUsd !== undefined && { costNanoUsd }) }
  }
}

/** Undefined where the model has no price, or a part of what was consumed has none. */
export function costOf(
  catalogue: Catalogue,
  { provider, model, usage }: Pick<Asked, 'provider' | 'model' | 'usage'>,
  atMs: number,
): NanoUsd | undefined {
  if (provider === undefined || model === undefined || usage === undefined) return undefined
  const price = catalogue.lookup(provider, model)?.price
  if (price === undefined) return undefined
  const priceOf = (name: string) => catalogue.lookup(provider, name)?.price
  const { totalNanoUsd, unpriced } = priceUsage(price, usage, { atMs, priceOf })
  return unpriced.length > 0 ? undefined : totalNanoUsd
}

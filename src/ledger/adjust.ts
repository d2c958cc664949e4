/** Corrections of the ledger by a provider's bill, as lines of their own. */

import { dayMs } from './period.ts'
import type { DirectEntry } from './entry.ts'
import { noPrice } from './prices.ts'
import type { Comparison } from './reconcile.ts'

export interface Correcting {
  readonly org: string
  readonly provider: string
  /** Why, in the words of the person who asks for it. */
  readonly reason: string
  /** All lines of one correction have it as their request. */
  readonly id: string
  readonly nowMs: number
}

/** What makes the ledger agree with the bill, but for counts of requests: a correction is no attempt. */
export function corrections(comparisons: readonly Comparison[], about: Correcting): readonly DirectEntry[] {
  const pricedDays = new Set(
    comparisons
      .filter(({ model, bill }) => model !== undefined && bill.costNanoUsd !== undefined)
      .map((row) => row.dayMs),
  )
  return comparisons.flatMap((row) => {
    // What is told of all models together is in the rows of the models already, where those are told too.
    if (row.model === undefined && pricedDays.has(row.dayMs)) return []
    const line = correction(row, about)
    return line ? [line] : []
  })
}

function correction(
  row: Comparison,
  { org, provider, reason, id, nowMs }: Correcting,
): DirectEntry | undefined {
  const { bill, book, differing } = row
  const by = (name: 'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'costNanoUsd'): number =>
    differing.includes(name) ? (bill[name] ?? 0) - book[name] : 0
  const costNanoUsd = by('costNanoUsd')
  const usage = {
    inputTokens: by('inputTokens'),
    outputTokens: by('outputTokens'),
    cacheReadTokens: by('cacheReadTokens'),
  }
  if ([costNanoUsd, ...Object.values(usage)].every((difference) => difference === 0)) return undefined
  return {
    kind: 'adjust',
    requestId: id,
    attempt: 0,
    org,
    atMs: Math.min(nowMs, row.dayMs + dayMs - 1),
    settledAtMs: nowMs,
    operation: 'reconcile',
    dialect: 'weir',
    stream: false,
    provider,
    model: row.model ?? 'all',
    credential: 'bill',
    keyId: 'reconcile',
    keyName: 'reconcile',
    tags: [`reconcile: ${reason}`],
    usage,
    usageSource: 'provider',
    flags: 0,
    reservedNanoUsd: 0,
    priceVersion: noPrice,
    providerCostNanoUsd: costNanoUsd,
    chargedNanoUsd: costNanoUsd,
  }
}

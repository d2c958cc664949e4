/** Proves the ledger: each line against its own price, and what is kept in memory against the lines. */

import { setImmediate } from 'node:timers/promises'
import { formatUsd, toAmount } from '../core/money.ts'
import type { PriceTable } from '../models/price.ts'
import { flagBits, type LedgerEntry } from './entry.ts'
import type { LedgerCounts, LedgerStore } from './port.ts'
import { costOf, noPrice } from './prices.ts'
import { priceOf } from './recovery.ts'

export interface Verification {
  readonly counts: LedgerCounts
  /** Lines whose cost was computed again. */
  readonly repriced: number
  /** What does not agree, at most a hundred sentences; empty is the proof. */
  readonly differences: readonly string[]
}

export interface VerifyParts {
  readonly store: LedgerStore
  /** Is the attempt with this id open in this process? */
  isOpen(id: number): boolean
}

const step = 2_000
const maxDifferences = 100

/** Reads every line once, in steps that let requests in between. */
export async function verifyLedger({ store, isOpen }: VerifyParts): Promise<Verification> {
  const differences: string[] = []
  const prices = new Map<string, PriceTable | undefined>()
  const priceFor = (version: string) => {
    if (!prices.has(version)) prices.set(version, priceOf(store, version))
    return prices.get(version)
  }
  const sums = { charged: 0n, repriced: 0 }
  const before = store.counts()
  const lines = before.settled + before.voided + before.adjusted
  let seen = 0
  for (let seq = 0; seen < lines;) {
    const entries = store.entriesAfter(seq, Math.min(step, lines - seen))
    if (entries.length === 0) break
    for (const entry of entries) {
      sums.charged += BigInt(entry.chargedNanoUsd)
      const fault = faultOf(entry, priceFor)
      if (fault === undefined) sums.repriced++
      else if (fault !== '' && differences.length < maxDifferences)
        differences.push(`line ${entry.seq}: ${fault}`)
    }
    seen += entries.length
    seq = entries.at(-1)!.seq
    await setImmediate()
  }
  if (seen !== lines) differences.push(`${lines} lines are counted, ${seen} can be read`)
  if (sums.charged !== before.chargedNanoUsd)
    differences.push('the sum of the lines is not the sum of the file')
  for (const { id, requestId, attempt } of store.openIntents()) {
    if (!isOpen(id)) differences.push(`${requestId} attempt ${attempt}: open, and nobody is at it`)
  }
  return { counts: before, repriced: sums.repriced, differences }
}

/** Undefined: the line's cost is what its price makes of its usage. Empty: nothing can be said of it. */
function faultOf(
  entry: LedgerEntry,
  priceFor: (version: string) => PriceTable | undefined,
): string | undefined {
  const { usage, usageSource, kind, providerCostNanoUsd: cost } = entry
  if (kind === 'adjust') return ''
  if (usageSource === 'none' || kind === 'void')
    return cost === 0 ? undefined : 'nothing was billed, and yet it cost something'
  if (usageSource === 'bound') {
    return cost === entry.reservedNanoUsd ? undefined : 'it is not charged what was reserved'
  }
  if (entry.priceVersion === noPrice) {
    return cost === 0 && (entry.flags & flagBits.unpriced) !== 0 ? undefined : 'it has a cost and no price'
  }
  const price = priceFor(entry.priceVersion)
  if (price === undefined) return `the price ${entry.priceVersion} is not kept`
  // The prices of models that the provider called within the call are not this line's.
  if (usage.nested !== undefined) return ''
  const expected = costOf(price, usage, { atMs: entry.atMs }).nanoUsd
  return cost === expected
    ? undefined
    : `it cost ${formatUsd(cost)} USD, and its price makes ${formatUsd(expected)}`
}

/** The line that `ledger verify` prints. */
export function verificationLine({ counts, repriced, differences }: Verification): string {
  const { settled, voided, adjusted, open, estimated, recovered } = counts
  const verdict = differences.length === 0 ? 'all agree' : `${differences.length} DIFFERENCES`
  return (
    `${settled} settled, ${voided} void, ${adjusted} adjusted, ${open} open; ${estimated} estimated, ` +
    `${recovered} recovered; ${repriced} priced again; ${formatUsd(toAmount(counts.chargedNanoUsd))} USD: ${verdict}`
  )
}

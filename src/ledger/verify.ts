/** Proves the ledger: each line against its own price, and what is kept in memory against the lines. */

import { setImmediate } from 'node:timers/promises'
import { formatUsd, toAmount } from '../core/money.ts'
import type { PriceTable } from '../models/price.ts'
import { flagBits, type LedgerEntry } from './entry.ts'
import { chargedFor } from './allowance.ts'
import type { LedgerCounts, LedgerSnapshot, LedgerStore } from './port.ts'
import { costOf, noPrice } from './prices.ts'
import { priceOf } from './recovery.ts'
import { RollupProof } from './rollup-proof.ts'

export interface Verification {
  readonly counts: LedgerCounts
  /** Attempts that are under way. */
  readonly open: number
  /** Lines whose cost was computed again. */
  readonly repriced: number
  /** What does not agree, at most a hundred sentences; empty is the proof. */
  readonly differences: readonly string[]
}

export interface VerifyParts {
  readonly store: LedgerStore
  /** Is the attempt with this id open in this process? */
  isOpen(id: number): boolean
  /** Where the counters of budgets are not what the ledger makes of them. */
  differences(): readonly string[] | Promise<readonly string[]>
  /** Reads what is in the file now. */
  snapshot(): LedgerSnapshot
}

const step = 2_000
const maxDifferences = 100

/** Reads every line and every sum once, as of one moment, in steps that let requests in between. */
export async function verifyLedger(parts: VerifyParts): Promise<Verification> {
  const differences = [...(await parts.differences())]
  for (const { id, requestId, attempt } of parts.store.openIntents()) {
    if (!parts.isOpen(id)) differences.push(`${requestId} attempt ${attempt}: open, and nobody is at it`)
  }
  const snapshot = parts.snapshot()
  try {
    const proof = new RollupProof(snapshot)
    const counts = await countLines(snapshot)
    const repriced = await verifyLines(snapshot, counts, proof, differences)
    await verifyRollups(snapshot, proof)
    differences.push(...proof.differences())
    const open = snapshot.store.openCount()
    return { counts, open, repriced, differences: differences.slice(0, maxDifferences) }
  } finally {
    snapshot.close()
  }
}

async function countLines({ store }: LedgerSnapshot): Promise<LedgerCounts> {
  let whole: LedgerCounts | undefined
  for (const part of store.counts()) {
    whole = whole === undefined ? part : addCounts(whole, part)
    await setImmediate()
  }
  return whole!
}

function addCounts(one: LedgerCounts, other: LedgerCounts): LedgerCounts {
  return {
    settled: one.settled + other.settled,
    voided: one.voided + other.voided,
    adjusted: one.adjusted + other.adjusted,
    cached: one.cached + other.cached,
    estimated: one.estimated + other.estimated,
    unpriced: one.unpriced + other.unpriced,
    recovered: one.recovered + other.recovered,
    chargedNanoUsd: one.chargedNanoUsd + other.chargedNanoUsd,
    providerCostNanoUsd: one.providerCostNanoUsd + other.providerCostNanoUsd,
  }
}

/** The number of lines that were priced again. */
async function verifyLines(
  { store }: LedgerSnapshot,
  counts: LedgerCounts,
  proof: RollupProof,
  differences: string[],
): Promise<number> {
  const prices = new Map<string, PriceTable | undefined>()
  const priceFor = (version: string) => {
    if (!prices.has(version)) prices.set(version, priceOf(store, version))
    return prices.get(version)
  }
  const lines = counts.settled + counts.voided + counts.adjusted + counts.cached
  let [seen, repriced, charged] = [0, 0, 0n]
  for (let entries = store.entriesAfter(0, step); entries.length > 0;) {
    for (const entry of entries) {
      charged += BigInt(entry.chargedNanoUsd)
      proof.addLine(entry)
      const fault = faultOf(entry, priceFor)
      if (fault === undefined) repriced++
      else if (fault !== '' && differences.length < maxDifferences)
        differences.push(`line ${entry.seq}: ${fault}`)
    }
    seen += entries.length
    await setImmediate()
    entries = store.entriesAfter(entries.at(-1)!.seq, step)
  }
  if (seen !== lines) differences.push(`${lines} lines are counted, ${seen} can be read`)
  if (charged !== counts.chargedNanoUsd) differences.push('the sum of the lines is not the sum of the file')
  return repriced
}

async function verifyRollups(snapshot: LedgerSnapshot, proof: RollupProof): Promise<void> {
  let seen = 0
  for (const row of snapshot.rollups()) {
    proof.addRow(row)
    if (++seen % step === 0) await setImmediate()
  }
}

/** Undefined: the line's cost is what its price makes of its usage. Empty: nothing can be said of it. */
function faultOf(
  entry: LedgerEntry,
  priceFor: (version: string) => PriceTable | undefined,
): string | undefined {
  const { usage, usageSource, kind, providerCostNanoUsd: cost, markupBasisPoints = 0 } = entry
  if (kind === 'adjust') return ''
  if (entry.chargedNanoUsd !== chargedFor(cost, markupBasisPoints)) {
    return 'it is not charged what it cost with the mark-up of its team'
  }
  if (usageSource === 'none' || kind === 'void' || kind === 'cached')
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
export function verificationLine({ counts, open, repriced, differences }: Verification): string {
  const { settled, voided, adjusted, cached, estimated, recovered } = counts
  const verdict = differences.length === 0 ? 'all agree' : `${differences.length} DIFFERENCES`
  return (
    `${settled} settled, ${voided} void, ${adjusted} adjusted, ${cached} cached, ${open} open; ${estimated} estimated, ` +
    `${recovered} recovered; ${repriced} priced again; ${formatUsd(toAmount(counts.chargedNanoUsd))} USD: ${verdict}`
  )
}

/** Settles what a process left open when it ended: every call that may have been made gets its one line. */

import type { Clock } from '../core/clock.ts'
import type { PriceTable } from '../models/price.ts'
import { chargedFor } from './allowance.ts'
import { flagBits } from './entry.ts'
import type { Journal, LedgerStore, OpenIntent, Settlement } from './port.ts'
import { costOf } from './prices.ts'
import { nothingUsed, readMark } from './reading.ts'

/** The operation of intents that hold money back, and stand for no call. */
export const holding = 'hold'

/**
 * An intent is written right before its call is sent, so each one that is open is taken as sent. What it used is
 * the last mark of its progress, else the most that it can have been, by the price of its time. Resolves to how
 * many there were.
 */
export async function recover(store: LedgerStore, journal: Journal, clock: Clock): Promise<number> {
  const open = store.openIntents()
  for (const intent of open) settleOpen(intent, priceOf(store, intent.priceVersion), journal, clock.nowMs())
  if (open.length > 0 && !(await journal.commit())) throw new Error('the ledger cannot be written')
  return open.length
}

function settleOpen(
  intent: OpenIntent,
  price: PriceTable | undefined,
  journal: Journal,
  nowMs: number,
): void {
  const bounds = { input: intent.inputBound, output: intent.outputBound, isInputOpen: false }
  if (intent.operation === holding) {
    journal.settle(released(intent, nowMs))
    return
  }
  const { usage, source, flags } = readMark(intent.markedTokens, bounds)
  const isPriced = price !== undefined || source === 'none'
  const nanoUsd =
    source === 'bound' ? intent.reservedNanoUsd : costOf(price, usage, { atMs: intent.atMs }).nanoUsd
  journal.settle({
    id: intent.id,
    kind: 'settle',
    atMs: nowMs,
    usage,
    usageSource: source,
    flags: flags | (isPriced ? 0 : flagBits.unpriced),
    providerCostNanoUsd: nanoUsd,
    chargedNanoUsd: chargedFor(nanoUsd, intent.markupBasisPoints ?? 0),
  })
}

/** Whoever held it holds it again where there is still something to hold it for. */
function released({ id }: OpenIntent, nowMs: number): Settlement {
  return {
    id,
    kind: 'void',
    atMs: nowMs,
    usage: nothingUsed,
    usageSource: 'none',
    flags: 0,
    providerCostNanoUsd: 0,
    chargedNanoUsd: 0,
  }
}

/** The price that lines of this version are billed by; undefined where they have none. */
export function priceOf(store: LedgerStore, version: string): PriceTable | undefined {
  const text = store.prices(version)
  return text === undefined ? undefined : (JSON.parse(text) as PriceTable)
}

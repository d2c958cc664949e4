/** What the ledger needs stored. A storage implements it; it sees of this folder only this file. */

import type { NanoUsd } from '../core/money.ts'
import type { Intent, LedgerEntry, Settlement } from './entry.ts'

export type { EntryKind, Intent, LedgerEntry, Settlement, UsageSource } from './entry.ts'
export { flagBits } from './entry.ts'

/** An intent that no settlement has closed. */
export interface OpenIntent extends Intent {
  /** The last mark of progress. */
  readonly markedTokens: number
}

/** A line's figures when they are summed: whole numbers, 64 bits. */
export interface LedgerCounts {
  readonly settled: number
  readonly voided: number
  readonly adjusted: number
  readonly estimated: number
  readonly unpriced: number
  readonly recovered: number
  readonly open: number
  readonly chargedNanoUsd: bigint
  readonly providerCostNanoUsd: bigint
}

export interface Journal {
  /** Queues the intent for this turn's commit. Throws `ledger_unavailable` while the file cannot be written. */
  open(intent: Intent): void
  /** Queues the text of a price under its version, where it is not there yet. */
  keepPrice(version: string, text: string): void
  /** Queues a mark of progress for an open intent. */
  mark(id: number, outputTokens: number): void
  /** Queues the settlement. The first one of an intent closes it; others change nothing. It is never lost. */
  settle(settlement: Settlement): void
  /**
   * Of what was queued in this turn. Resolves to true when it is in the file, to false when the file cannot be
   * written: then the intents of the group are void, and the settlements wait for the file to mend.
   */
  commit(): Promise<boolean>
  /** Settlements that wait for the file to mend: 0 in good times. */
  readonly waiting: number
  /** Throws `ledger_unavailable` while the file cannot be written. */
  admit(): void
  /** Writes what is queued. */
  close(): Promise<void>
}

/** Every condition given must hold. */
export interface LedgerQuery {
  readonly org: string
  /** Of the attempt, in Unix milliseconds; inclusive. */
  readonly fromMs?: number
  /** Exclusive. */
  readonly toMs?: number
  readonly requestId?: string
  readonly provider?: string
  readonly model?: string
  readonly route?: string
  /** The key's id or its name. */
  readonly key?: string
  readonly team?: string
  readonly user?: string
  readonly session?: string
  readonly tag?: string
  readonly kind?: string
  readonly source?: string
  readonly limit: number
  readonly cursor?: string
}

export interface LedgerPage {
  /** The last settled first. */
  readonly data: readonly LedgerEntry[]
  readonly nextCursor?: string
}

export interface LedgerStore {
  /** Those of a process that has ended; the journal's own are not among them before it has begun. */
  openIntents(): readonly OpenIntent[]
  /** One step of a search: a page may hold fewer lines than `limit` and still name a cursor. Throws `invalid_request`. */
  search(query: LedgerQuery): LedgerPage
  /** Lines from this one on, in their order. */
  entriesAfter(seq: number, limit: number): readonly LedgerEntry[]
  counts(): LedgerCounts
  /** What all attempts at a request were charged, corrections left out. */
  chargedFor(requestId: string): NanoUsd
  /** The text that was kept for the version, if any was. */
  prices(version: string): string | undefined
}

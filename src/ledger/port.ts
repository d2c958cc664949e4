/** What the ledger needs stored. A storage implements it; it sees of this folder only this file. */

import type { JsonObject } from '../core/json.ts'
import type { NanoUsd } from '../core/money.ts'
import type { Budget, BudgetScope } from './budget.ts'
import type { DirectEntry, Intent, LedgerEntry, Settlement } from './entry.ts'
import type { RollupRow, UsagePage, UsageQuery } from './usage.ts'

export type {
  DirectEntry,
  EntryKind,
  Intent,
  LedgerEntry,
  PromptBytes,
  Settlement,
  UsageSource,
} from './entry.ts'
export { flagBits } from './entry.ts'
export type { TextFilter, TextPattern } from '../records/filter.ts'
export type { Budget, BudgetScope } from './budget.ts'
export type {
  CounterEntry,
  CounterState,
  ForgottenBudget,
  Held,
  Hold,
  InstanceBeat,
  InstanceEntry,
  RemoteAnswer,
  RemoteCounters,
  Report,
  SharedState,
  Slot,
} from './counters.ts'
export type { RollupRow, UsageFilter, UsagePage, UsageQuery, UsageRow } from './usage.ts'
export { type UsageDimension, usageDimensions } from './usage.ts'

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
  readonly cached: number
  readonly estimated: number
  readonly unpriced: number
  readonly recovered: number
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
  /** Queues a line that no intent precedes. Throws `ledger_unavailable` while the file cannot be written. */
  enter(entry: DirectEntry): void
  /** Queues the deletion of some lines of attempts from before this time, the oldest first. */
  prune(beforeMs: number): void
  /**
   * Of what was queued in this turn. Resolves to true when it is in the file, to false when the file cannot be
   * written: then the intents of the group are void, and the settlements wait for the file to mend.
   */
  commit(): Promise<boolean>
  /**
   * Resolves when all that outlived a commit which gave false is in the file; never where this process cannot write it
   * any more.
   */
  mended(): Promise<void>
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
  /** Only lines of these. */
  readonly teams?: ReadonlySet<string>
  readonly user?: string
  readonly session?: string
  readonly tag?: string
  readonly kind?: string
  readonly source?: string
  /** The last settled first where absent. */
  readonly order?: 'oldest-first'
  readonly limit: number
  readonly cursor?: string
}

export interface LedgerPage {
  /** In the order that was asked for. */
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
  /** In parts, each of a bounded number of lines. */
  counts(): Iterable<LedgerCounts>
  /** How many intents are open. */
  openCount(): number
  /** What all attempts at a request were charged, corrections left out. */
  chargedFor(requestId: string): NanoUsd
  /** The line that was settled first. */
  oldest(): Pick<LedgerEntry, 'seq' | 'atMs'> | undefined
  /** The latest time of an attempt, in Unix milliseconds; 0 where there is none. */
  lastAtMs(): number
  /** The text that was kept for the version, if any was. */
  prices(version: string): string | undefined
  /** Exact: from the rollups, and from the lines that are not in them yet. */
  charges(query: ChargeQuery): readonly Charge[]
  /** As `charges`, by another thread: what the lines up to `seq` make. Rejects where it has too much to do. */
  chargesBeside(query: ChargeQuery): Promise<ChargesUpTo>
  /** Of the lines behind that one alone. */
  chargesSince(query: ChargeQuery, seq: number): readonly Charge[]
  /** The calls that began since then and reached a provider, the first of them first; of the last `limit`, at most. */
  latestCalls(limit: number, sinceMs: number): readonly PastCall[]
  /** Is the final line of the attempt in the file? */
  hasLine(requestId: string, attempt: number): boolean
  /** Sums of what was used, by another thread. Rejects with `invalid_request`. */
  usage(query: UsageQuery): Promise<UsagePage>
  /** Everything that `look` reads is of one moment. `look` must not wait for anything. */
  atOnce<Found>(look: () => Found): Found
}

export interface ChargesUpTo {
  readonly charges: readonly Charge[]
  readonly seq: number
}

export interface PastCall {
  readonly provider: string
  readonly model: string
  readonly atMs: number
  readonly tokens: number
}

/** What was charged to one subject of a scope. */
export interface Charge {
  readonly org: string
  /** The id. */
  readonly subject: string
  /** The subject's name, where it has one beside its id. */
  readonly name?: string
  /** The beginning of the part of time, where parts were asked for. */
  readonly bucketMs: number
  readonly chargedNanoUsd: NanoUsd
}

/** What one instance has charged to it. */
export interface InstanceCharge extends Charge {
  readonly instance: string
}

export interface ChargeQuery {
  readonly scope: BudgetScope
  /** The beginning of an hour; of a minute where `stepMs` is one. */
  readonly fromMs: number
  /** Absent: everything since `fromMs` together. */
  readonly stepMs?: number
}

/** Budgets that were made through the admin API. */
export interface BudgetStore {
  all(): Promise<readonly Budget[]>
  put(budget: Budget, nowMs: number): Promise<void>
  /** False where there is none. */
  remove(org: string, id: string): Promise<boolean>
}

/** What came of holding a provider's bill against the ledger, once. */
export interface KeptReconciliation {
  readonly org: string
  readonly id: string
  readonly atMs: number
  readonly provider: string
  /** Who did it, by the name that the audit has. */
  readonly actor: string
  /** What was found: only the ledger reads it. */
  readonly found: JsonObject
}

export interface ReconciliationStore {
  /** Of each provider the newest are kept, a bounded number. */
  add(reconciliation: KeptReconciliation): Promise<void>
  /** The newest first. */
  list(org: string, limit: number): Promise<readonly KeptReconciliation[]>
  get(org: string, id: string): Promise<KeptReconciliation | undefined>
}

/** The ledger of one moment, whatever is written since. */
export interface LedgerSnapshot {
  readonly store: LedgerStore
  /** The last line that is in the rollups. */
  readonly rolledSeq: number
  /** Lines of attempts from before this time may have been deleted. */
  readonly prunedBeforeMs: number
  rollups(): Iterable<RollupRow>
  close(): void
}

/** Lines on their way from one instance's journal to the ledger that all instances share. */
export interface Shipment<Line> {
  readonly lines: readonly Line[]
  /** What the lines name as their prices: versions and texts. */
  readonly prices: readonly (readonly [version: string, text: string])[]
  /** The last of them in the journal. */
  readonly lastSeq: number
}

/** The lines of this journal that are not known to be in the shared ledger. `Line` is the storage's own matter. */
export interface Outbox<Line> {
  readonly waiting: number
  /** The oldest of them; undefined where there are none. */
  next(limit: number): Shipment<Line> | undefined
  /** They are there, and so are all before them. */
  shipped(lastSeq: number): void
  /** Lines that have been shipped, after this one of the journal, in their order. */
  shippedAfter(seq: number, limit: number): Shipment<Line> | undefined
}

/** The ledger of all instances together. */
export interface SharedLedger<Line> {
  /**
   * All of it or nothing; what is there already stays as it is. Resolves, when it is committed, to the number of lines that
   * came after their month was dropped: they are in the sums alone.
   */
  add(shipment: Shipment<Line>): Promise<number>
  /** Drops the months that lie wholly before this time; their sums stay. Resolves to the months that it has dropped. */
  prune(beforeMs: number): Promise<readonly string[]>
  search(query: LedgerQuery): Promise<LedgerPage>
  /** Of all that has been added. Rejects with `invalid_request`. */
  usage(query: UsageQuery): Promise<UsagePage>
  /** By the instance whose journal a line comes from. */
  charges(query: ChargeQuery): Promise<readonly InstanceCharge[]>
  /** Tells that this instance lives. */
  beat(): Promise<void>
  /** Those that have told it, but for those that were forgotten since. */
  instances(): Promise<readonly JournalState[]>
  /** Leaves it out of `instances` until it is heard of again. Which lines it has added stays known. */
  forget(instance: string): Promise<void>
  /** How many lines have been added, and what they come to. */
  sums(): Promise<SharedSums>
  /** Of the lines whose month is kept: those that are not there, or are there with other figures. */
  missing(lines: readonly Line[]): Promise<Comparison>
}

/** An instance, as the ledger of all instances knows it. */
export interface JournalState {
  readonly instance: string
  /** The number, in its own journal, of its last line that was added. */
  readonly shippedSeq: number
  /** 0: never. */
  readonly shippedAtMs: number
  readonly seenAtMs: number
}

export interface Comparison {
  readonly compared: number
  /** A sentence for each difference. */
  readonly differences: readonly string[]
}

export interface SharedSums {
  readonly lines: number
  readonly chargedNanoUsd: bigint
  readonly providerCostNanoUsd: bigint
}

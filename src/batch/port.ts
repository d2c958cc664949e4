/** What files and batches need stored and queued. A storage implements it; it sees of this folder only this file. */

import type { NanoUsd } from '../core/money.ts'
import type { Batch, BatchStatus, BatchUsage, Owner } from './batch.ts'

export type { Batch, BatchDialect, BatchUsage, BatchStatus, LineFault, Owner, StopReason } from './batch.ts'
export { openStatuses, singleDialects, suspectAfter } from './batch.ts'

/** What is known of a file; its bytes are in the folder. */
export interface StoredFile extends Owner {
  readonly id: string
  readonly folder: string
  /** `batch`, or `batch_output` of one that a batch has made. */
  readonly purpose: string
  readonly filename: string
  readonly bytes: number
  readonly createdAtMs: number
  readonly expiresAtMs?: number
}

export interface FileQuery extends Owner {
  readonly purpose?: string
  readonly order: 'asc' | 'desc'
  readonly limit: number
  /** The last file of the page before. */
  readonly after?: string
}

export interface FileStore {
  /** Replaces one of the same id: what a batch makes again after a crash. */
  put(file: StoredFile): Promise<void>
  /** Of this owner. Also one that has expired and is not deleted yet. */
  get(owner: Owner, id: string): Promise<StoredFile | undefined>
  list(query: FileQuery): Promise<readonly StoredFile[]>
  delete(owner: Owner, id: string): Promise<boolean>
  /** All that the organisation keeps. */
  totalBytes(org: string): Promise<number>
  expired(folder: string, nowMs: number, limit: number): Promise<readonly StoredFile[]>
}

export interface BatchQuery {
  readonly org: string
  /** Absent: of all keys. */
  readonly keyId?: string
  readonly dialect?: Batch['dialect']
  readonly status?: BatchStatus
  readonly limit: number
  /** The last batch of the page before: the newest come first. */
  readonly after?: string
  /** The first batch of the page behind. */
  readonly before?: string
}

/** Who is to be told of a change, and from when on. */
export interface Receivers {
  readonly names: readonly string[]
  readonly nowMs: number
}

/** A batch's end on its way to one receiver. */
export interface BatchDelivery {
  readonly id: string
  readonly org: string
  readonly batchId: string
  readonly receiver: string
  readonly attempts: number
  readonly createdAtMs: number
}

export interface BatchDeliveryStore {
  /** Deliveries that are due, for this caller alone until `leaseMs` have passed. */
  claim(nowMs: number, leaseMs: number, limit: number): Promise<readonly BatchDelivery[]>
  delivered(id: string): Promise<void>
  /** Tries it again then; undefined gives it up. */
  failed(id: string, nextAtMs: number | undefined): Promise<void>
}

/** Where a line stands in the input file. */
export interface LinePlace {
  /** Counted from 1. */
  readonly line: number
  readonly offset: number
  readonly bytes: number
}

/** A line that one instance has for itself until its lease ends. */
export interface Claim extends LinePlace {
  /** Calls that failed so far and may be made again. */
  readonly tries: number
  /** How often it was claimed and neither answered nor given back: those who had it have ended before. */
  readonly crashes: number
}

/** The result of a line, and where it stands among the results of one instance. */
export interface SettledLine {
  readonly line: number
  readonly isError: boolean
  readonly costNanoUsd: NanoUsd
  readonly usage: BatchUsage
  /** The name of the file. */
  readonly part: string
  readonly offset: number
  readonly bytes: number
}

export interface LineState extends LinePlace {
  readonly result?: Omit<SettledLine, 'line' | 'costNanoUsd' | 'usage'>
}

export interface Deferral {
  readonly line: number
  readonly dueAtMs: number
  readonly tries: number
  /** What the try has cost that gave no result. */
  readonly spentNanoUsd?: NanoUsd
}

/** What a line that begins may cost; or, where it is under way, what it may cost beside what it holds. */
export interface LineHold {
  readonly line: number
  readonly nanoUsd: NanoUsd
}

/**
 * `short`: there is no room, and others hold something of which they may give back. `never`: nobody does. `lost`: another
 * instance has the line.
 */
export type HoldAnswer = 'held' | 'short' | 'never' | 'lost'

export interface HoldAnswers {
  readonly answers: ReadonlyMap<number, HoldAnswer>
  /** As it is then. */
  readonly batch: Batch
}

export interface Lease {
  /** The instance. */
  readonly holder: string
  readonly nowMs: number
  readonly leaseMs: number
}

export interface SuspectRange {
  readonly crashes: number
  readonly orMore: boolean
}

/** A batch that has lines that are due and that nobody has. */
export interface DueBatch {
  readonly id: string
  /** Of the line of these that the fewest processes had when they ended. */
  readonly fewestCrashes: number
}

/** The rows of batches and of their lines: they are the truth, whatever carries the lines' numbers. */
export interface BatchStore {
  create(batch: Batch): Promise<void>
  get(org: string, id: string): Promise<Batch | undefined>
  list(query: BatchQuery): Promise<readonly Batch[]>
  /** How many single requests of this key are still to be answered; not counted beyond `limit`. */
  openSingles(owner: Owner, limit: number): Promise<number>
  /** All that something is to be done about, the oldest first. */
  open(folder: string): Promise<readonly Batch[]>
  /**
   * Changes it where it has one of these statuses; undefined where it has not. In the same step, stores that these
   * receivers are to be told.
   */
  change(
    id: string,
    from: readonly BatchStatus[],
    to: BatchChange,
    receivers?: Receivers,
  ): Promise<Batch | undefined>
  /** Takes the batch's own work (validation, the files at its end) for one instance; false where another has it. */
  lead(id: string, lease: Lease): Promise<boolean>

  delete(id: string): Promise<void>

  addLines(id: string, lines: readonly LinePlace[]): Promise<void>
  /** Deletes at most `limit` lines of the batch and tells how many. */
  removeLines(id: string, limit: number): Promise<number>
  /** Batches that have ended and whose lines are still there. */
  endedWithLines(folder: string): Promise<readonly string[]>
  /** Takes the next lines that are due and that nobody has; of these numbers where they are given. No suspects. */
  claim(id: string, limit: number, lease: Lease, among?: readonly number[]): Promise<readonly Claim[]>
  /** Takes lines that `crashes` processes had when they ended, or more where `orMore`; those with the fewest first. */
  claimSuspects(id: string, limit: number, lease: Lease, which: SuspectRange): Promise<readonly Claim[]>
  /** Which of these have lines that are due and that nobody has. */
  findDue(ids: readonly string[], nowMs: number): Promise<readonly DueBatch[]>
  /** Prolongs all leases of the holder's in these batches. */
  extend(ids: readonly string[], lease: Lease): Promise<void>
  /** Gives lines back: for later, or for anyone at once. The batch as it is then, where that changes what it costs. */
  giveBack(id: string, holder: string, lines: readonly Deferral[]): Promise<Batch | undefined>
  /** Gives back, for anyone at once, what the holder has of the batch, but for these lines. */
  giveBackOthers(id: string, lease: Lease, lines: readonly number[]): Promise<void>
  /**
   * Holds back what these lines of the holder's may cost, as far as the batch may still cost so much: what it has cost and
   * what is held, over all instances, are together never more than its bound. A line gives back what it holds with its
   * result, or when it is given back; what it holds when another takes it, or at the batch's end, counts as spent.
   */
  hold(id: string, lease: Lease, lines: readonly LineHold[]): Promise<HoldAnswers>
  /** Gives back all that an earlier process of this instance had. */
  releaseAll(holder: string, nowMs: number): Promise<void>
  /** Lines that some instance has now. */
  underWay(id: string, nowMs: number): Promise<number>
  /** Lines that nobody has and that are due, in order, but for suspects: what a broker may have lost. */
  due(id: string, nowMs: number, limit: number): Promise<readonly number[]>
  /** The first result of each line counts, later ones change nothing. The last one ends the batch's progress. */
  settle(id: string, holder: string, lines: readonly SettledLine[], nowMs: number): Promise<Batch>
  /** In the order of the input. */
  lines(id: string, afterLine: number, limit: number): Promise<readonly LineState[]>
  /** Where the last known result of this part ends. */
  endOfPart(id: string, part: string): Promise<number>
}

export type BatchChange = Partial<
  Pick<
    Batch,
    | 'status'
    | 'isPaused'
    | 'stop'
    | 'total'
    | 'faults'
    | 'outputFileId'
    | 'errorFileId'
    | 'startedAtMs'
    | 'finalizingAtMs'
    | 'cancellingAtMs'
    | 'endedAtMs'
  >
>

/** What tells instances which lines to look at next. It may lose numbers and give them twice. */
export interface LineQueue {
  /** Lines that are to be done now. */
  offer(batchId: string, lines: readonly number[]): Promise<void>
  /** About `limit` lines, leased in the store; suspects are not among them. */
  take(batchId: string, limit: number, lease: Lease): Promise<readonly Claim[]>
  /** The batch is over. */
  drop(batchId: string): Promise<void>
  close(): Promise<void>
}

/** A server that hands each message of a batch to one instance. It may lose messages, and give them twice. */
export interface LineBroker {
  /** Resolves when it has them. */
  offer(batchId: string, messages: readonly string[]): Promise<void>
  /** Waits a moment for them, at most. */
  take(batchId: string, limit: number): Promise<TakenMessages>
  /** Forgets what it has of the batch. */
  drop(batchId: string): Promise<void>
  close(): Promise<void>
}

export interface TakenMessages {
  readonly messages: readonly string[]
  /** There are none, and none are on their way. */
  readonly isEmpty: boolean
  /** They are done; those that are neither done nor given back go to another instance, in time. */
  accept(): Promise<void>
  giveBack(): Promise<void>
}

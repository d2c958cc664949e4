/** What limits need counted: in this process, or for all instances together. */

import type { Rate, RateState } from './gcra.ts'

export interface RateCharge extends Rate {
  readonly bucket: string
}

/** A place among those that are under way at once. */
export interface SlotCharge {
  readonly bucket: string
  readonly max: number
}

export interface Charges {
  readonly rates: readonly RateCharge[]
  readonly slots: readonly SlotCharge[]
}

export interface Verdict {
  /** The bucket that has no room; absent where all had. Nothing was taken then from any. */
  readonly refusedBy?: string
  /** When it may have room; absent where only the end of another request makes some. */
  readonly retryAfterMs?: number
  /** Of each rate, in their order. */
  readonly states: readonly RateState[]
  /** When it was taken or refused, by the clock of the buckets. */
  readonly atMs: number
  /** Taken in this process while the counters of all instances were out of reach. */
  readonly isLocal?: true
}

export interface LimitCounters {
  /** Takes from all buckets or from none. At once where the counters are in this process. */
  take(charges: Charges): Verdict | Promise<Verdict>
  /**
   * Corrects what was taken: `amount` more where it is positive, less where it is negative. It may leave a bucket in
   * debt, and never lets more through than was taken too much.
   */
  correct(charge: RateCharge, taken: Verdict): void
  /** Gives a slot back. */
  free(bucket: string): void
  /**
   * As if it had been taken so long ago, by a process before this one; in the order of time. All that was taken within
   * `knownForMs` is recalled: what was taken before that is not known, and may have emptied the bucket. Absent where the
   * counters outlive the process.
   */
  recall?(charge: RateCharge, agoMs: number, knownForMs: number): void
}

/** A place as this instance wants it: with it, the instance would hold `own` of the bucket's places. */
export interface OwnSlot extends SlotCharge {
  readonly own: number
}

/** What counters outside of this process answer. */
export interface RemoteVerdict {
  readonly refusedBy?: string
  readonly retryAfterMs?: number
  readonly atMs: number
  /** Of each rate: when its bucket is full again, by the same clock. */
  readonly fullAtMs: readonly number[]
}

/** Counters that all instances share. Every call rejects, within a time that a request can wait, where they do not answer. */
export interface RemoteCounters {
  /** Takes from all buckets or from none, in one step. */
  take(rates: readonly RateCharge[], slots: readonly OwnSlot[]): Promise<RemoteVerdict>
  correct(charge: RateCharge, takenAtMs: number): Promise<void>
  /** So many places of the bucket this instance holds now. */
  hold(bucket: string, own: number): Promise<void>
  /**
   * Says that this instance lives, and which places it holds. What one that no longer says so had held is free after
   * its lease. Resolves to how many live.
   */
  beat(held: ReadonlyMap<string, number>): Promise<number>
  /** This instance ends in order. */
  leave(): Promise<void>
}

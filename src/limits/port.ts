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
}

export interface LimitCounters {
  /** Takes from all buckets or from none. At once where the counters are in this process. */
  take(charges: Charges): Verdict | Promise<Verdict>
  /**
   * Corrects what was taken at `takenAtMs` (of `nowMs`): `amount` more where it is positive, less where it is
   * negative. It may leave a bucket in debt, and never lets more through than was taken too much.
   */
  correct(charge: RateCharge, takenAtMs: number): void
  /** Gives a slot back. */
  free(bucket: string): void
  /** The clock of the buckets, in milliseconds. */
  nowMs(): number
}

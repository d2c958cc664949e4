/** What one instance knows of a counter that all share, and what it keeps of it for itself. */

import type { NanoUsd } from '../core/money.ts'
import type { CounterState, SharedState, Slot } from './port.ts'

/**
 * What is kept counts as held wherever others look. So it may be made smaller here first and told afterwards, and is only
 * made larger by an answer.
 */
export class Share {
  #others: CounterState
  #othersSpare: NanoUsd
  /** By the last answer. */
  #spare: NanoUsd
  /** Of the spare, by holds whose answer has not come. */
  #taken = 0
  /** What holds of the same part of time cost less than they held, while nobody was told: it is still held elsewhere. */
  #recycled = 0
  #recycledMs = 0
  #bucketMs: number
  #untilMs: number

  constructor(slot: Slot, state: SharedState) {
    this.#others = state.others
    this.#othersSpare = state.othersSpareNanoUsd
    this.#spare = state.spareNanoUsd
    this.#bucketMs = slot.bucketMs
    this.#untilMs = slot.untilMs
  }

  /** The spares of all instances. */
  get keptNanoUsd(): NanoUsd {
    return this.#othersSpare + this.#spare
  }

  learn(slot: Slot, state: SharedState): void {
    this.#spare = state.spareNanoUsd
    // The answer to a call of an older period says nothing of the newer one.
    if (slot.bucketMs < this.#bucketMs) return
    this.#others = state.others
    this.#othersSpare = state.othersSpareNanoUsd
    this.#bucketMs = slot.bucketMs
    this.#untilMs = Math.max(this.#untilMs, slot.untilMs)
  }

  /** Undefined where nothing is known of the slot's period. */
  othersAt(slot: Slot): CounterState | undefined {
    const isCalendar = slot.bucketMs === slot.fromMs
    return isCalendar && slot.bucketMs !== this.#bucketMs ? undefined : this.#others
  }

  usable(slot: Slot): NanoUsd {
    const spare = slot.atMs < this.#untilMs ? Math.max(0, this.#spare - this.#taken) : 0
    return spare + (this.#recycledMs === slot.bucketMs ? this.#recycled : 0)
  }

  /** Of what is usable. `isTold`: an answer will come. */
  take(slot: Slot, amountNanoUsd: NanoUsd, isTold: boolean): void {
    let amount = amountNanoUsd
    if (!isTold && this.#recycledMs === slot.bucketMs) {
      const recycled = Math.min(amount, this.#recycled)
      this.#recycled -= recycled
      amount -= recycled
    }
    if (isTold) this.#taken += amount
    else this.#spare -= amount
  }

  /** The answer has come. */
  taken(amountNanoUsd: NanoUsd): void {
    this.#taken -= amountNanoUsd
  }

  /** A hold cost so much less while nobody was told; more, where it is negative. */
  recycle(slot: Slot, nanoUsd: NanoUsd): void {
    if (nanoUsd < 0) this.#spare += nanoUsd
    else if (slot.bucketMs === this.#recycledMs) this.#recycled += nanoUsd
    else if (slot.bucketMs > this.#recycledMs) {
      this.#recycledMs = slot.bucketMs
      this.#recycled = nanoUsd
    }
  }

  /** The period that it was told in has ended. */
  isOver(nowMs: number): boolean {
    return nowMs >= this.#untilMs
  }

  /** What is kept from now on; undefined where nothing is. */
  tellAnew(nowMs: number): { bucketMs: number; untilMs: number; spareNanoUsd: NanoUsd } | undefined {
    const isOver = this.isOver(nowMs)
    this.#spare = isOver ? 0 : Math.max(0, this.#spare - this.#taken)
    this.#taken = 0
    this.#recycled = 0
    return isOver
      ? undefined
      : { bucketMs: this.#bucketMs, untilMs: this.#untilMs, spareNanoUsd: this.#spare }
  }
}

/** What one instance knows of all counters that are shared, and what it keeps of each. */

import type { NanoUsd } from '../core/money.ts'
import type { CounterEntry, Hold, SharedState, Slot } from './port.ts'
import { Share } from './share.ts'

/** What is known of past periods is dropped when there is twice as much as was left the last time. */
const firstSweep = 4_096

export class Shares {
  readonly #shares = new Map<string, Share>()
  #sweepAt = firstSweep

  of({ counter }: Slot): Share | undefined {
    return this.#shares.get(counter)
  }

  clear(): void {
    this.#shares.clear()
  }

  /** How the slots of a hold stand; nothing where the answer has no states. */
  learn({ slots }: Hold, states: readonly SharedState[]): void {
    states.forEach((state, at) => {
      const slot = slots[at]!
      const share = this.of(slot)
      if (share) share.learn(slot, state)
      else {
        if (this.#shares.size >= this.#sweepAt) this.#sweep(slot.atMs)
        this.#shares.set(slot.counter, new Share(slot, state))
      }
    })
  }

  /** Is enough kept of each cap? */
  covers({ slots, amountNanoUsd }: Hold): boolean {
    return slots.every(
      (slot) => slot.capNanoUsd === undefined || amountNanoUsd <= (this.of(slot)?.usable(slot) ?? 0),
    )
  }

  /** Of what is kept. `isTold`: an answer will come. */
  take({ slots, amountNanoUsd }: Hold, isTold: boolean): void {
    for (const slot of slots) {
      if (slot.capNanoUsd !== undefined) this.of(slot)?.take(slot, amountNanoUsd, isTold)
    }
  }

  /** The answer has come. */
  taken({ slots, amountNanoUsd }: Hold): void {
    for (const slot of slots) if (slot.capNanoUsd !== undefined) this.of(slot)?.taken(amountNanoUsd)
  }

  /** It was settled while nobody was told. */
  recycle({ slots, amountNanoUsd }: Hold, chargedNanoUsd: NanoUsd): void {
    for (const slot of slots) this.of(slot)?.recycle(slot, amountNanoUsd - chargedNanoUsd)
  }

  /** What counters have, and with it what is kept of them from now on. */
  tellWith(parts: Iterable<CounterEntry>, nowMs: number): CounterEntry[] {
    const entries = [...parts]
    // With the last part of its counter: cut off in between, too much is held rather than too little.
    const last = new Map(entries.map(({ counter }, at) => [counter, at]))
    for (const [counter, share] of this.#shares) {
      const told = share.tellAnew(nowMs)
      const at = last.get(counter)
      if (told === undefined) this.#shares.delete(counter)
      else if (at !== undefined) entries[at] = { ...entries[at]!, spareNanoUsd: told.spareNanoUsd }
      else entries.push({ counter, spentNanoUsd: 0, reservedNanoUsd: 0, ...told })
    }
    return entries
  }

  #sweep(nowMs: number): void {
    for (const [counter, share] of this.#shares) if (share.isOver(nowMs)) this.#shares.delete(counter)
    this.#sweepAt = Math.max(firstSweep, this.#shares.size * 2)
  }
}

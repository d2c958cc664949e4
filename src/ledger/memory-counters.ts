/** What has been spent and what is held back, counted in this process: a cache that is rebuilt from the ledger. */

import type { NanoUsd } from '../core/money.ts'
import type { CounterEntry, CounterState, Held, Hold, Slot } from './port.ts'

interface Bucket {
  readonly startMs: number
  spent: NanoUsd
  reserved: NanoUsd
}

interface Counter {
  readonly buckets: Bucket[]
  spent: NanoUsd
  reserved: NanoUsd
  /** From here on all of it is past. */
  untilMs: number
}

/** Counters of what is past are dropped when there are twice as many as were left the last time. */
const firstSweep = 4_096

export class MemoryCounters {
  readonly #counters = new Map<string, Counter>()
  #sweepAt = firstSweep

  /** One synchronous step: nobody else reserves between the check and the entry. */
  reserve(hold: Hold): Held {
    for (const slot of hold.slots) {
      if (slot.capNanoUsd === undefined) continue
      const { spentNanoUsd, reservedNanoUsd } = this.look(slot)
      if (spentNanoUsd + reservedNanoUsd + hold.amountNanoUsd > slot.capNanoUsd)
        return { isHeld: false, slot }
    }
    this.hold(hold)
    return { isHeld: true }
  }

  /** Whatever the caps are: somebody has decided already. */
  hold(hold: Hold): void {
    for (const slot of hold.slots) this.#add(slot, 0, hold.amountNanoUsd)
  }

  settle(hold: Hold, chargedNanoUsd: NanoUsd): void {
    for (const slot of hold.slots) this.#settleIn(slot, chargedNanoUsd, hold.amountNanoUsd)
  }

  spend(slot: Slot, chargedNanoUsd: NanoUsd): void {
    this.#add(slot, chargedNanoUsd, 0)
  }

  look(slot: Slot): CounterState {
    const counter = this.#counters.get(slot.counter)
    if (counter === undefined) return { spentNanoUsd: 0, reservedNanoUsd: 0 }
    forget(counter, slot.fromMs)
    return { spentNanoUsd: counter.spent, reservedNanoUsd: counter.reserved }
  }

  /** Every counter that holds anything, for comparing. */
  *entries(): Iterable<readonly [string, CounterState]> {
    for (const [name, { spent, reserved }] of this.#counters) {
      if (spent !== 0 || reserved !== 0) yield [name, { spentNanoUsd: spent, reservedNanoUsd: reserved }]
    }
  }

  /** All that is counted, the parts of a counter one after another. */
  *parts(): Iterable<CounterEntry> {
    for (const [counter, { buckets, untilMs }] of this.#counters) {
      for (const { startMs, spent, reserved } of buckets) {
        yield { counter, bucketMs: startMs, spentNanoUsd: spent, reservedNanoUsd: reserved, untilMs }
      }
    }
  }

  #add(slot: Slot, spent: NanoUsd, reserved: NanoUsd): void {
    const counter = this.#counterOf(slot)
    let bucket = counter.buckets.find(({ startMs }) => startMs === slot.bucketMs)
    if (bucket === undefined) {
      bucket = { startMs: slot.bucketMs, spent: 0, reserved: 0 }
      counter.buckets.push(bucket)
    }
    bucket.spent += spent
    bucket.reserved += reserved
    counter.spent += spent
    counter.reserved += reserved
  }

  /** Into the part that it was reserved in; a part that has passed counts no more. */
  #settleIn(slot: Slot, charged: NanoUsd, held: NanoUsd): void {
    const counter = this.#counters.get(slot.counter)
    const bucket = counter?.buckets.find(({ startMs }) => startMs === slot.bucketMs)
    if (counter && bucket) this.#add(slot, charged, -held)
  }

  #counterOf(slot: Slot): Counter {
    let counter = this.#counters.get(slot.counter)
    if (counter === undefined) {
      if (this.#counters.size >= this.#sweepAt) this.#sweep(slot.atMs)
      counter = { buckets: [], spent: 0, reserved: 0, untilMs: slot.untilMs }
      this.#counters.set(slot.counter, counter)
    }
    if (slot.untilMs > counter.untilMs) counter.untilMs = slot.untilMs
    return counter
  }

  #sweep(nowMs: number): void {
    for (const [name, { untilMs }] of this.#counters) if (untilMs <= nowMs) this.#counters.delete(name)
    this.#sweepAt = Math.max(firstSweep, this.#counters.size * 2)
  }
}

function forget(counter: Counter, fromMs: number): void {
  const { buckets } = counter
  for (let at = buckets.length - 1; at >= 0; at--) {
    const bucket = buckets[at]!
    if (bucket.startMs >= fromMs) continue
    counter.spent -= bucket.spent
    counter.reserved -= bucket.reserved
    buckets.splice(at, 1)
  }
}

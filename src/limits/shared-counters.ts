/** Limits that all instances count together, and what one instance does while they are out of reach. */

import type { Clock } from '../core/clock.ts'
import { stateOf } from './gcra.ts'
import { createMemoryCounters } from './memory-counters.ts'
import type { Charges, LimitCounters, RateCharge, RemoteCounters, RemoteVerdict, Verdict } from './port.ts'

export interface SharedCountersParts {
  readonly remote: RemoteCounters
  readonly clock: Clock
  /** Why they are out of reach; undefined: they can be reached again. */
  onState(cause: unknown): void
}

export interface SharedCounters extends LimitCounters {
  /** Tells the others of this instance, from now on. Waits no longer than for one answer. */
  open(): Promise<void>
  close(): Promise<void>
}

const beatMs = 2_000
/** How often they are looked for while they are out of reach. */
const probeMs = 250

/**
 * Out of reach, each instance lets through its share: the limit, divided by the number of instances that lived last. A
 * request never fails because of them.
 */
export function createSharedCounters(parts: SharedCountersParts): SharedCounters {
  return new CountersWithShare(parts)
}

class CountersWithShare implements SharedCounters {
  readonly #remote: RemoteCounters
  readonly #onState: (cause: unknown) => void
  readonly #local: LimitCounters
  /** Places that requests of this instance hold, wherever they were taken, and those that are being asked for. */
  readonly #held = new Map<string, number>()
  #instances = 1
  #isLocal = false
  #isClosed = false
  #timer: NodeJS.Timeout | undefined

  constructor({ remote, clock, onState }: SharedCountersParts) {
    this.#remote = remote
    this.#onState = onState
    this.#local = createMemoryCounters(clock)
  }

  async open(): Promise<void> {
    await this.#beat()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    if (!this.#isLocal) await this.#remote.leave().catch(() => undefined)
  }

  take(charges: Charges): Verdict | Promise<Verdict> {
    for (const { bucket } of charges.slots) this.#hold(bucket, 1)
    return this.#isLocal ? this.#takeLocally(charges) : this.#takeRemotely(charges)
  }

  correct(charge: RateCharge, taken: Verdict): void {
    if (taken.isLocal) this.#local.correct(this.#shareOf(charge), taken)
    else if (!this.#isLocal) this.#remote.correct(charge, taken.atMs).catch(this.#goLocal)
  }

  free(bucket: string): void {
    this.#hold(bucket, -1)
    this.#tellHeld(bucket)
  }

  async #takeRemotely(charges: Charges): Promise<Verdict> {
    const slots = charges.slots.map((slot) => ({ ...slot, own: this.#held.get(slot.bucket) ?? 0 }))
    let verdict: RemoteVerdict
    try {
      verdict = await this.#remote.take(charges.rates, slots)
    } catch (cause) {
      this.#goLocal(cause)
      return this.#takeLocally(charges)
    }
    const { fullAtMs, ...rest } = verdict
    const states = charges.rates.map(({ perMinute }, at) => stateOf(fullAtMs[at]!, perMinute, rest.atMs))
    if (rest.refusedBy !== undefined) {
      this.#letGo(charges)
      // Others may have been asked for in the meantime, beside places that this one has not got.
      for (const { bucket } of slots) if (this.#held.has(bucket)) this.#tellHeld(bucket)
    }
    return { ...rest, states }
  }

  #takeLocally(charges: Charges): Verdict {
    const full = charges.slots.find(({ bucket, max }) => this.#held.get(bucket)! > this.#share(max))
    const rates = charges.rates.map((rate) => this.#shareOf(rate))
    const slots = full ? [{ bucket: full.bucket, max: 0 }] : []
    const verdict = this.#local.take({ rates, slots }) as Verdict
    if (verdict.refusedBy !== undefined) this.#letGo(charges)
    return { ...verdict, isLocal: true }
  }

  #share(limit: number): number {
    return Math.max(1, Math.floor(limit / this.#instances))
  }

  #shareOf(rate: RateCharge): RateCharge {
    return { ...rate, perMinute: this.#share(rate.perMinute) }
  }

  #hold(bucket: string, change: 1 | -1): void {
    const held = (this.#held.get(bucket) ?? 0) + change
    if (held > 0) this.#held.set(bucket, held)
    else this.#held.delete(bucket)
  }

  #letGo(charges: Charges): void {
    for (const { bucket } of charges.slots) this.#hold(bucket, -1)
  }

  #tellHeld(bucket: string): void {
    if (!this.#isLocal) this.#remote.hold(bucket, this.#held.get(bucket) ?? 0).catch(this.#goLocal)
  }

  readonly #goLocal = (cause: unknown): void => {
    if (this.#isLocal || this.#isClosed) return
    this.#isLocal = true
    this.#onState(cause)
    this.#schedule(probeMs)
  }

  async #beat(): Promise<void> {
    try {
      // What is held was told to those that did not answer: it is told again, before they are asked again.
      this.#instances = Math.max(1, await this.#remote.beat(this.#held))
      if (this.#isLocal && !this.#isClosed) this.#onState(undefined)
      this.#isLocal = false
      this.#schedule(beatMs)
    } catch (cause) {
      this.#goLocal(cause)
      this.#schedule(probeMs)
    }
  }

  #schedule(inMs: number): void {
    clearTimeout(this.#timer)
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#beat(), inMs).unref()
  }
}

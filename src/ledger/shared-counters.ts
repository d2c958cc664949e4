/** Counters of budgets that all instances share, and what one instance may spend while they are out of reach. */

import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { NanoUsd } from '../core/money.ts'
import type { MemoryCounters } from './memory-counters.ts'
import type {
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
} from './port.ts'
import { Shares } from './shares.ts'

export interface SharedCountersParts {
  readonly remote: RemoteCounters
  readonly clock: Pick<Clock, 'nowMs'>
  /** Another each time. */
  newToken(): string
  /** Why they are out of reach; undefined: they can be reached again. */
  onState(cause: unknown): void
  /** What was spent by others could not be counted: it is tried again. */
  onUncounted(cause: unknown): void
}

/** What an instance has itself: counted from its journal. */
export interface OwnBooks {
  readonly counters: MemoryCounters
  readonly budgets: readonly string[]
  /** The ids of the holds that are in the counters. */
  holds(): readonly string[]
  /** By the ledger of all instances; nothing where there is none. */
  others(budgets: readonly string[]): Promise<readonly InstanceEntry[]>
}

const beatMs = 2_000
/** How often they are looked for while they are out of reach. */
const probeMs = 250
const retryAfterMs = 1_000
/** No call waits longer until all is told: counting what others have spent may take a while. */
const patienceMs = 2_000
const maxTries = 3
/**
 * Each instance counts what is its own, and tells it: what it has spent, what it holds, and a spare part of what is left,
 * which it keeps to itself. While it has no answer, it lets through what the spare covers. What an instance was told that
 * it may spend counts as held by all others until it says otherwise, so that no outage lets anything through twice
 * (docs/adr/0070).
 */
export class SharedCounters {
  readonly #parts: SharedCountersParts
  readonly #shares = new Shares()
  #books: OwnBooks | undefined
  /** Under which all is told; undefined: nothing is. */
  #token: string | undefined
  #isAway = false
  #isClosed = false
  #joins: Promise<void> = Promise.resolve()
  /** What calls wait for. */
  #joining: Promise<void> | undefined
  #instances: readonly string[] = []
  #isCounted = false
  #timer: NodeJS.Timeout | undefined

  constructor(parts: SharedCountersParts) {
    this.#parts = parts
  }

  /** Counts these from now on, and tells them. */
  adopt(books: OwnBooks): void {
    this.#books = books
    if (!this.#isAway) this.renew()
  }

  /** The connection is a new one, maybe to a server that knows less: all is told again before anything is asked. */
  renew(): void {
    if (this.#isClosed || this.#books === undefined) return
    // Nothing is counted, and nothing was told: nobody waits for it.
    if (this.#books.budgets.length === 0 && this.#token === undefined) return
    const late = delay(patienceMs, undefined, { ref: false })
    const joining = Promise.race([this.#joinNext(), late]).finally(() => {
      if (this.#joining === joining) this.#joining = undefined
    })
    this.#joining = joining
  }

  /** Resolves when what is this instance's own was told, could not be, or takes too long. */
  async joined(): Promise<void> {
    await this.#joining
  }

  /** Tells that nothing is kept or held any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    if (this.#token === undefined) return
    const { remote, newToken } = this.#parts
    const before = this.#token
    this.#token = newToken()
    this.#shares.clear()
    await remote.report(this.#token, this.#report(), before, true).catch(() => false)
  }

  /**
   * Undefined: all was counted anew meanwhile, and the hold is to be matched and asked for again. Rejects with
   * `budget_unavailable` where the counters do not answer, and the spare does not cover it.
   */
  reserve(hold: Hold): Held | Promise<Held | undefined> {
    if (hold.slots.some(({ capNanoUsd }) => capNanoUsd !== undefined)) return this.#ask(hold)
    return this.#take(hold)
  }

  /** `onTold` hears how the slots stand after it, if it is told at all. False: nobody can be told now. */
  settle(hold: Hold, chargedNanoUsd: NanoUsd, onTold: (states: readonly SharedState[]) => void): boolean {
    this.#own.settle(hold, chargedNanoUsd)
    if (this.#token === undefined) {
      this.#shares.recycle(hold, chargedNanoUsd)
      return false
    }
    const token = this.#token
    this.#tell(token, this.#parts.remote.settle(token, hold, chargedNanoUsd), (answer) => {
      this.#shares.learn(hold, answer.states)
      if (answer.is === 'done') onTold(answer.states)
    })
    return true
  }

  /** As far as it is known here. */
  look(slot: Slot): CounterState {
    const { spentNanoUsd, reservedNanoUsd } = this.#own.look(slot)
    const others = this.#shares.of(slot)?.othersAt(slot)
    if (others === undefined) return { spentNanoUsd, reservedNanoUsd }
    return {
      spentNanoUsd: spentNanoUsd + others.spentNanoUsd,
      reservedNanoUsd: reservedNanoUsd + others.reservedNanoUsd,
    }
  }

  /** What a call may cost at most so that a cap does not refuse it, as far as it is known here. */
  leftOf(slot: Slot, capNanoUsd: NanoUsd): NanoUsd {
    const share = this.#shares.of(slot)
    const spare = share?.usable(slot) ?? 0
    if (this.#isAway) return spare
    const { spentNanoUsd, reservedNanoUsd } = this.look(slot)
    return Math.max(spare, capNanoUsd - spentNanoUsd - reservedNanoUsd - (share?.keptNanoUsd ?? 0))
  }

  /** What the others have in the budget's counters; nothing while they are out of reach. */
  async others(budget: string, fromMs: number): ReturnType<RemoteCounters['list']> {
    if (this.#isAway) return []
    return this.#parts.remote.list(budget, fromMs).catch(() => [])
  }

  /** Rejects with `store_unavailable`. */
  async instances(): Promise<readonly InstanceBeat[]> {
    return this.#parts.remote.instances().catch(outOfReach)
  }

  /** See `RemoteCounters.forget`. Rejects with `store_unavailable`. */
  async forget(instance: string): Promise<readonly ForgottenBudget[] | undefined> {
    const forgotten = await this.#parts.remote.forget(instance, this.#books?.budgets ?? []).catch(outOfReach)
    if (forgotten) this.#instances = this.#instances.filter((other) => other !== instance)
    return forgotten
  }

  get #own(): MemoryCounters {
    return this.#books!.counters
  }

  async #ask(hold: Hold): Promise<Held | undefined> {
    await this.#joining
    const [token, own] = [this.#token, this.#own]
    if (this.#isAway || token === undefined) return this.#carry(hold)
    let answer: RemoteAnswer
    try {
      answer = await this.#parts.remote.reserve(token, hold, false)
    } catch (cause) {
      this.#lose(cause, token)
      return own === this.#own ? this.#carry(hold) : undefined
    }
    // What was granted to an older token is void.
    if (own !== this.#own || token !== this.#token) return undefined
    return this.#judge(hold, answer)
  }

  #judge(hold: Hold, answer: RemoteAnswer): Held | undefined {
    this.#shares.learn(hold, answer.states)
    switch (answer.is) {
      case 'stale':
        this.renew()
        return undefined
      case 'untrusted':
        return this.#carry(hold)
      case 'refused':
        return this.#shares.covers(hold)
          ? this.#take(hold)
          : { isHeld: false, slot: hold.slots[answer.refusedAt!]! }
      case 'done':
      case 'again':
        this.#own.hold(hold)
        return { isHeld: true }
    }
  }

  /** By what is kept for it. */
  #carry(hold: Hold): Held {
    if (this.#shares.covers(hold)) return this.#take(hold)
    for (const slot of hold.slots) {
      if (slot.capNanoUsd !== undefined && this.#isSurelySpent(slot, slot.capNanoUsd, hold.amountNanoUsd))
        return { isHeld: false, slot }
    }
    throw new GatewayError(
      'budget_unavailable',
      'The counters of a hard budget are out of reach, and what this instance keeps of it does not cover the call.',
      { retryAfterMs },
    )
  }

  /** What was spent within a calendar's period stays spent: it needs no answer. */
  #isSurelySpent(slot: Slot, capNanoUsd: NanoUsd, amountNanoUsd: NanoUsd): boolean {
    const { spentNanoUsd, reservedNanoUsd } = this.#own.look(slot)
    const others = slot.bucketMs === slot.fromMs && this.#shares.of(slot)?.othersAt(slot)
    return spentNanoUsd + reservedNanoUsd + (others ? others.spentNanoUsd : 0) + amountNanoUsd > capNanoUsd
  }

  #take(hold: Hold): Held {
    const token = this.#token
    this.#shares.take(hold, token !== undefined)
    this.#own.hold(hold)
    if (token !== undefined) {
      this.#tell(token, this.#parts.remote.reserve(token, hold, true), (answer) => {
        this.#shares.taken(hold)
        this.#shares.learn(hold, answer.states)
      })
    }
    return { isHeld: true }
  }

  #tell(token: string, telling: Promise<RemoteAnswer>, onAnswer: (answer: RemoteAnswer) => void): void {
    telling.then(
      (answer) => {
        if (token !== this.#token) return
        if (answer.is === 'stale') this.renew()
        else onAnswer(answer)
      },
      (cause: unknown) => this.#lose(cause, token),
    )
  }

  /** One after another: each follows upon the token of the one before. */
  #joinNext(): Promise<void> {
    this.#joins = this.#joins.then(() => this.#join())
    return this.#joins
  }

  async #join(): Promise<void> {
    let token = this.#token
    try {
      for (let tries = 0; ; tries++) {
        const before = await this.#parts.remote.lastToken()
        if (this.#isClosed || (token !== this.#token && this.#token === undefined)) return
        token = this.#token = this.#parts.newToken()
        if (await this.#parts.remote.report(token, this.#report(), before)) break
        if (tries === maxTries)
          throw new Error('another process tells what it has by the name of this instance')
      }
      await this.#countOthers(token)
      await this.#beat(token)
    } catch (cause) {
      this.#lose(cause, token)
    }
  }

  async #beat(token: string): Promise<void> {
    const others = await this.#parts.remote.beat(token)
    if (token !== this.#token) return
    if (others === undefined) {
      this.renew()
      return
    }
    this.#instances = others
    if (this.#isAway) this.#parts.onState(undefined)
    this.#isAway = false
    this.#schedule(beatMs)
  }

  async #countOthers(token: string): Promise<void> {
    const { remote, onUncounted } = this.#parts
    const books = this.#books!
    const budgets = await remote.uncounted(books.budgets)
    this.#isCounted = budgets.length === 0
    if (this.#isCounted) return
    let entries: readonly InstanceEntry[]
    try {
      entries = await books.others(budgets)
    } catch (cause) {
      onUncounted(cause)
      return
    }
    await remote.count(token, budgets, entries)
    this.#isCounted = true
  }

  /** All that is this instance's own now. */
  #report(): Report {
    const { counters, holds } = this.#books!
    const entries = this.#shares.tellWith(counters.parts(), this.#parts.clock.nowMs())
    return { entries, holds: holds(), instances: this.#instances }
  }

  #lose(cause: unknown, token: string | undefined): void {
    if (token !== this.#token || this.#isClosed) return
    this.#token = undefined
    if (!this.#isAway) this.#parts.onState(cause)
    this.#isAway = true
    this.#schedule(probeMs)
  }

  #schedule(inMs: number): void {
    clearTimeout(this.#timer)
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#look(), inMs).unref()
  }

  async #look(): Promise<void> {
    const token = this.#token
    if (token === undefined) return this.#joinNext()
    try {
      if (!this.#isCounted) await this.#countOthers(token)
      await this.#beat(token)
    } catch (cause) {
      this.#lose(cause, token)
    }
  }
}

function outOfReach(cause: unknown): never {
  throw new GatewayError('store_unavailable', 'Redis does not answer.', { retryAfterMs, cause })
}

/** Keeps calls within their budgets: reserves before each attempt, settles after it, and tells who comes near. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { NanoUsd } from '../core/money.ts'
import { Roster } from '../core/roster.ts'
import { type AttemptHold, type CountedMatch, type LiveAttempt, toHold } from './attempt-hold.ts'
import { type Budget, BudgetIndex, type Spending, windowOf } from './budget.ts'
import { type BudgetEvent, BudgetTeller } from './budget-events.ts'
import {
  type BudgetShare,
  type BudgetState,
  differencesBetween,
  publicShares,
  statesIn,
  withOthers,
} from './budget-states.ts'
import { type Credit, Credits } from './credits.ts'
import type { Spender } from './entry.ts'
import type { MemoryCounters } from './memory-counters.ts'
import type {
  ChargeQuery,
  CounterState,
  Held,
  InstanceCharge,
  InstanceEntry,
  LedgerStore,
  Slot,
} from './port.ts'
import { addLive, countedBy, countedOf } from './live-count.ts'
import { countInstances, Recount, type RecountStore } from './recount.ts'
import type { SharedCounters } from './shared-counters.ts'

export interface BudgetParts {
  readonly store: RecountStore & Pick<LedgerStore, 'hasLine'>
  readonly budgets: readonly Budget[]
  /** Those that are known: others come with calls, and each has all of it counted again. */
  readonly credits?: readonly Credit[]
  readonly clock: Pick<Clock, 'nowMs'>
  onEvent(event: BudgetEvent): void
  /** Where several instances count together. */
  readonly shared?: {
    readonly counters: SharedCounters
    /** Of all instances, where they have a ledger together. */
    charges(query: ChargeQuery): Promise<readonly InstanceCharge[]>
  }
}

/** Of an attempt that nothing counts. */
const uncounted: readonly CountedMatch[] = []
/** Budgets that change while a call is held are matched again; nobody changes them so often. */
const maxTries = 3

/** Other budgets, while what they have to count is being read. */
interface Change {
  readonly budgets: readonly Budget[]
  readonly credits: readonly Credit[]
  /** Those that are not in force as they are: the calls that they count wait for them. */
  readonly fresh: BudgetIndex
}

export class Budgets {
  readonly #parts: BudgetParts
  #live: () => Iterable<LiveAttempt> = () => []
  #index: BudgetIndex
  #counters: MemoryCounters
  readonly #shared: SharedCounters | undefined
  /** What is under way, where reserving takes a while: `live` learns of it later. */
  readonly #held: Roster<AttemptHold> | undefined
  #credits: Credits
  /** The last that was asked for: with it, `changing` ends. */
  #wanted: Change | undefined
  #changing: Promise<void> | undefined
  readonly #teller: BudgetTeller
  readonly #recount: Recount

  constructor(parts: BudgetParts) {
    this.#parts = parts
    this.#teller = new BudgetTeller((event) => parts.onEvent(event))
    this.#shared = parts.shared?.counters
    this.#held = this.#shared && new Roster()
    this.#credits = Credits.of(parts.credits)
    this.#index = new BudgetIndex([...parts.budgets, ...this.#credits.budgets])
    this.#recount = new Recount({
      ...parts,
      addLive: (counters, index) => this.#addLive(counters, index),
    })
    this.#counters = this.#recount.atOnce(this.all)
    this.#share()
  }

  get all(): readonly Budget[] {
    return this.#index.budgets
  }

  /** Says which attempts are not settled in the file: they count beside it. */
  follow(live: () => Iterable<LiveAttempt>): void {
    this.#live = live
  }

  /**
   * Other budgets from now on. They count what was spent before, which is read beside the calls, and the attempts that are
   * under way. Resolves when they are in force; calls that an other budget counts wait for that. Where they cannot be
   * counted it rejects, and calls that one of them counts try it again. `credits`: those that are known; a team's that is
   * not among them stays.
   */
  replace(budgets: readonly Budget[], credits: readonly Credit[] = []): Promise<void> {
    const known = new Set(this.all.map((budget) => JSON.stringify(budget)))
    const isFresh = (budget: Budget) => !known.has(JSON.stringify(budget))
    const fresh = new BudgetIndex([...budgets, ...Credits.of(credits).budgets].filter(isFresh))
    this.#wanted = { budgets, credits, fresh }
    this.#changing ??= this.#takeUpWanted()
    return this.#changing
  }

  async #takeUpWanted(): Promise<void> {
    const wanted = () => {
      const { budgets, credits } = this.#wanted!
      return [...budgets, ...this.#credits.with(credits).budgets]
    }
    try {
      await this.#recount.beside(wanted, (counters) => {
        const budgets = wanted()
        this.#credits = this.#credits.with(this.#wanted!.credits)
        this.#wanted = undefined
        this.#changing = undefined
        this.#putInForce(budgets, counters)
      })
    } catch (cause) {
      this.#changing = undefined
      throw cause
    }
  }

  /** Resolves when the last change is in force; undefined where it is. */
  get changing(): Promise<void> | undefined {
    return this.#changing
  }

  /** The last change could not be counted, and nobody is at it. */
  get isOverdue(): boolean {
    return this.#wanted !== undefined && this.#changing === undefined
  }

  /**
   * Resolves when the budgets that count such a call are in force; undefined where they are. Rejects with
   * `ledger_unavailable` or `budget_unavailable` where they cannot be counted now.
   */
  inForce(spender: Spender, provider: string, model: string): Promise<unknown> | undefined {
    if (this.#wanted === undefined) return undefined
    const isCounted = this.#wanted.fresh.matches({ ...spender, provider, model }).length > 0
    if (!isCounted) return undefined
    this.#changing ??= this.#takeUpWanted()
    return this.#changing.catch(refuseUncounted)
  }

  /** What counts a call of this spender to this target. Throws `ledger_unavailable` where that cannot be counted. */
  counting(spender: Spender, provider: string, model: string, atMs: number): readonly CountedMatch[] {
    const { org, team, creditNanoUsd } = spender
    if (team !== undefined && !this.#credits.has(org, team, creditNanoUsd)) {
      const credits = this.#credits.with([{ org, team, creditNanoUsd }])
      const others = this.all.filter(({ origin }) => origin !== 'credit')
      const budgets = [...others, ...credits.budgets]
      const counters = this.#recount.atOnce(budgets)
      this.#credits = credits
      this.#putInForce(budgets, counters)
    }
    if (this.#index.isEmpty) return uncounted
    return countedBy(this.#index, { ...spender, provider, model }, atMs)
  }

  /** What a call may cost at most before a hard cap refuses it; undefined where none bounds it. */
  leftFor(counted: readonly CountedMatch[]): NanoUsd | undefined {
    let least: NanoUsd | undefined
    for (const { slot } of counted) {
      if (slot.capNanoUsd === undefined) continue
      const left = this.#shared?.leftOf(slot, slot.capNanoUsd) ?? this.#left(slot, slot.capNanoUsd)
      if (least === undefined || left < least) least = left
    }
    return least
  }

  /** What is left of the tightest budget, hard or not: what the client is told. */
  remainingOf(counted: readonly CountedMatch[]): NanoUsd | undefined {
    let least: NanoUsd | undefined
    for (const { budget, slot } of counted) {
      const left = Math.max(0, this.#left(slot, budget.capNanoUsd))
      if (least === undefined || left < least) least = left
    }
    return least
  }

  /**
   * Holds the amount in all of them or in none: at once, but where several instances count together. Throws or rejects
   * with `budget_exceeded`, or with `budget_unavailable`.
   */
  reserve(hold: AttemptHold): Promise<void> | undefined {
    if (hold.counted.length === 0) {
      hold.isHeld = true
      return undefined
    }
    if (this.#shared) return this.#reserveTogether(hold, this.#shared)
    this.#judge(this.#counters.reserve(toHold(hold)), hold)
    return undefined
  }

  /** The first time counts. */
  settle(hold: AttemptHold, chargedNanoUsd: NanoUsd): void {
    const { counted, isHeld } = hold
    hold.isHeld = false
    if (!isHeld) return
    if (hold.place !== undefined) this.#held?.remove(hold.place)
    if (counted.length === 0) return
    const before = counted.map(({ slot }) => this.#look(slot).spentNanoUsd)
    if (this.#shared) {
      // Whoever crosses a threshold together with others tells it: by the order in which all of them are counted.
      const isTold = this.#shared.settle(toHold(hold), chargedNanoUsd, (states) => {
        counted.forEach((match, at) => {
          const after = states[at]!.ownSpentNanoUsd + states[at]!.others.spentNanoUsd
          this.#teller.passed(match, after - chargedNanoUsd, after)
        })
      })
      if (isTold) return
    } else this.#counters.settle(toHold(hold), chargedNanoUsd)
    if (chargedNanoUsd === 0) return
    counted.forEach((match, at) =>
      this.#teller.passed(match, before[at]!, this.#look(match.slot).spentNanoUsd),
    )
  }

  /** Resolves when what this instance has is known to the others, or they are out of reach. */
  async joined(): Promise<void> {
    await this.#shared?.joined()
  }

  /** Nothing is held any more. */
  async close(): Promise<void> {
    await this.#shared?.close()
  }

  /** The route to take in place of the one asked for: a budget that is not hard is used up. */
  fallbackOf(spender: Spending, atMs: number): string | undefined {
    for (const { budget, slot } of countedBy(this.#index, spender, atMs)) {
      if (budget.fallback === undefined || budget.isHard || budget.fallback === spender.route) continue
      if (this.#left(slot, budget.capNanoUsd) <= 0) return budget.fallback
    }
    return undefined
  }

  get hasFallbacks(): boolean {
    return this.#index.hasFallbacks
  }

  /** What each subject has spent in the budget's period of now, by this instance. */
  statesOf(budget: Budget, nowMs: number): BudgetState[] {
    return statesIn(this.#counters, budget, nowMs)
  }

  /** As `statesOf`, of all instances. */
  async allStatesOf(budget: Budget, nowMs: number): Promise<BudgetState[]> {
    const own = this.statesOf(budget, nowMs)
    if (this.#shared === undefined) return own
    return withOthers(budget, own, await this.#shared.others(budget.id, windowOf(budget, nowMs).fromMs))
  }

  /** For metrics: how much is used of those that name no person. */
  publicShares(): BudgetShare[] {
    return publicShares(this.all, this.#counters, (slot) => this.#look(slot), this.#parts.clock.nowMs())
  }

  /** Counts all of it again from the ledger, and says where memory differs. Empty is the proof. */
  differences(): Promise<string[]> {
    return this.#recount.beside(
      () => this.all,
      (counted) => differencesBetween(this.all, this.#counters, counted, this.#parts.clock.nowMs()),
    )
  }

  /** `counters`: of this moment, with what is under way by the budgets that were in force. */
  #putInForce(budgets: readonly Budget[], counters: MemoryCounters): void {
    this.#index = new BudgetIndex(budgets)
    this.#teller.forget()
    this.#counters = counters
    for (const hold of this.#held ?? []) hold.counted = this.#countedOf(hold)
    for (const { hold } of this.#live()) hold.counted = this.#countedOf(hold)
    this.#share()
  }

  /** What nothing has counted so far may be counted from now on. */
  #takeUp(held: Roster<AttemptHold>): void {
    for (const { hold } of this.#live()) {
      if (hold.isHeld && hold.place === undefined) hold.place = held.add(hold)
    }
  }

  async #reserveTogether(hold: AttemptHold, shared: SharedCounters): Promise<void> {
    for (let tries = 0; tries < maxTries; tries++) {
      const held = await shared.reserve(toHold(hold))
      if (held) {
        if (held.isHeld) hold.place = this.#held!.add(hold)
        this.#judge(held, hold)
        return
      }
      hold.counted = this.#countedOf(hold)
    }
    throw new GatewayError('budget_unavailable', 'Budgets are being counted anew.', { retryAfterMs: 1_000 })
  }

  /** What is counted here is told to the other instances. */
  #share(): void {
    this.#shared?.adopt({
      counters: this.#counters,
      budgets: this.#index.budgets.map(({ id }) => id),
      holds: () => [...this.#held!].map(({ id }) => id),
      others: (ids) => this.#countOthers(new Set(ids)),
    })
  }

  #countOthers(ids: ReadonlySet<string>): Promise<readonly InstanceEntry[]> {
    const asked = this.all.filter(({ id }) => ids.has(id))
    return countInstances(asked, (query) => this.#parts.shared!.charges(query), this.#parts.clock.nowMs())
  }

  #look(slot: Slot): CounterState {
    return this.#shared ? this.#shared.look(slot) : this.#counters.look(slot)
  }

  #left(slot: Slot, capNanoUsd: NanoUsd): NanoUsd {
    const { spentNanoUsd, reservedNanoUsd } = this.#look(slot)
    return capNanoUsd - spentNanoUsd - reservedNanoUsd
  }

  #addLive(counters: MemoryCounters, index: BudgetIndex): void {
    if (this.#held) this.#takeUp(this.#held)
    addLive(counters, index, { live: this.#live(), held: this.#held, store: this.#parts.store })
  }

  #countedOf(hold: AttemptHold): CountedMatch[] {
    return countedOf(this.#index, hold)
  }

  #judge(held: Held, hold: AttemptHold): void {
    hold.isHeld = held.isHeld
    if (held.isHeld) return
    const match = hold.counted.find(({ slot }) => slot === held.slot)!
    this.#teller.refuse(match, hold.amountNanoUsd, this.#look(match.slot))
  }
}

function refuseUncounted(cause: unknown): never {
  if (cause instanceof GatewayError) throw cause
  const why = 'A budget has changed, and what was spent in it cannot be counted now.'
  throw new GatewayError('budget_unavailable', why, { retryAfterMs: 1_000, cause })
}

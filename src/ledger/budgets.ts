/** Keeps calls within their budgets: reserves before each attempt, settles after it, and tells who comes near. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { formatUsd, type NanoUsd } from '../core/money.ts'
import { Roster } from '../core/roster.ts'
import { type Budget, BudgetIndex, type Match, type Spending, windowOf } from './budget.ts'
import type { Spender } from './entry.ts'
import { MemoryCounters } from './memory-counters.ts'
import type {
  ChargeQuery,
  CounterState,
  Held,
  Hold,
  InstanceCharge,
  InstanceEntry,
  LedgerStore,
  Slot,
} from './port.ts'
import { countCharges, questionsOf } from './recount.ts'
import type { SharedCounters } from './shared-counters.ts'

/** `threshold`: so much of the cap is spent. `refused`: the first call that a hard cap has refused in its period. */
export interface BudgetEvent {
  readonly is: 'threshold' | 'refused'
  readonly budget: Budget
  /** Whose money it is: a name, or an id. */
  readonly subject: string
  readonly subjectId: string
  /** The share of the cap that was reached; of a refusal, 1. */
  readonly share: number
  readonly spentNanoUsd: NanoUsd
  readonly atMs: number
  /** When the period ends, in Unix milliseconds; absent for a total. */
  readonly untilMs?: number
}

/** An attempt that waits for its settlement, or whose settlement waits for the file. */
export interface LiveAttempt {
  readonly hold: AttemptHold
  readonly requestId: string
  readonly attempt: number
  /** Undefined while it is open. */
  readonly chargedNanoUsd: NanoUsd | undefined
}

export interface BudgetParts {
  readonly store: Pick<LedgerStore, 'charges' | 'hasLine' | 'atOnce'>
  readonly budgets: readonly Budget[]
  readonly clock: Pick<Clock, 'nowMs'>
  onEvent(event: BudgetEvent): void
  /** Where several instances count together. */
  readonly shared?: {
    readonly counters: SharedCounters
    /** Of all instances, where they have a ledger together. */
    charges(query: ChargeQuery): Promise<readonly InstanceCharge[]>
  }
}

/** A budget's state for one of its subjects. */
export interface BudgetState extends CounterState {
  readonly subject: string
}

interface CountedMatch extends Match {
  readonly slot: Slot
}

/** The same without the cap that could refuse. */
export function uncapped({ slot: { capNanoUsd: _, ...slot }, ...match }: CountedMatch): CountedMatch {
  return { ...match, slot }
}

/** What counts one attempt, from before it is made until it is settled. */
export interface AttemptHold {
  /** One per attempt. */
  readonly id: string
  readonly spender: Spender
  readonly provider: string
  readonly model: string
  readonly atMs: number
  readonly amountNanoUsd: NanoUsd
  /** Changes where there are other budgets before it is settled. */
  counted: readonly CountedMatch[]
  /** Between its reservation and its settlement. */
  isHeld: boolean
  /** Among those that are held, where several instances count together. */
  place?: number | undefined
}

/** Of an attempt that nothing counts. */
const uncounted: readonly CountedMatch[] = []
/** Refusals are told once in a period; so many periods are remembered. */
const maxRefusals = 10_000
/** Budgets that change while a call is held are matched again; nobody changes them so often. */
const maxTries = 3

export class Budgets {
  readonly #parts: BudgetParts
  #live: () => Iterable<LiveAttempt> = () => []
  #index: BudgetIndex
  #counters: MemoryCounters
  readonly #shared: SharedCounters | undefined
  /** What is under way, where reserving takes a while: `live` learns of it later. */
  readonly #held: Roster<AttemptHold> | undefined
  /** Of teams that pay in advance, by organisation and team. */
  readonly #credits = new Map<string, Budget>()
  /** The last refusal that was told, by its counter: the beginning of the period. */
  readonly #refusals = new Map<string, number>()

  constructor(parts: BudgetParts) {
    this.#parts = parts
    this.#shared = parts.shared?.counters
    this.#held = this.#shared && new Roster()
    this.#index = new BudgetIndex(parts.budgets)
    this.#counters = this.#count()
    this.#share()
  }

  get all(): readonly Budget[] {
    return this.#index.budgets
  }

  /** Says which attempts are not settled in the file: they count beside it. */
  follow(live: () => Iterable<LiveAttempt>): void {
    this.#live = live
  }

  /** Other budgets from now on. They count what was spent before, and the attempts that are under way. */
  replace(budgets: readonly Budget[]): void {
    this.#index = new BudgetIndex([...budgets, ...this.#credits.values()])
    this.#refusals.clear() // a changed budget's are told again
    if (this.#held) this.#takeUp(this.#held)
    this.#counters = this.#count()
    for (const hold of this.#held ?? []) hold.counted = this.#countedOf(hold)
    for (const { hold } of this.#live()) hold.counted = this.#countedOf(hold)
    this.#share()
  }

  /** What counts a call of this spender to this target. */
  counting(spender: Spender, provider: string, model: string, atMs: number): readonly CountedMatch[] {
    if (spender.team !== undefined) this.#noteCredit(spender.org, spender.team, spender.creditNanoUsd)
    if (this.#index.isEmpty) return uncounted
    return this.#counted({ ...spender, provider, model }, atMs)
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
          this.#tell(match, after - chargedNanoUsd, after)
        })
      })
      if (isTold) return
    } else this.#counters.settle(toHold(hold), chargedNanoUsd)
    if (chargedNanoUsd === 0) return
    counted.forEach((match, at) => this.#tell(match, before[at]!, this.#look(match.slot).spentNanoUsd))
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
    for (const { budget, slot } of this.#counted(spender, atMs)) {
      if (budget.fallback === undefined || budget.isHard || budget.fallback === spender.route) continue
      if (this.#left(slot, budget.capNanoUsd) <= 0) return budget.fallback
    }
    return undefined
  }

  get hasFallbacks(): boolean {
    return this.#index.budgets.some(({ fallback }) => fallback !== undefined)
  }

  /** What each subject has spent in the budget's period of now, by this instance. */
  statesOf(budget: Budget, nowMs: number): BudgetState[] {
    const window = windowOf(budget, nowMs)
    const prefix = `${budget.id}|`
    const states: BudgetState[] = []
    for (const [counter] of this.#counters.entries()) {
      if (counter !== budget.id && !counter.startsWith(prefix)) continue
      const subject = subjectOf(budget, counter)
      const state = this.#counters.look({ ...window, counter, atMs: nowMs })
      if (state.spentNanoUsd !== 0 || state.reservedNanoUsd !== 0) states.push({ subject, ...state })
    }
    return states
  }

  /** As `statesOf`, of all instances. */
  async allStatesOf(budget: Budget, nowMs: number): Promise<BudgetState[]> {
    const own = this.statesOf(budget, nowMs)
    if (this.#shared === undefined) return own
    const states = new Map(own.map((state) => [state.subject, state]))
    const others = await this.#shared.others(budget.id, windowOf(budget, nowMs).fromMs)
    for (const { counter, spentNanoUsd, reservedNanoUsd } of others) {
      if (spentNanoUsd === 0 && reservedNanoUsd === 0) continue
      const subject = subjectOf(budget, counter)
      const before = states.get(subject) ?? { spentNanoUsd: 0, reservedNanoUsd: 0 }
      states.set(subject, {
        subject,
        spentNanoUsd: before.spentNanoUsd + spentNanoUsd,
        reservedNanoUsd: before.reservedNanoUsd + reservedNanoUsd,
      })
    }
    return [...states.values()]
  }

  /** Counts all of it again from the ledger, and says where memory differs. Empty is the proof. */
  differences(): string[] {
    const nowMs = this.#parts.clock.nowMs()
    const expected = this.#count()
    const differences: string[] = []
    for (const budget of this.#index.budgets) {
      const window = windowOf(budget, nowMs)
      const names = new Set<string>()
      for (const counters of [expected, this.#counters]) {
        for (const [name] of counters.entries()) {
          if (name === budget.id || name.startsWith(`${budget.id}|`)) names.add(name)
        }
      }
      for (const counter of names) {
        const slot = { ...window, counter, atMs: nowMs }
        const [is, should] = [this.#counters.look(slot), expected.look(slot)]
        if (is.spentNanoUsd === should.spentNanoUsd && is.reservedNanoUsd === should.reservedNanoUsd) continue
        differences.push(
          `budget ${counter}: counted ${formatUsd(is.spentNanoUsd)} + ${formatUsd(is.reservedNanoUsd)} reserved, ` +
            `the ledger has ${formatUsd(should.spentNanoUsd)} + ${formatUsd(should.reservedNanoUsd)}`,
        )
      }
    }
    return differences
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

  async #countOthers(ids: ReadonlySet<string>): Promise<InstanceEntry[]> {
    const nowMs = this.#parts.clock.nowMs()
    const instances = new Map<string, MemoryCounters>()
    const countersOf = (instance: string): MemoryCounters => {
      const counters = instances.get(instance) ?? new MemoryCounters()
      instances.set(instance, counters)
      return counters
    }
    const asked = this.#index.budgets.filter(({ id }) => ids.has(id))
    for (const question of questionsOf(asked, nowMs)) {
      const charges = await this.#parts.shared!.charges(question.query)
      countCharges(charges, question, nowMs, ({ instance }) => countersOf(instance))
    }
    return [...instances].flatMap(([instance, counters]) =>
      [...counters.parts()].map(({ reservedNanoUsd: _, ...part }) => ({ instance, ...part })),
    )
  }

  #look(slot: Slot): CounterState {
    return this.#shared ? this.#shared.look(slot) : this.#counters.look(slot)
  }

  #left(slot: Slot, capNanoUsd: NanoUsd): NanoUsd {
    const { spentNanoUsd, reservedNanoUsd } = this.#look(slot)
    return capNanoUsd - spentNanoUsd - reservedNanoUsd
  }

  #counted(spending: Spending, atMs: number): CountedMatch[] {
    return this.#index.matches(spending).map((match) => ({ ...match, slot: slotOf(match, atMs) }))
  }

  /** A team's prepaid credit comes with its calls, and may change with any of them. */
  #noteCredit(org: string, team: string, creditNanoUsd: NanoUsd | undefined): void {
    const at = `${org}/${team}`
    if (this.#credits.get(at)?.capNanoUsd === creditNanoUsd) return
    if (creditNanoUsd === undefined) this.#credits.delete(at)
    else this.#credits.set(at, creditBudget(org, team, creditNanoUsd))
    this.replace(this.all.filter(({ origin }) => origin !== 'credit'))
  }

  /** From the ledger, with what is under way. */
  #count(): MemoryCounters {
    const { store, clock } = this.#parts
    const nowMs = clock.nowMs()
    return store.atOnce(() => {
      const counters = new MemoryCounters()
      for (const question of questionsOf(this.#index.budgets, nowMs)) {
        countCharges(store.charges(question.query), question, nowMs, () => counters)
      }
      for (const attempt of this.#live()) this.#countLive(counters, attempt)
      if (this.#held) for (const hold of this.#held) this.#countHeld(counters, hold)
      return counters
    })
  }

  #countedOf({ spender, provider, model, atMs }: AttemptHold): CountedMatch[] {
    return this.#counted({ ...spender, provider, model }, atMs)
  }

  #countLive(counters: MemoryCounters, live: LiveAttempt): void {
    const { hold, requestId, attempt, chargedNanoUsd } = live
    if (chargedNanoUsd === undefined) {
      if (this.#held === undefined) this.#countHeld(counters, hold)
    } else if (!this.#parts.store.hasLine(requestId, attempt)) {
      for (const { slot } of this.#countedOf(hold)) counters.spend(slot, chargedNanoUsd)
    }
  }

  /** What has been let through counts, whatever the caps are now. */
  #countHeld(counters: MemoryCounters, hold: AttemptHold): void {
    counters.hold(toHold({ ...hold, counted: this.#countedOf(hold) }))
  }

  #judge(held: Held, hold: AttemptHold): void {
    hold.isHeld = held.isHeld
    if (held.isHeld) return
    const match = hold.counted.find(({ slot }) => slot === held.slot)!
    this.#refuse(match, hold.amountNanoUsd)
  }

  /** Tells the first of each period. */
  #refuse(match: CountedMatch, amountNanoUsd: NanoUsd): never {
    const { budget, subject, slot } = match
    const { spentNanoUsd, reservedNanoUsd } = this.#look(slot)
    if (this.#refusals.get(slot.counter) !== slot.bucketMs) {
      if (this.#refusals.size >= maxRefusals) this.#refusals.clear()
      this.#refusals.set(slot.counter, slot.bucketMs)
      this.#parts.onEvent(eventOf(match, { is: 'refused', share: 1, spentNanoUsd }))
    }
    const until =
      slot.untilMs === Number.MAX_SAFE_INTEGER ? '' : ` until ${new Date(slot.untilMs).toISOString()}`
    throw new GatewayError(
      'budget_exceeded',
      `The budget of ${budget.scope} ${subject} is used up${until}: of ${formatUsd(budget.capNanoUsd)} USD, ` +
        `${formatUsd(spentNanoUsd)} are spent and ${formatUsd(reservedNanoUsd)} are held by calls under way; ` +
        `this call may cost ${formatUsd(amountNanoUsd)}.`,
    )
  }

  #tell(match: CountedMatch, before: NanoUsd, spentNanoUsd: NanoUsd): void {
    const { budget } = match
    for (const share of budget.alertAt) {
      const amount = share * budget.capNanoUsd
      if (before >= amount || spentNanoUsd < amount) continue
      this.#parts.onEvent(eventOf(match, { is: 'threshold', share, spentNanoUsd }))
    }
  }
}

function toHold({ id, amountNanoUsd, counted }: AttemptHold): Hold {
  return { id, amountNanoUsd, slots: counted.map(({ slot }) => slot) }
}

function slotOf({ budget, counter }: Match, atMs: number): Slot {
  return {
    ...windowOf(budget, atMs),
    counter,
    atMs,
    ...(budget.isHard && { capNanoUsd: budget.capNanoUsd }),
  }
}

function subjectOf({ id, subject }: Budget, counter: string): string {
  return counter === id ? subject! : counter.slice(id.length + 1)
}

/** A team's prepaid credit is a hard budget without an end. */
function creditBudget(org: string, team: string, creditNanoUsd: NanoUsd): Budget {
  return {
    id: `credit:${org}:${team}`,
    org,
    scope: 'team',
    subject: team,
    capNanoUsd: creditNanoUsd,
    period: 'total',
    isRolling: false,
    isHard: true,
    alertAt: [0.8, 1],
    origin: 'credit',
  }
}

function eventOf(
  { budget, subject, slot }: CountedMatch,
  { is, share, spentNanoUsd }: Pick<BudgetEvent, 'is' | 'share' | 'spentNanoUsd'>,
): BudgetEvent {
  return {
    is,
    budget,
    subject,
    subjectId: subjectOf(budget, slot.counter),
    share,
    spentNanoUsd,
    atMs: slot.atMs,
    ...(slot.untilMs !== Number.MAX_SAFE_INTEGER && { untilMs: slot.untilMs }),
  }
}

/** Keeps calls within their budgets: reserves before each attempt, settles after it, and tells who comes near. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { formatUsd, type NanoUsd } from '../core/money.ts'
import { type Budget, BudgetIndex, type Match, type Spending, windowOf } from './budget.ts'
import type { Spender } from './entry.ts'
import { MemoryCounters } from './memory-counters.ts'
import { stepOf } from './period.ts'
import type { ChargeQuery, Counters, CounterState, Hold, LedgerStore, Slot } from './port.ts'

/** `threshold`: so much of the cap is spent. `refused`: the first call that a hard cap has refused in its period. */
export interface BudgetEvent {
  readonly is: 'threshold' | 'refused'
  readonly budget: Budget
  /** Whose money it is: a name, or an id. */
  readonly subject: string
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
}

/** A budget's state for one of its subjects. */
export interface BudgetState extends CounterState {
  readonly subject: string
}

interface CountedMatch extends Match {
  readonly slot: Slot
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
}

/** Of an attempt that nothing counts. */
const uncounted: readonly CountedMatch[] = []
/** Refusals are told once in a period; so many periods are remembered. */
const maxRefusals = 10_000

export class Budgets {
  readonly #parts: BudgetParts
  #live: () => Iterable<LiveAttempt> = () => []
  #index: BudgetIndex
  #counters: MemoryCounters
  /** Of teams that pay in advance, by organisation and team. */
  readonly #credits = new Map<string, Budget>()
  /** The last refusal that was told, by its counter: the beginning of the period. */
  readonly #refusals = new Map<string, number>()

  constructor(parts: BudgetParts) {
    this.#parts = parts
    this.#index = new BudgetIndex(parts.budgets)
    this.#counters = this.#count()
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
    this.#counters = this.#count()
    for (const { hold } of this.#live()) hold.counted = this.#countedOf(hold)
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
      const left = this.#left(slot, slot.capNanoUsd)
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

  /** Holds the amount in all of them or in none. Throws or rejects with `budget_exceeded`. */
  reserve(hold: AttemptHold): Promise<void> | undefined {
    if (hold.counted.length === 0) {
      hold.isHeld = true
      return undefined
    }
    const held = (this.#counters as Counters).reserve(toHold(hold))
    if (held instanceof Promise) return held.then((answer) => this.#judge(answer, hold))
    this.#judge(held, hold)
    return undefined
  }

  /** The first time counts. */
  settle(hold: AttemptHold, chargedNanoUsd: NanoUsd): void {
    const { counted, isHeld } = hold
    hold.isHeld = false
    if (!isHeld || counted.length === 0) return
    const before = counted.map(({ slot }) => this.#counters.look(slot).spentNanoUsd)
    this.#counters.settle(toHold(hold), chargedNanoUsd)
    if (chargedNanoUsd > 0) counted.forEach((match, at) => this.#tell(match, before[at]!))
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

  /** What each subject has spent in the budget's period of now. */
  statesOf(budget: Budget, nowMs: number): BudgetState[] {
    const window = windowOf(budget, nowMs)
    const prefix = `${budget.id}|`
    const states: BudgetState[] = []
    for (const [counter] of this.#counters.entries()) {
      if (counter !== budget.id && !counter.startsWith(prefix)) continue
      const subject = counter === budget.id ? budget.subject! : counter.slice(prefix.length)
      const state = this.#counters.look({ ...window, counter, atMs: nowMs })
      if (state.spentNanoUsd !== 0 || state.reservedNanoUsd !== 0) states.push({ subject, ...state })
    }
    return states
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

  #left(slot: Slot, capNanoUsd: NanoUsd): NanoUsd {
    const { spentNanoUsd, reservedNanoUsd } = this.#counters.look(slot)
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
      for (const budget of this.#index.budgets) this.#countSpent(counters, budget, nowMs)
      for (const attempt of this.#live()) this.#countLive(counters, attempt)
      return counters
    })
  }

  #countSpent(counters: MemoryCounters, budget: Budget, nowMs: number): void {
    const window = windowOf(budget, nowMs)
    const stepMs = stepOf(budget.period, budget.isRolling)
    const query: ChargeQuery = {
      scope: budget.scope,
      fromMs: window.fromMs,
      ...(stepMs !== undefined && { stepMs }),
    }
    const own = new BudgetIndex([budget])
    for (const { org, subject, name, bucketMs, chargedNanoUsd } of this.#parts.store.charges(query)) {
      const [match] = own.matches(asSpending(budget, { org, subject, name }))
      if (match === undefined) continue
      const at = stepMs === undefined ? window : windowOf(budget, bucketMs)
      counters.spend({ ...at, counter: match.counter, atMs: nowMs }, chargedNanoUsd)
    }
  }

  #countedOf({ spender, provider, model, atMs }: AttemptHold): CountedMatch[] {
    return this.#counted({ ...spender, provider, model }, atMs)
  }

  #countLive(counters: MemoryCounters, live: LiveAttempt): void {
    const { hold, requestId, attempt, chargedNanoUsd } = live
    // What has been let through counts, whatever the caps are now.
    const slots = this.#countedOf(hold).map(({ slot: { capNanoUsd: _, ...slot } }) => slot)
    if (chargedNanoUsd === undefined) {
      counters.reserve({ id: hold.id, amountNanoUsd: hold.amountNanoUsd, slots })
    } else if (!this.#parts.store.hasLine(requestId, attempt)) {
      for (const slot of slots) counters.spend(slot, chargedNanoUsd)
    }
  }

  #judge(held: Awaited<ReturnType<Counters['reserve']>>, hold: AttemptHold): void {
    hold.isHeld = held.isHeld
    if (held.isHeld) return
    const match = hold.counted.find(({ slot }) => slot === held.slot)!
    this.#refuse(match, hold.amountNanoUsd)
  }

  /** Tells the first of each period. */
  #refuse(match: CountedMatch, amountNanoUsd: NanoUsd): never {
    const { budget, subject, slot } = match
    const { spentNanoUsd, reservedNanoUsd } = this.#counters.look(slot)
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

  #tell(match: CountedMatch, before: NanoUsd): void {
    const { budget, slot } = match
    const { spentNanoUsd } = this.#counters.look(slot)
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
    share,
    spentNanoUsd,
    atMs: slot.atMs,
    ...(slot.untilMs !== Number.MAX_SAFE_INTEGER && { untilMs: slot.untilMs }),
  }
}

/** A subject of the ledger's lines, as the budget's own scope sees it. */
function asSpending(
  { scope }: Budget,
  { org, subject, name = subject }: { org: string; subject: string; name: string | undefined },
): Spending {
  const nobody: Spending = { org, keyId: '', keyName: '', tags: [] }
  switch (scope) {
    case 'organisation':
      return nobody
    case 'key':
      return { ...nobody, keyId: subject, keyName: name }
    case 'tag':
      return { ...nobody, tags: [subject] }
    case 'model': {
      const at = subject.indexOf('/')
      return { ...nobody, provider: subject.slice(0, at), model: subject.slice(at + 1) }
    }
    case 'team':
    case 'user':
    case 'session':
    case 'provider':
    case 'route':
      return { ...nobody, [scope]: subject }
  }
}

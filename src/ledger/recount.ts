/** Counts what was spent within a budget from the sums of a ledger. */

import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../core/clock.ts'
import { type Budget, BudgetIndex, type Spending, windowOf } from './budget.ts'
import { MemoryCounters } from './memory-counters.ts'
import { stepOf } from './period.ts'
import type { Charge, ChargeQuery, InstanceCharge, InstanceEntry, LedgerStore } from './port.ts'

/** Budgets that one question to a ledger is enough for. */
export interface Question {
  readonly query: ChargeQuery
  readonly budgets: Budget[]
}

/** What a ledger is asked for: many keys with budgets of their own ask for the same. */
export function questionsOf(budgets: readonly Budget[], nowMs: number): readonly Question[] {
  const questions = new Map<string, Question>()
  for (const budget of budgets) {
    const stepMs = stepOf(budget.period, budget.isRolling)
    const query = {
      scope: budget.scope,
      fromMs: windowOf(budget, nowMs).fromMs,
      ...(stepMs !== undefined && { stepMs }),
    }
    const key = JSON.stringify(query)
    const question = questions.get(key)
    if (question) question.budgets.push(budget)
    else questions.set(key, { query, budgets: [budget] })
  }
  return [...questions.values()]
}

/** Adds the charges that the budgets count. */
export function countCharges<Of extends Charge>(
  charges: Iterable<Of>,
  question: Question,
  nowMs: number,
  countersOf: (charge: Of) => MemoryCounters,
): void {
  const count = counting(question, nowMs, countersOf)
  for (const charge of charges) count(charge)
}

function counting<Of extends Charge>(
  { query, budgets }: Question,
  nowMs: number,
  countersOf: (charge: Of) => MemoryCounters,
): (charge: Of) => void {
  const index = new BudgetIndex(budgets)
  return (charge) => {
    for (const { budget, counter } of index.matches(asSpending(query, charge))) {
      const at = windowOf(budget, query.stepMs === undefined ? nowMs : charge.bucketMs)
      countersOf(charge).spend({ ...at, counter, atMs: nowMs }, charge.chargedNanoUsd)
    }
  }
}

export type RecountStore = Pick<LedgerStore, 'charges' | 'chargesBeside' | 'chargesSince' | 'atOnce'>

export interface RecountParts {
  readonly store: RecountStore
  readonly clock: Pick<Clock, 'nowMs'>
  /** Adds the attempts that have no line yet, by these budgets. */
  addLive(counters: MemoryCounters, index: BudgetIndex): void
}

/** Of charges that are taken up at a time: some milliseconds. */
const chargesPerTurn = 2_000
/** Where a period ends meanwhile, or the budgets change, it is counted once more; neither happens so often. */
const maxTries = 3

/** Counts all that budgets have to count: at once, or beside the calls. */
export class Recount {
  readonly #parts: RecountParts

  constructor(parts: RecountParts) {
    this.#parts = parts
  }

  /** Everybody waits for it. */
  atOnce(budgets: readonly Budget[]): MemoryCounters {
    const { store, clock, addLive } = this.#parts
    const nowMs = clock.nowMs()
    return store.atOnce(() => {
      const counters = new MemoryCounters()
      for (const question of questionsOf(budgets, nowMs)) {
        countCharges(store.charges(question.query), question, nowMs, () => counters)
      }
      addLive(counters, new BudgetIndex(budgets))
      return counters
    })
  }

  /**
   * The ledger is read by another thread, what it says is taken up a few charges a turn, and the lines that came meanwhile are
   * added. `use` is given counters of the moment in which it is called, of what `budgetsOf` gives then.
   */
  async beside<Found>(
    budgetsOf: () => readonly Budget[],
    use: (counters: MemoryCounters) => Found,
  ): Promise<Found> {
    for (let tries = 0; tries < maxTries; tries++) {
      const counted = await this.#countBeside(budgetsOf()).catch(() => undefined)
      const counters = counted && this.#complete(counted, budgetsOf())
      if (counters) return use(counters)
    }
    return use(this.atOnce(budgetsOf()))
  }

  async #countBeside(budgets: readonly Budget[]): Promise<Counted> {
    const { store, clock } = this.#parts
    const nowMs = clock.nowMs()
    const counters = new MemoryCounters()
    const questions = questionsOf(budgets, nowMs)
    const seqs: number[] = []
    for (const question of questions) {
      const { charges, seq } = await store.chargesBeside(question.query)
      const count = counting(question, nowMs, () => counters)
      for (const [at, charge] of charges.entries()) {
        count(charge)
        if (at % chargesPerTurn === chargesPerTurn - 1) await setImmediate()
      }
      seqs.push(seq)
    }
    return { counters, questions, seqs, nowMs }
  }

  /** Undefined where other questions would have been asked now. */
  #complete({ counters, questions, seqs, nowMs }: Counted, budgets: readonly Budget[]) {
    const { store, clock, addLive } = this.#parts
    if (JSON.stringify(questionsOf(budgets, clock.nowMs())) !== JSON.stringify(questions)) return undefined
    return store.atOnce(() => {
      for (const [at, question] of questions.entries()) {
        countCharges(store.chargesSince(question.query, seqs[at]!), question, nowMs, () => counters)
      }
      addLive(counters, new BudgetIndex(budgets))
      return counters
    })
  }
}

interface Counted {
  readonly counters: MemoryCounters
  readonly questions: readonly Question[]
  /** Up to which line each was answered. */
  readonly seqs: readonly number[]
  readonly nowMs: number
}

/** What each instance was charged within the budgets, by the ledger of all instances. */
export async function countInstances(
  budgets: readonly Budget[],
  charges: (query: ChargeQuery) => Promise<readonly InstanceCharge[]>,
  nowMs: number,
): Promise<InstanceEntry[]> {
  const instances = new Map<string, MemoryCounters>()
  const countersOf = (instance: string): MemoryCounters => {
    const counters = instances.get(instance) ?? new MemoryCounters()
    instances.set(instance, counters)
    return counters
  }
  for (const question of questionsOf(budgets, nowMs)) {
    countCharges(await charges(question.query), question, nowMs, ({ instance }) => countersOf(instance))
  }
  return [...instances].flatMap(([instance, counters]) =>
    [...counters.parts()].map(({ reservedNanoUsd: _, ...part }) => ({ instance, ...part })),
  )
}

/** A subject of the ledger's lines, as the budget's own scope sees it. */
function asSpending({ scope }: ChargeQuery, { org, subject, name = subject }: Charge): Spending {
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

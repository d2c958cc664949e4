/** Counts what was spent within a budget from the sums of a ledger. */

import { type Budget, BudgetIndex, type Spending, windowOf } from './budget.ts'
import { MemoryCounters } from './memory-counters.ts'
import { stepOf } from './period.ts'
import type { Charge, ChargeQuery, InstanceCharge, InstanceEntry } from './port.ts'

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
  { query, budgets }: Question,
  nowMs: number,
  countersOf: (charge: Of) => MemoryCounters,
): void {
  const index = new BudgetIndex(budgets)
  for (const charge of charges) {
    for (const { budget, counter } of index.matches(asSpending(query, charge))) {
      const at = windowOf(budget, query.stepMs === undefined ? nowMs : charge.bucketMs)
      countersOf(charge).spend({ ...at, counter, atMs: nowMs }, charge.chargedNanoUsd)
    }
  }
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

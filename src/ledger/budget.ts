/** A budget: whose money it bounds, how much in which period, and which calls it counts. */

import { globPattern } from '../core/glob.ts'
import type { NanoUsd } from '../core/money.ts'
import type { Spender } from './entry.ts'
import { calendarWindow, type Period, rollingWindow, type Window } from './period.ts'

export const budgetScopes = [
  'organisation',
  'team',
  'key',
  'user',
  'session',
  'tag',
  'model',
  'provider',
  'route',
] as const

export type BudgetScope = (typeof budgetScopes)[number]

export interface Budget {
  /** Names its counters; never used again for another budget. */
  readonly id: string
  readonly org: string
  readonly scope: BudgetScope
  /**
   * Whose: a name or an id, of a model `provider/model`; with `*`, all that match share it. Absent: each of the
   * scope has one of its own.
   */
  readonly subject?: string
  readonly capNanoUsd: NanoUsd
  readonly period: Period
  readonly isRolling: boolean
  /** A call that could cross the cap is refused. Otherwise crossing it is only told. */
  readonly isHard: boolean
  /** Shares of the cap that are told when they are reached, ascending. */
  readonly alertAt: readonly number[]
  /** The route that calls take while a budget that is not hard is used up. */
  readonly fallback?: string
  /**
   * `declared` stands in the configuration, `stored` was made through the admin API, `own` is that of a stored key, team or
   * user, `credit` is a team's.
   */
  readonly origin: 'declared' | 'stored' | 'own' | 'credit'
}

/** What budgets know of an attempt. */
export interface Spending extends Pick<
  Spender,
  'org' | 'keyId' | 'keyName' | 'team' | 'user' | 'session' | 'tags' | 'route'
> {
  /** Absent before a target is chosen. */
  readonly provider?: string
  readonly model?: string
}

/** A budget that counts an attempt, and the counter that it is counted by. */
export interface Match {
  readonly budget: Budget
  readonly subject: string
  readonly counter: string
}

export function windowOf({ period, isRolling }: Budget, atMs: number): Window {
  return isRolling ? rollingWindow(period, atMs) : calendarWindow(period, atMs)
}

export function counterOf(budget: Budget, subject: string): string {
  // All that match a pattern share one counter.
  return budget.subject?.includes('*') ? budget.id : `${budget.id}|${subject}`
}

/** Budgets by what they look at, compiled once: a call asks only those of its own subjects. */
export class BudgetIndex {
  readonly budgets: readonly Budget[]
  /** Every request asks, and there may be a budget for each key. */
  readonly hasFallbacks: boolean
  readonly #scopes = new Map<string, ScopeIndex>()

  constructor(budgets: readonly Budget[]) {
    this.budgets = budgets
    this.hasFallbacks = budgets.some(({ fallback }) => fallback !== undefined)
    for (const budget of budgets) {
      const at = `${budget.org}/${budget.scope}`
      const index: ScopeIndex = this.#scopes.get(at) ?? { open: [], named: new Map() }
      this.#scopes.set(at, index)
      const { subject } = budget
      if (subject === undefined) index.open.push({ budget })
      else if (subject.includes('*')) index.open.push({ budget, pattern: globPattern(subject) })
      else index.named.set(subject, [...(index.named.get(subject) ?? []), budget])
    }
  }

  get isEmpty(): boolean {
    return this.budgets.length === 0
  }

  /** Every budget that counts the call, in the order of the scopes. */
  matches(spending: Spending): Match[] {
    const matches: Match[] = []
    for (const scope of budgetScopes) {
      const index = this.#scopes.get(`${spending.org}/${scope}`)
      if (index === undefined) continue
      for (const subject of subjectsOf(scope, spending)) this.#match(index, subject, matches)
    }
    return matches
  }

  #match(index: ScopeIndex, { id, name }: Subject, matches: Match[]): void {
    const add = (budget: Budget): void => {
      const counter = counterOf(budget, id)
      if (matches.some((match) => match.counter === counter)) return
      matches.push({ budget, subject: name ?? id, counter })
    }
    for (const { budget, pattern } of index.open) {
      if (pattern === undefined || pattern.test(id) || (name !== undefined && pattern.test(name))) add(budget)
    }
    if (index.named.size === 0) return
    index.named.get(id)?.forEach(add)
    if (name !== undefined && name !== id) index.named.get(name)?.forEach(add)
  }
}

interface ScopeIndex {
  /** Those without a subject, or with a pattern. */
  readonly open: { readonly budget: Budget; readonly pattern?: RegExp }[]
  readonly named: Map<string, Budget[]>
}

interface Subject {
  readonly id: string
  readonly name?: string
}

function subjectsOf(scope: BudgetScope, spending: Spending): readonly Subject[] {
  const one = (id: string | undefined): Subject[] => (id === undefined ? [] : [{ id }])
  switch (scope) {
    case 'organisation':
      return [{ id: spending.org }]
    case 'team':
      return one(spending.team)
    case 'key':
      return [{ id: spending.keyId, name: spending.keyName }]
    case 'user':
      return one(spending.user)
    case 'session':
      return one(spending.session)
    case 'tag':
      return [...new Set(spending.tags)].map((id) => ({ id }))
    case 'model':
      return spending.provider === undefined ? [] : [{ id: `${spending.provider}/${spending.model}` }]
    case 'provider':
      return one(spending.provider)
    case 'route':
      return one(spending.route)
  }
}

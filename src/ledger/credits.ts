/** The credits of teams that pay in advance: budgets that come with the calls of their teams. */

import type { NanoUsd } from '../core/money.ts'
import type { Budget } from './budget.ts'

export interface Credit {
  readonly org: string
  readonly team: string
  /** Absent: it has none any more. */
  readonly creditNanoUsd: NanoUsd | undefined
}

/** Never changes: what is being counted by one must not change meanwhile. */
export class Credits {
  readonly #budgets: ReadonlyMap<string, Budget>

  private constructor(budgets: ReadonlyMap<string, Budget>) {
    this.#budgets = budgets
  }

  static of(known: Iterable<Credit> = []): Credits {
    return new Credits(new Map()).with(known)
  }

  get budgets(): Iterable<Budget> {
    return this.#budgets.values()
  }

  /** Is that what the team has? Undefined: it pays afterwards. */
  has(org: string, team: string, creditNanoUsd: NanoUsd | undefined): boolean {
    return this.#budgets.get(nameOf(org, team))?.capNanoUsd === creditNanoUsd
  }

  /** The same object where all of it is known. */
  with(changed: Iterable<Credit>): Credits {
    const budgets = new Map(this.#budgets)
    let isOther = false
    for (const { org, team, creditNanoUsd } of changed) {
      if (this.has(org, team, creditNanoUsd)) continue
      isOther = true
      if (creditNanoUsd === undefined) budgets.delete(nameOf(org, team))
      else budgets.set(nameOf(org, team), creditBudget(org, team, creditNanoUsd))
    }
    return isOther ? new Credits(budgets) : this
  }
}

function nameOf(org: string, team: string): string {
  return `${org}/${team}`
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

/** The credits of teams that pay in advance: budgets that come with the calls of their teams. */

import type { NanoUsd } from '../core/money.ts'
import type { Budget } from './budget.ts'

export interface Credit {
  readonly org: string
  readonly team: string
  readonly creditNanoUsd: NanoUsd
}

export class Credits {
  readonly #budgets = new Map<string, Budget>()

  constructor(known: Iterable<Credit> = []) {
    for (const { org, team, creditNanoUsd } of known) this.note(org, team, creditNanoUsd)
  }

  get budgets(): Iterable<Budget> {
    return this.#budgets.values()
  }

  /** True where it is not what it was: it may change with any call. */
  note(org: string, team: string, creditNanoUsd: NanoUsd | undefined): boolean {
    const at = `${org}/${team}`
    if (this.#budgets.get(at)?.capNanoUsd === creditNanoUsd) return false
    if (creditNanoUsd === undefined) this.#budgets.delete(at)
    else this.#budgets.set(at, creditBudget(org, team, creditNanoUsd))
    return true
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

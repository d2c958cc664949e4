/** Brings together the budgets of the configuration, those of keys, teams and users, and those made through the admin API, on every instance. */

import type { Budget } from './budget.ts'
import type { Budgets } from './budgets.ts'
import type { Credit } from './credits.ts'
import type { BudgetStore } from './port.ts'

export interface BudgetBookParts {
  readonly store: BudgetStore
  readonly budgets: Budgets
  /** Those of the configuration in force. */
  declared(): readonly Budget[]
  /** Those that stored keys, teams and users have of their own. */
  own(): readonly Budget[]
  /** Of the teams that pay in advance. */
  credits(): readonly Credit[]
  readonly nowMs: () => number
  onError(cause: unknown): void
}

export class BudgetBook {
  readonly #parts: BudgetBookParts
  #stored: readonly Budget[]
  /** Of what was taken up last. */
  #ownText: string
  #timer: NodeJS.Timeout | undefined

  constructor(parts: BudgetBookParts, stored: readonly Budget[]) {
    this.#parts = parts
    this.#stored = stored
    this.#ownText = this.#textOfOwn()
  }

  get all(): readonly Budget[] {
    return this.#parts.budgets.all
  }

  /** Resolves when the last change is in force. */
  async changed(): Promise<void> {
    await this.#parts.budgets.changing?.catch(this.#parts.onError)
  }

  stored(org: string, id: string): Budget | undefined {
    return this.#stored.find((budget) => budget.id === id && budget.org === org)
  }

  /** Other instances make budgets too, and a change that could not be counted is tried again. */
  start(everyMs: number): void {
    this.#timer = setInterval(() => void this.refresh().catch(this.#parts.onError), everyMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Takes up what the configuration says now. Resolves when it is in force; until then, calls that it counts wait. */
  async apply(): Promise<void> {
    const { budgets, declared, own, credits } = this.#parts
    this.#ownText = this.#textOfOwn()
    await budgets.replace([...declared(), ...own(), ...this.#stored], credits())
  }

  /** Keys, teams or users have changed: most changes are of other things than their budgets. */
  async applyOwn(): Promise<void> {
    if (this.#textOfOwn() !== this.#ownText) await this.apply()
  }

  async refresh(): Promise<void> {
    const stored = await this.#parts.store.all()
    const isSame = JSON.stringify(stored) === JSON.stringify(this.#stored)
    if (isSame && !this.#parts.budgets.isOverdue) return
    this.#stored = stored
    await this.apply()
  }

  async put(budget: Budget): Promise<void> {
    await this.#parts.store.put(budget, this.#parts.nowMs())
    await this.refresh()
  }

  /** False where there is none. */
  async remove(org: string, id: string): Promise<boolean> {
    const isThere = await this.#parts.store.remove(org, id)
    await this.refresh()
    return isThere
  }

  #textOfOwn(): string {
    return JSON.stringify([this.#parts.own(), this.#parts.credits()])
  }
}

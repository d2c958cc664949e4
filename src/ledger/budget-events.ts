/** Tells who comes near a budget, once for each threshold, and whom it refuses, once in each period. */

import { GatewayError } from '../core/error.ts'
import { formatUsd, type NanoUsd } from '../core/money.ts'
import type { CountedMatch } from './attempt-hold.ts'
import type { Budget } from './budget.ts'
import { subjectOf } from './budget-states.ts'
import type { CounterState } from './port.ts'

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

/** So many periods are remembered in which a refusal was told. */
const maxRefusals = 10_000

export class BudgetTeller {
  readonly #onEvent: (event: BudgetEvent) => void
  /** The last refusal that was told, by its counter: the beginning of the period. */
  readonly #refusals = new Map<string, number>()

  constructor(onEvent: (event: BudgetEvent) => void) {
    this.#onEvent = onEvent
  }

  /** Other budgets: their refusals are told again. */
  forget(): void {
    this.#refusals.clear()
  }

  /** Tells the first of each period. Throws `budget_exceeded`. */
  refuse(
    match: CountedMatch,
    amountNanoUsd: NanoUsd,
    { spentNanoUsd, reservedNanoUsd }: CounterState,
  ): never {
    const { budget, subject, slot } = match
    if (this.#refusals.get(slot.counter) !== slot.bucketMs) {
      if (this.#refusals.size >= maxRefusals) this.#refusals.clear()
      this.#refusals.set(slot.counter, slot.bucketMs)
      this.#onEvent(eventOf(match, { is: 'refused', share: 1, spentNanoUsd }))
    }
    const until =
      slot.untilMs === Number.MAX_SAFE_INTEGER ? '' : ` until ${new Date(slot.untilMs).toISOString()}`
    const why =
      amountNanoUsd > budget.capNanoUsd ? 'is too small for this call' : `has no room for this call${until}`
    throw new GatewayError(
      'budget_exceeded',
      `The budget of ${budget.scope} ${subject} ${why}: of ${formatUsd(budget.capNanoUsd)} USD, ` +
        `${formatUsd(spentNanoUsd)} are spent and ${formatUsd(reservedNanoUsd)} are held by calls under way; ` +
        `this call may cost ${formatUsd(amountNanoUsd)}.`,
    )
  }

  /** Each threshold that was crossed on the way. */
  passed(match: CountedMatch, before: NanoUsd, spentNanoUsd: NanoUsd): void {
    const { budget } = match
    for (const share of budget.alertAt) {
      const amount = share * budget.capNanoUsd
      if (before >= amount || spentNanoUsd < amount) continue
      this.#onEvent(eventOf(match, { is: 'threshold', share, spentNanoUsd }))
    }
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

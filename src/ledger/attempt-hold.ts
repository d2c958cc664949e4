/** What counts one attempt, from before it is made until it is settled. */

import type { NanoUsd } from '../core/money.ts'
import { type Match, windowOf } from './budget.ts'
import type { Spender } from './entry.ts'
import type { Hold, Slot } from './port.ts'

export interface CountedMatch extends Match {
  readonly slot: Slot
}

/** The same without the cap that could refuse. */
export function uncapped({ slot: { capNanoUsd: _, ...slot }, ...match }: CountedMatch): CountedMatch {
  return { ...match, slot }
}

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

/** An attempt that waits for its settlement, or whose settlement waits for the file. */
export interface LiveAttempt {
  readonly hold: AttemptHold
  readonly requestId: string
  readonly attempt: number
  /** Undefined while it is open. */
  readonly chargedNanoUsd: NanoUsd | undefined
}

export function toHold({ id, amountNanoUsd, counted }: AttemptHold): Hold {
  return { id, amountNanoUsd, slots: counted.map(({ slot }) => slot) }
}

export function slotOf({ budget, counter }: Match, atMs: number): Slot {
  return {
    ...windowOf(budget, atMs),
    counter,
    atMs,
    ...(budget.isHard && { capNanoUsd: budget.capNanoUsd }),
  }
}

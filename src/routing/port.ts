/** What attempts need from other parts of the gateway; `main.ts` hands it in. */

import type { Interrupt } from '../core/interrupt.ts'
import type { Priority } from '../core/priority.ts'
import type { Target } from '../providers/provider.ts'
import type { Account, AttemptResult } from '../upstream/operation.ts'

/** Gives the place back, and says what the call used; undefined where that is not known. Once. */
export type Release = (tokens?: number) => void

/** A call that is about to be made. */
export interface TargetCall {
  readonly provider: string
  readonly model: string
  readonly priority: Priority
  readonly interrupt: Interrupt
  /** Prompt and answer together, as far as it can be told beforehand. */
  expectedTokens(): number
}

export interface Limiter {
  /**
   * A place for one call: at once where there is room, else after a short wait. Throws or rejects with `overloaded`
   * or `rate_limited` where there is none in time, and with the interrupt's reason where that is raised.
   */
  acquire(call: TargetCall): Release | Promise<Release>
}

/** One attempt that is about to be made. */
export interface Opening {
  /** Counts the attempts of the request, from 1. */
  readonly n: number
  readonly target: Target
}

/**
 * Puts the intent of an attempt into the journal, with what it may cost at most. Nothing may be sent before it is
 * there. Throws or rejects with what forbids the attempt: `budget_exceeded`, `ledger_unavailable`, ...
 */
export type OpenAttempt = (opening: Opening) => Account | Promise<Account>
/** What happens after an attempt: it stands, the same target is asked again, the next is tried, or nothing more. */
export type Verdict = 'accept' | 're-ask' | 'next' | 'stop'

/** Says whether an answer is what the request demands. Asked once after each attempt. */
export type JudgeAnswer = (attempt: AttemptResult, target: Target) => Verdict

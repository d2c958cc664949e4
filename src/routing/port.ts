/** What attempts need from other parts of the gateway; `main.ts` hands it in. */

import type { Interrupt } from '../core/interrupt.ts'
import type { Priority } from '../core/priority.ts'
import type { Target } from '../providers/provider.ts'
import type { Account } from '../upstream/operation.ts'

/** Gives the place back. Once. */
export type Release = () => void

export interface Limiter {
  /**
   * A place for one call to this upstream: at once where there is room, else after a short wait. Throws or rejects
   * with `overloaded` where there is none in time, and with the interrupt's reason where that is raised.
   */
  acquire(upstream: string, priority: Priority, interrupt: Interrupt): Release | Promise<Release>
}

/** One attempt that is about to be made. */
export interface Opening {
  /** Counts the attempts of the request, from 1. */
  readonly n: number
  readonly target: Target
}

/**
 * Puts the intent of an attempt into the journal, with what it may cost at most. Nothing may be sent before it is
 * there. Throws or rejects with what forbids the attempt: `ledger_unavailable`.
 */
export type OpenAttempt = (opening: Opening) => Account | Promise<Account>

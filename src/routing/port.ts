/** What attempts need from other parts of the gateway; `main.ts` hands it in. */

import type { Interrupt } from '../core/interrupt.ts'
import type { Priority } from '../core/priority.ts'

/** Gives the place back. Once. */
export type Release = () => void

export interface Limiter {
  /**
   * A place for one call to this upstream: at once where there is room, else after a short wait. Throws or rejects
   * with `overloaded` where there is none in time, and with the interrupt's reason where that is raised.
   */
  acquire(upstream: string, priority: Priority, interrupt: Interrupt): Release | Promise<Release>
}

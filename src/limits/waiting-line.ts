/** A bounded queue: the urgent first, and among equals the first to come. */

import type { GatewayError } from '../core/error.ts'

export interface Waiter {
  /** Lower goes first. */
  readonly rank: number
  refuse(error: GatewayError): void
}

export class WaitingLine<One extends Waiter> {
  readonly #waiting: One[] = []

  get length(): number {
    return this.#waiting.length
  }

  get first(): One | undefined {
    return this.#waiting[0]
  }

  /** Where the line is full, the last one makes room for a more urgent one; else the error is thrown. */
  join(waiter: One, max: number, error: GatewayError): void {
    const waiting = this.#waiting
    if (waiting.length >= max) {
      const last = waiting.at(-1)
      if (last === undefined || last.rank <= waiter.rank) throw error
      waiting.pop()
      last.refuse(error)
    }
    const behind = waiting.findIndex((other) => other.rank > waiter.rank)
    waiting.splice(behind < 0 ? waiting.length : behind, 0, waiter)
  }

  /** False where it did not stand in the line. */
  leave(waiter: One): boolean {
    const at = this.#waiting.indexOf(waiter)
    if (at >= 0) this.#waiting.splice(at, 1)
    return at >= 0
  }

  shift(): One | undefined {
    return this.#waiting.shift()
  }
}

/** Moves the settled lines of this instance's journal to the ledger that all instances share, and never loses one. */

import { GatewayError } from '../core/error.ts'
import type { Outbox, SharedLedger } from './port.ts'

export interface ShipperParts<Line> {
  readonly outbox: Outbox<Line>
  readonly shared: Pick<SharedLedger<Line>, 'add'>
  /** Where so many lines wait, no call that costs money is made until some have left. */
  readonly maxWaiting: number
  /** Why nothing can be shipped; undefined: it can be again. */
  onState(cause: unknown): void
  /** So many lines came after their month was dropped: they are in the sums alone. */
  onLate(lines: number): void
  /** For tests. */
  readonly pauseMs?: number
}

const linesPerShipment = 500
const pauseMs = 500
const maxRetryMs = 5_000
/** What is left at the end is shipped for so long; the rest by the next start. */
const lastTryMs = 5_000

export class Shipper<Line> {
  readonly #parts: ShipperParts<Line>
  #timer: NodeJS.Timeout | undefined
  #shipping: Promise<boolean> | undefined
  #retryMs = 0
  #isClosed = false
  #waiting: number

  constructor(parts: ShipperParts<Line>) {
    this.#parts = parts
    this.#waiting = parts.outbox.waiting
  }

  /** As of the last look. */
  get waiting(): number {
    return this.#waiting
  }

  start(): void {
    this.#schedule(0)
  }

  /** Throws `ledger_unavailable` where as many lines wait as may. */
  admit(): void {
    if (this.#waiting < this.#parts.maxWaiting) return
    throw new GatewayError(
      'ledger_unavailable',
      'The database has been out of reach for so long that no more lines of the ledger may wait for it.',
      { retryAfterMs: maxRetryMs },
    )
  }

  /** Ships all that waits. False where the shared ledger could not take it. */
  ship(): Promise<boolean> {
    this.#shipping ??= this.#shipAll().finally(() => (this.#shipping = undefined))
    return this.#shipping
  }

  /** Ships what is left, if the shared ledger takes it in time. Never rejects. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, lastTryMs)))
    await Promise.race([this.ship(), late])
    this.#isClosed = true
    clearTimeout(timer)
    clearTimeout(this.#timer)
  }

  async #shipAll(): Promise<boolean> {
    const { outbox, shared, onState, onLate } = this.#parts
    try {
      for (let next = outbox.next(linesPerShipment); next; next = outbox.next(linesPerShipment)) {
        const late = await shared.add(next)
        if (late > 0) onLate(late)
        // The file is closed: what was just added is added again at the next start, which changes nothing.
        if (this.#isClosed) return true
        // Only now: a line that is marked is committed there.
        outbox.shipped(next.lastSeq)
        this.#waiting = outbox.waiting
      }
      this.#waiting = outbox.waiting
      if (this.#retryMs > 0) onState(undefined)
      this.#retryMs = 0
      return true
    } catch (cause) {
      if (this.#isClosed) return false
      this.#waiting = outbox.waiting
      if (this.#retryMs === 0) onState(cause)
      this.#retryMs = Math.min(maxRetryMs, Math.max(pauseMs, this.#retryMs * 2))
      return false
    }
  }

  #schedule(inMs: number): void {
    this.#timer = setTimeout(() => {
      void this.ship().then(() => {
        if (!this.#isClosed) this.#schedule(Math.max(this.#parts.pauseMs ?? pauseMs, this.#retryMs))
      })
    }, inMs).unref()
  }
}

/**
 * Lines on their way back to the store: given back again where it was away, and with them those that it has given to this
 * instance and that never came here. Nobody else would take them: their lease is prolonged with that of all others.
 */

import type { Clock } from '../core/clock.ts'
import type { Batch } from './batch.ts'
import type { BatchStore, Deferral } from './port.ts'

export interface ReturnsParts {
  readonly clock: Pick<Clock, 'monotonicMs'>
  giveBack(batchId: string, lines: readonly Deferral[]): Promise<Batch | undefined>
  /** All of the batch that this instance has, but for these lines. */
  giveBackOthers(batchId: string, lines: readonly number[]): ReturnType<BatchStore['giveBackOthers']>
  /** How a batch stands by then. */
  learn(batch: Batch): void
  onError(cause: unknown): void
}

/** What was asked over a network that stood still may arrive so much later. */
const lostForMs = 600_000

export class Returns {
  readonly #parts: ReturnsParts
  /** Lines that the store could not be told of, by batch. */
  readonly #kept = new Map<string, readonly Deferral[]>()
  /** Until when lines of a batch may become this instance's that it does not know of. */
  readonly #unsureUntilMs = new Map<string, number>()

  constructor(parts: ReturnsParts) {
    this.#parts = parts
  }

  /** Never rejects: while the store is away, they are kept and given back later. */
  async giveBack(batchId: string, lines: readonly Deferral[]): Promise<void> {
    try {
      const batch = await this.#parts.giveBack(batchId, lines)
      if (batch) this.#parts.learn(batch)
    } catch (cause) {
      this.#parts.onError(cause)
      this.#kept.set(batchId, [...(this.#kept.get(batchId) ?? []), ...lines])
    }
  }

  /** Lines of the batch were asked for, and the answer was lost. */
  noteLost(batchId: string): void {
    this.#unsureUntilMs.set(batchId, this.#parts.clock.monotonicMs() + lostForMs)
  }

  /** Batches of which answers were lost. */
  unsure(): readonly string[] {
    const nowMs = this.#parts.clock.monotonicMs()
    for (const [id, untilMs] of this.#unsureUntilMs) if (nowMs > untilMs) this.#unsureUntilMs.delete(id)
    return [...this.#unsureUntilMs.keys()]
  }

  async giveBackKept(): Promise<void> {
    const kept = [...this.#kept]
    this.#kept.clear()
    for (const [batchId, lines] of kept) await this.giveBack(batchId, lines)
  }

  /** Never rejects. While it lasts, no lines of the batch are asked for; `here` are all that are known to be here. */
  async giveBackLost(batchId: string, here: readonly number[]): Promise<void> {
    const kept = (this.#kept.get(batchId) ?? []).map(({ line }) => line)
    try {
      await this.#parts.giveBackOthers(batchId, [...here, ...kept])
    } catch (cause) {
      this.#parts.onError(cause)
    }
  }
}

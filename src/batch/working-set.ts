/** The batches that this instance works on, and those that it leaves while their last lines are under way. */

import type { ActiveBatch } from './active-batch.ts'
import type { Batch } from './batch.ts'

export class WorkingSet {
  readonly #active = new Map<string, ActiveBatch>()
  readonly #leaving = new Set<ActiveBatch>()

  /** Those that are worked on. */
  get active(): readonly ActiveBatch[] {
    return [...this.#active.values()]
  }

  /** Those that are left too: this instance still has lines of them. */
  get all(): readonly ActiveBatch[] {
    return [...this.#active.values(), ...this.#leaving]
  }

  /** No line is under way, waits here, or is on its way here. */
  get isIdle(): boolean {
    return this.all.every(
      ({ running, ready, isFilling }) => running.size === 0 && ready.length === 0 && !isFilling,
    )
  }

  /** Of those that are worked on. */
  get(id: string): ActiveBatch | undefined {
    return this.#active.get(id)
  }

  add(active: ActiveBatch): void {
    this.#active.set(active.batch.id, active)
  }

  /** It is worked on, and not left. */
  has(active: ActiveBatch): boolean {
    return this.#active.get(active.batch.id) === active
  }

  leave(active: ActiveBatch): void {
    this.#active.delete(active.batch.id)
    this.#leaving.add(active)
  }

  /** Nothing of it is under way any more. */
  forget(active: ActiveBatch): void {
    this.#leaving.delete(active)
  }

  /** Ends what is under way. */
  abort(which: (batch: Batch) => boolean): void {
    for (const { batch, running } of this.all) {
      if (which(batch)) for (const abort of running.values()) abort.abort()
    }
  }
}

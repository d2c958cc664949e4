/** Lines that may have ended processes: when they are begun, so that what is counted against one of them is its own. */

import { suspectAfter } from './batch.ts'
import type { BatchStore, Claim, DueBatch, Lease } from './port.ts'

/** Suspects that have one more process to end together, before each of them is under way without the others. */
const together = 8
/** How long they wait for a moment in which nothing else is under way, before it is made. */
const patienceMs = 60_000

export interface SuspectsParts {
  readonly claimSuspects: BatchStore['claimSuspects']
  readonly leaseOf: () => Lease
}

/** Over all batches of this instance: they share its process. Times are monotonic. */
export class Suspects {
  readonly #parts: SuspectsParts
  readonly #held = new Set<string>()
  #isClaiming = false
  #waitingSinceMs: number | undefined

  constructor(parts: SuspectsParts) {
    this.#parts = parts
  }

  /** No other line is to be taken now. */
  isAlone(nowMs: number): boolean {
    return this.#held.size > 0 || this.#isClaiming || this.isOverdue(nowMs)
  }

  /** They have waited so long that others are to make room for them. */
  isOverdue(nowMs: number): boolean {
    return this.#waitingSinceMs !== undefined && nowMs - this.#waitingSinceMs >= patienceMs
  }

  /** Whether there are any that nobody has. */
  note(areWaiting: boolean, nowMs: number): void {
    this.#waitingSinceMs = areWaiting ? (this.#waitingSinceMs ?? nowMs) : undefined
  }

  hold(batchId: string, claims: readonly Claim[]): void {
    for (const { line, crashes } of claims) if (crashes >= suspectAfter) this.#held.add(keyOf(batchId, line))
  }

  release(batchId: string, line: number): void {
    this.#held.delete(keyOf(batchId, line))
  }

  /**
   * Some that may be under way at once, when nothing else is: `take` is told of them. Those that have ended the fewest
   * processes come first, the others one at a time.
   */
  async claim(
    waiting: readonly DueBatch[],
    take: (batchId: string, claims: readonly Claim[]) => void,
  ): Promise<void> {
    const { claimSuspects, leaseOf } = this.#parts
    this.#isClaiming = true
    this.#waitingSinceMs = undefined
    try {
      let room = together
      for (const { id, fewestCrashes } of waiting.toSorted((a, b) => a.fewestCrashes - b.fewestCrashes)) {
        const isFirst = fewestCrashes === suspectAfter
        if (room === 0 || (!isFirst && room < together)) return
        const which = { crashes: isFirst ? suspectAfter : suspectAfter + 1, orMore: !isFirst }
        const claims = await claimSuspects(id, isFirst ? room : 1, leaseOf(), which)
        if (claims.length === 0) continue
        this.hold(id, claims)
        take(id, claims)
        room = isFirst ? room - claims.length : 0
      }
    } finally {
      this.#isClaiming = false
    }
  }
}

function keyOf(batchId: string, line: number): string {
  return `${batchId} ${line}`
}

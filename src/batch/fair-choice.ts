/** Chooses which of the lines that wait here begins next: fair between callers, within what they and providers take. */

import type { Clock } from '../core/clock.ts'
import type { ActiveBatch } from './active-batch.ts'
import type { Batch } from './batch.ts'
import type { WaitingLine } from './batch-input.ts'
import { Lane } from './lane.ts'
import type { Lanes, Ways } from './lanes.ts'
import type { Lease } from './port.ts'

export interface FairChoiceParts {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly leaseOf: () => Lease
  readonly lanes: Pick<Lanes, 'roomAtMs'>
  /** Over all batches. */
  readonly maxRunning: () => number
}

export interface Chosen {
  readonly active: ActiveBatch
  readonly line: WaitingLine
}

export class FairChoice {
  readonly #parts: FairChoiceParts
  readonly #callers = new Map<string, Lane>()

  constructor(parts: FairChoiceParts) {
    this.#parts = parts
  }

  /**
   * Of the callers whose turn it may be, the one with the fewest lines under way; of its batches, the oldest. Else when
   * there may be one, on the monotonic clock; Infinity: when a line that is under way has ended.
   */
  next(batches: readonly ActiveBatch[]): Chosen | number {
    const nowMs = this.#parts.clock.monotonicMs()
    const leasesAtMs = this.#parts.leaseOf().nowMs
    const rooms = new Map<Ways, number>()
    let best: { active: ActiveBatch; at: number } | undefined
    let bestRunning = Infinity
    let soonestMs = Infinity
    const runningOf = runningByCaller(batches)
    for (const active of batches) {
      const running = runningOf.get(callerOf(active.batch)) ?? 0
      if (running >= bestRunning || active.ready.length === 0 || active.hasLapsed(leasesAtMs)) continue
      const heldUpUntilMs = Math.max(
        this.laneOf(active.batch).roomAtMs(''),
        active.bound?.roomAtMs() ?? -Infinity,
      )
      const found = heldUpUntilMs > nowMs ? heldUpUntilMs : this.#firstReady(active, rooms, nowMs)
      if (typeof found !== 'number') [best, bestRunning] = [{ active, at: found.at }, running]
      else soonestMs = Math.min(soonestMs, found)
    }
    return best ? { active: best.active, line: best.active.takeAt(best.at) } : soonestMs
  }

  /** How much its caller's own limits let through. */
  laneOf(batch: Batch): Lane {
    const caller = callerOf(batch)
    let lane = this.#callers.get(caller)
    const max = this.#parts.maxRunning()
    if (!lane) this.#callers.set(caller, (lane = new Lane(max, max)))
    return lane
  }

  #firstReady(
    { ready }: ActiveBatch,
    rooms: Map<Ways, number>,
    nowMs: number,
  ): { readonly at: number } | number {
    let soonestMs = Infinity
    for (const [at, { ways }] of ready.entries()) {
      let atMs = rooms.get(ways)
      if (atMs === undefined) rooms.set(ways, (atMs = this.#parts.lanes.roomAtMs(ways)))
      if (atMs <= nowMs) return { at }
      soonestMs = Math.min(soonestMs, atMs)
    }
    return soonestMs
  }
}

function runningByCaller(batches: readonly ActiveBatch[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { batch, running } of batches) {
    const caller = callerOf(batch)
    counts.set(caller, (counts.get(caller) ?? 0) + running.size)
  }
  return counts
}

function callerOf({ org, keyId }: Batch): string {
  return `${org} ${keyId}`
}

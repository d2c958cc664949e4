/** Takes lines for the batches that are worked on, as there is room for them here, and gives back what does not begin. */

import type { Clock } from '../core/clock.ts'
import type { ActiveBatch } from './active-batch.ts'
import { suspectAfter } from './batch.ts'
import type { WaitingLine } from './batch-input.ts'
import type { BatchStore, Claim, DueBatch, Lease, LineQueue } from './port.ts'
import type { Returns } from './returns.ts'
import type { Suspects } from './suspects.ts'
import type { WorkingSet } from './working-set.ts'

export interface IntakeParts {
  readonly batches: WorkingSet
  readonly queue: Pick<LineQueue, 'take'>
  readonly findDue: BatchStore['findDue']
  readonly suspects: Suspects
  readonly returns: Returns
  readonly leaseOf: () => Lease
  readonly clock: Clock
  /** There may be lines to begin, or room for more. */
  onChange(): void
  onError(cause: unknown): void
}

/** Batches that had no line that is due are asked about again no sooner; so is one that the store failed at. */
const dryMs = 250

export class Intake {
  readonly #parts: IntakeParts
  #isAsking = false
  #askAtMs = -Infinity

  constructor(parts: IntakeParts) {
    this.#parts = parts
  }

  /** Begins to take what there is room for. */
  fill(): void {
    for (const active of this.#parts.batches.active) void this.#fill(active)
    void this.#askDry()
  }

  /**
   * This process stood still, or the store was away for so long: what has not begun may be another instance's, and is
   * claimed again where it is not. What has begun goes on: of two results, the first counts.
   */
  returnLapsed(): void {
    const { batches, leaseOf, onChange } = this.#parts
    const { nowMs } = leaseOf()
    for (const active of batches.active) {
      if (active.isFilling || !active.hasLapsed(nowMs)) continue
      // Nothing is claimed meanwhile: it would be given back with the rest.
      active.isFilling = true
      void this.returnReady(active).finally(() => {
        active.isFilling = false
        onChange()
      })
    }
  }

  /** Where suspects have waited too long: what has not begun is given back, and taken again after them. */
  makeWay(): void {
    const { batches, suspects, clock } = this.#parts
    if (!suspects.isOverdue(clock.monotonicMs())) return
    for (const active of batches.active) void this.returnReady(active)
  }

  /** What has not begun is for others. */
  returnReady(active: ActiveBatch): Promise<void> {
    return this.#returnRead(active, active.takeReady())
  }

  /** What the store has given to this instance, and the network has not brought here. */
  async giveBackLost(): Promise<void> {
    const { batches, returns } = this.#parts
    for (const id of returns.unsure()) {
      const active = batches.get(id)
      if (!active || active.isFilling || this.#isAsking) continue
      active.isFilling = this.#isAsking = true
      const here = [...active.running.keys(), ...active.ready.map(({ line }) => line)]
      await returns.giveBackLost(id, here)
      active.isFilling = this.#isAsking = false
    }
  }

  async #fill(active: ActiveBatch): Promise<void> {
    const { clock, queue, suspects, leaseOf, onChange } = this.#parts
    const nowMs = clock.monotonicMs()
    if (active.isFilling || active.isDry || active.isFull || active.elsewhere <= 0) return
    if (nowMs < active.avoidedUntilMs || suspects.isAlone(nowMs)) return
    await this.#take(active, () => queue.take(active.batch.id, active.wanted, leaseOf()))
    onChange()
  }

  /** Makes lines ready for which there is room, and gives back the others. Never rejects. */
  async #take(active: ActiveBatch, claim: () => Promise<readonly Claim[]>): Promise<void> {
    const { batches, clock, suspects, returns, leaseOf, onError } = this.#parts
    let claims: readonly Claim[] = []
    active.isFilling = true
    try {
      const { nowMs, leaseMs } = leaseOf()
      const claimed = await claim()
      active.isDry = claimed.length === 0
      // What is here and had lapsed is not begun a second time.
      claims = claimed.filter((line) => !active.has(line))
      if (claims.length === 0) return
      suspects.hold(active.batch.id, claims)
      const room = active.roomFor(claims)
      const rest = claims.slice(room)
      claims = claims.slice(0, room)
      if (room === 0) active.avoidedUntilMs = clock.monotonicMs() + dryMs
      await this.#return(active.batch.id, rest)
      const lines = await active.input.read(claims)
      if (batches.has(active)) active.push(lines, nowMs + leaseMs)
      else await this.#returnRead(active, lines)
    } catch (cause) {
      active.avoidedUntilMs = clock.monotonicMs() + dryMs
      if (claims.length === 0) returns.noteLost(active.batch.id)
      onError(cause)
      await this.#return(active.batch.id, claims)
    } finally {
      active.isFilling = false
    }
  }

  /** Which batches have lines again, of those that had none: one question for all of them. */
  async #askDry(): Promise<void> {
    const { batches, clock, suspects, returns, findDue, onChange, onError } = this.#parts
    const nowMs = clock.monotonicMs()
    const dry = batches.active.filter(({ isDry, elsewhere }) => isDry && elsewhere > 0)
    if (dry.length === 0) suspects.note(false, nowMs)
    if (this.#isAsking || dry.length === 0 || nowMs < this.#askAtMs) return
    this.#isAsking = true
    let found: readonly DueBatch[] = []
    try {
      const ids = dry.map(({ batch }) => batch.id)
      found = await findDue(ids, clock.nowMs())
      await this.#takeUp(found)
    } catch (cause) {
      for (const { id } of found) returns.noteLost(id)
      onError(cause)
    } finally {
      this.#askAtMs = clock.monotonicMs() + dryMs
      this.#isAsking = false
    }
    if (found.length > 0) onChange()
  }

  async #takeUp(found: readonly DueBatch[]): Promise<void> {
    const { batches, clock, suspects } = this.#parts
    const nowMs = clock.monotonicMs()
    const suspected = found.filter(({ fewestCrashes }) => fewestCrashes >= suspectAfter)
    for (const { id, fewestCrashes } of found) {
      const active = batches.get(id)
      if (active && fewestCrashes < suspectAfter) active.isDry = false
    }
    suspects.note(suspected.length > 0, nowMs)
    const isTheirTurn = suspected.length === found.length || suspects.isOverdue(nowMs)
    if (suspected.length === 0 || !isTheirTurn || !batches.isIdle) return
    const taken: Promise<void>[] = []
    await suspects.claim(suspected, (id, claims) => {
      const active = batches.get(id)
      taken.push(active ? this.#take(active, async () => claims) : this.#return(id, claims))
    })
    await Promise.all(taken)
  }

  /** Lines whose texts were read. */
  async #returnRead({ batch, input }: ActiveBatch, lines: readonly WaitingLine[]): Promise<void> {
    input.forget(lines)
    await this.#return(batch.id, lines)
  }

  async #return(batchId: string, lines: readonly Claim[]): Promise<void> {
    if (lines.length === 0) return
    const { suspects, returns, clock } = this.#parts
    for (const { line } of lines) suspects.release(batchId, line)
    const dueAtMs = clock.nowMs()
    await returns.giveBack(
      batchId,
      lines.map(({ line, tries }) => ({ line, tries, dueAtMs })),
    )
  }
}

/** Does the lines of batches: begins each as soon as there is room for it, and leaves a batch when it is not its own any more. */

import type { Clock } from '../core/clock.ts'
import { ActiveBatch } from './active-batch.ts'
import type { Batch } from './batch.ts'
import { BatchInput, type BatchInputParts, InputRoom } from './batch-input.ts'
import { type Chosen, FairChoice } from './fair-choice.ts'
import { Intake } from './intake.ts'
import { Lanes } from './lanes.ts'
import type { BatchStore, HoldAnswers, LineHold, LineQueue } from './port.ts'
import { Returns, type ReturnsParts } from './returns.ts'
import { runLine, type RunLineParts } from './run-line.ts'
import { Suspects, type SuspectsParts } from './suspects.ts'
import type { TryLine } from './try-outcome.ts'
import { WorkingSet } from './working-set.ts'

export interface DispatcherParts extends BatchInputParts, SuspectsParts {
  readonly queue: LineQueue
  readonly clock: Clock
  readonly random: () => number
  /** Over all batches. */
  readonly maxRunning: () => number
  readonly tryLine: TryLine
  readonly findDue: BatchStore['findDue']
  readonly extend: BatchStore['extend']
  giveBack: ReturnsParts['giveBack']
  giveBackOthers: ReturnsParts['giveBackOthers']
  hold(batchId: string, lines: readonly LineHold[]): Promise<HoldAnswers>
  /** A batch has moved: lines were settled, or it cannot go on. */
  onProgress(batch: Batch): void
  onError(cause: unknown): void
}

const leavePollMs = 20

export class Dispatcher {
  readonly #parts: DispatcherParts
  readonly #batches = new WorkingSet()
  readonly #room = new InputRoom()
  readonly #lanes: Lanes
  readonly #choice: FairChoice
  readonly #returns: Returns
  readonly #intake: Intake
  readonly #ofLines: RunLineParts
  #running = 0
  #isClosed = false
  #idle: (() => void) | undefined
  /** When there is room again that no line's end makes. */
  #timer: NodeJS.Timeout | undefined

  constructor(parts: DispatcherParts) {
    const batches = this.#batches
    const lanes = new Lanes({ ...parts, maxWindow: parts.maxRunning })
    const callers = new FairChoice({ ...parts, lanes })
    const suspects = new Suspects(parts)
    const returns = new Returns({ ...parts, learn: (batch) => batches.get(batch.id)?.learn(batch) })
    this.#parts = parts
    this.#lanes = lanes
    this.#choice = callers
    this.#returns = returns
    this.#intake = new Intake({ ...parts, batches, suspects, returns, onChange: () => this.pump() })
    this.#ofLines = { ...parts, batches, callers, lanes, suspects, returns }
  }

  lanes(): ReturnType<Lanes['list']> {
    return this.#lanes.list()
  }

  /** From now on these are worked on, and no others. */
  async update(batches: readonly Batch[]): Promise<void> {
    const wanted = new Set(batches.map(({ id }) => id))
    const dropped = this.#batches.active.filter(({ batch }) => !wanted.has(batch.id))
    for (const batch of batches) {
      const known = this.#batches.get(batch.id)
      if (known) known.learn(batch)
      else if (!this.#isClosed) this.#batches.add(this.#begin(batch))
    }
    for (const active of dropped) this.#batches.leave(active)
    this.pump()
    await this.#returns.giveBackKept()
    await Promise.all(dropped.map((active) => this.#leave(active)))
  }

  /** Prolongs the leases of all that it has. */
  async prolong(): Promise<void> {
    const lease = this.#parts.leaseOf()
    const held = this.#batches.all
    const kept = held.filter((active) => !active.hasLapsed(lease.nowMs))
    await this.#parts.extend(
      held.map(({ batch }) => batch.id),
      lease,
    )
    for (const active of kept) active.prolong(lease.nowMs + lease.leaseMs)
    await this.#intake.giveBackLost()
  }

  /** Ends what is under way of the batch: nobody wants it any more. */
  abort(batchId: string): void {
    this.#batches.abort(({ id }) => id === batchId)
  }

  /** Starts what may start. */
  pump(): void {
    if (this.#isClosed) return
    clearTimeout(this.#timer)
    this.#intake.returnLapsed()
    this.#intake.makeWay()
    const { active } = this.#batches
    while (this.#running < this.#parts.maxRunning()) {
      const next = this.#choice.next(active)
      if (typeof next === 'number') {
        this.#pumpAt(next)
        break
      }
      void this.#run(next)
    }
    this.#intake.fill()
  }

  /** Starts nothing more; what is under way may end, until `hurry`. */
  async close(hurry: AbortSignal): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    const abortAll = () => this.#batches.abort(() => true)
    if (hurry.aborted) abortAll()
    hurry.addEventListener('abort', abortAll)
    const { active } = this.#batches
    for (const each of active) this.#batches.leave(each)
    await Promise.all(active.map((each) => this.#leave(each)))
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
  }

  #begin(batch: Batch): ActiveBatch {
    const { clock, hold } = this.#parts
    return new ActiveBatch(batch, new BatchInput(batch, this.#parts, this.#room), {
      clock,
      hold: (lines) => hold(batch.id, lines),
      onAnswer: () => this.pump(),
    })
  }

  async #run({ active, line }: Chosen): Promise<void> {
    this.#running++
    try {
      await runLine(active, line, this.#ofLines)
    } finally {
      this.#running--
      if (this.#running === 0) this.#idle?.()
      this.pump()
    }
  }

  #pumpAt(atMs: number): void {
    if (atMs === Infinity) return
    const inMs = Math.max(1, Math.ceil(atMs - this.#parts.clock.monotonicMs()))
    this.#timer = setTimeout(() => this.pump(), inMs).unref()
  }

  /** Lines that have not begun are for others; those that have may end. */
  async #leave(active: ActiveBatch): Promise<void> {
    await this.#intake.returnReady(active)
    while (active.running.size > 0 || active.isFilling) {
      await new Promise((resolve) => setTimeout(resolve, leavePollMs))
    }
    await active.input.close()
    this.#batches.forget(active)
  }
}

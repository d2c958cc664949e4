/** One line under way: the places that it takes, and how it leaves them, with its result or to be tried again. */

import type { Clock } from '../core/clock.ts'
import type { ActiveBatch } from './active-batch.ts'
import { type Batch, suspectAfter } from './batch.ts'
import type { WaitingLine } from './batch-input.ts'
import type { Hold } from './bound.ts'
import type { FairChoice } from './fair-choice.ts'
import type { Lane, LaneCall } from './lane.ts'
import type { Lanes, Turn } from './lanes.ts'
import type { Returns } from './returns.ts'
import type { Suspects } from './suspects.ts'
import type { TryLine, TryOutcome, Unanswered } from './try-outcome.ts'
import type { WorkingSet } from './working-set.ts'

export interface RunLineParts {
  readonly batches: Pick<WorkingSet, 'has'>
  readonly callers: Pick<FairChoice, 'laneOf'>
  readonly lanes: Pick<Lanes, 'begin'>
  readonly suspects: Pick<Suspects, 'release'>
  readonly returns: Pick<Returns, 'giveBack'>
  readonly clock: Clock
  readonly random: () => number
  readonly tryLine: TryLine
  /** A batch has moved: a line was settled, or it cannot go on. */
  onProgress(batch: Batch): void
  onError(cause: unknown): void
}

/** Before a line at which the gateway itself failed is tried again. */
const brokenMs = 5000
/** Before a suspect is taken again whose batch may not spend what it could cost. */
const shortMs = 1000

/** Its places are taken before the promise is there. */
export function runLine(active: ActiveBatch, line: WaitingLine, parts: RunLineParts): Promise<void> {
  return new LineRun(active, line, parts).run()
}

class LineRun {
  readonly #active: ActiveBatch
  readonly #line: WaitingLine
  readonly #parts: RunLineParts
  readonly #caller: Lane
  readonly #call: LaneCall
  readonly #turn: Turn
  readonly #hold: Hold | undefined
  readonly #abort = new AbortController()

  constructor(active: ActiveBatch, line: WaitingLine, parts: RunLineParts) {
    this.#active = active
    this.#line = line
    this.#parts = parts
    this.#caller = parts.callers.laneOf(active.batch)
    this.#call = this.#caller.begin('', parts.clock.monotonicMs())
    this.#turn = parts.lanes.begin(line.ways)
    this.#hold = active.bound?.begin(line.line)
    active.running.set(line.line, this.#abort)
  }

  async run(): Promise<void> {
    const { batch, running } = this.#active
    const { line } = this.#line
    try {
      const outcome = await this.#try()
      await this.#conclude(outcome, this.#leave(outcome))
    } finally {
      running.delete(line)
      this.#hold?.decide()
      this.#parts.suspects.release(batch.id, line)
    }
  }

  async #try(): Promise<TryOutcome> {
    const hold = this.#hold
    const course = { turn: this.#turn, signal: this.#abort.signal, ...(hold && { hold }) }
    try {
      const ready = await this.#active.input.begin(this.#line)
      return await this.#parts.tryLine(this.#active.batch, ready, course)
    } catch (cause) {
      this.#parts.onError(cause)
      // What it held may be spent.
      return { kind: 'failed', waitMs: brokenMs, spentNanoUsd: hold?.nanoUsd ?? 0 }
    }
  }

  /** Its places are free again. Gives how long it is to wait where it was refused. */
  #leave(outcome: TryOutcome): number {
    const nowMs = this.#parts.clock.monotonicMs()
    if (outcome.kind === 'refused' && outcome.by === 'target') {
      this.#caller.leave()
      return this.#turn.refuse(outcome.retryAfterMs)
    }
    this.#turn.close()
    if (outcome.kind === 'refused') {
      return this.#caller.refuse(this.#call, nowMs, outcome.retryAfterMs, this.#parts.random)
    }
    if (outcome.kind === 'done') this.#caller.succeed(this.#call, nowMs)
    else this.#caller.leave()
    return 0
  }

  async #conclude(outcome: TryOutcome, refusedForMs: number): Promise<void> {
    const { onProgress } = this.#parts
    const { tries } = this.#line
    switch (outcome.kind) {
      case 'done':
        this.#active.learn(outcome.batch)
        onProgress(outcome.batch)
        break
      case 'untold':
        break
      case 'refused':
        await this.#defer(tries, refusedForMs, outcome)
        break
      case 'failed':
        await this.#defer(tries + 1, outcome.waitMs, outcome)
        break
      case 'left':
        await this.#defer(tries, outcome.waitMs, outcome)
        break
      case 'short':
        await this.#waitForRoom()
        break
      case 'unaffordable':
        await this.#defer(tries, 0)
        onProgress({ ...this.#active.batch, stop: 'max_usd' })
    }
  }

  /** It waits here for what its batch may spend; a suspect, and what is not to begin here any more, waits in the store. */
  async #waitForRoom(): Promise<void> {
    const isHere = this.#parts.batches.has(this.#active)
    if (isHere && this.#line.crashes < suspectAfter) this.#active.putBack(this.#line)
    else await this.#defer(this.#line.tries, isHere ? shortMs : 0)
  }

  #defer(tries: number, waitMs: number, { spentNanoUsd = 0 }: Unanswered = {}): Promise<void> {
    const { clock, returns } = this.#parts
    const dueAtMs = Math.ceil(clock.nowMs() + waitMs)
    const { line } = this.#line
    return returns.giveBack(this.#active.batch.id, [{ line, tries, dueAtMs, spentNanoUsd }])
  }
}

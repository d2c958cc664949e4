/**
 * What a batch that may cost only so much can still begin: the store is asked for what lines may cost, for those together
 * that ask at the same time. Once it had no room, one line asks at a time, and none before something has changed.
 */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { NanoUsd } from '../core/money.ts'
import type { Batch } from './batch.ts'
import type { HoldAnswer, HoldAnswers, LineHold } from './port.ts'

export interface BoundParts {
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Asks the store. */
  hold(lines: readonly LineHold[]): Promise<HoldAnswers>
  /** Notes how the batch stands, and gives what is known of it by then. */
  learn(batch: Batch): Batch
  /** As it was learned last. */
  known(): Batch
  /** Another line may ask. */
  onAnswer(): void
}

interface Wish extends LineHold {
  resolve(answers: HoldAnswers): void
  reject(cause: unknown): void
}

interface Shortage extends Pick<Batch, 'costNanoUsd' | 'heldNanoUsd'> {
  /** Then it is asked for again also where nothing is seen to change, as where leases end; on the monotonic clock. */
  readonly retryAtMs: number
}

const retryMs = 5000
/** Where the store could not be asked. */
const storeRetryMs = 1000
/** Where there is room for so many again, lines need not ask one by one. */
const manyLines = 100

export class Bound {
  readonly #parts: BoundParts
  readonly #wishes: Wish[] = []
  #isAsking = false
  /** Lines that have begun and do not know yet whether they may go on. */
  #undecided = 0
  /** How the batch stood when it had no room. */
  #shortage: Shortage | undefined

  constructor(parts: BoundParts) {
    this.#parts = parts
  }

  /** When the next line may begin, on the monotonic clock. Infinity: when one that has begun has its answer. */
  roomAtMs(): number {
    const shortage = this.#shortage
    if (!shortage) return -Infinity
    if (this.#undecided > 0) return Infinity
    const { costNanoUsd, heldNanoUsd } = this.#parts.known()
    const hasChanged = costNanoUsd !== shortage.costNanoUsd || heldNanoUsd !== shortage.heldNanoUsd
    return hasChanged ? -Infinity : shortage.retryAtMs
  }

  begin(line: number): Hold {
    this.#undecided++
    return new Hold(line, this)
  }

  /** The line need not ask any more whether it may go on. */
  decide(): void {
    this.#undecided--
    if (this.#shortage && this.#undecided === 0) this.#parts.onAnswer()
  }

  /** May it go on? Rejects where the store cannot be asked, for a line that is under way. */
  async ask(hold: LineHold, isFirst: boolean): Promise<HoldAnswer> {
    try {
      const { answers, batch } = await this.#askWithOthers(hold)
      const answer = answers.get(hold.line)!
      const { costNanoUsd, heldNanoUsd, maxNanoUsd = Infinity } = this.#parts.learn(batch)
      if (!isFirst) return answer
      if (answer === 'short' || answer === 'never') this.#noteShortage(retryMs)
      else if (maxNanoUsd - costNanoUsd - heldNanoUsd > manyLines * hold.nanoUsd) this.#shortage = undefined
      return answer
    } catch (cause) {
      const isAway = cause instanceof GatewayError && cause.code === 'store_unavailable'
      if (!isAway || !isFirst) throw cause
      this.#noteShortage(storeRetryMs)
      return 'short'
    }
  }

  #noteShortage(inMs: number): void {
    const { costNanoUsd, heldNanoUsd } = this.#parts.known()
    this.#shortage = { costNanoUsd, heldNanoUsd, retryAtMs: this.#parts.clock.monotonicMs() + inMs }
  }

  #askWithOthers(hold: LineHold): Promise<HoldAnswers> {
    const { promise, resolve, reject } = Promise.withResolvers<HoldAnswers>()
    this.#wishes.push({ ...hold, resolve, reject })
    if (!this.#isAsking) void this.#askAll()
    return promise
  }

  /** One question at a time: those that come meanwhile share the next one. */
  async #askAll(): Promise<void> {
    this.#isAsking = true
    while (this.#wishes.length > 0) {
      const wishes = this.#wishes.splice(0)
      await this.#parts.hold(wishes.map(({ line, nanoUsd }) => ({ line, nanoUsd }))).then(
        (answers) => wishes.forEach(({ resolve }) => resolve(answers)),
        (cause: unknown) => wishes.forEach(({ reject }) => reject(cause)),
      )
    }
    this.#isAsking = false
  }
}

/** What one line holds that has begun. */
export class Hold {
  readonly #line: number
  readonly #bound: Bound
  #nanoUsd: NanoUsd = 0
  #isDecided = false
  #isShort = false
  #covering: Promise<unknown> = Promise.resolve()

  constructor(line: number, bound: Bound) {
    this.#line = line
    this.#bound = bound
  }

  get nanoUsd(): NanoUsd {
    return this.#nanoUsd
  }

  /** A further call of it was not made, for want of room. */
  get isShort(): boolean {
    return this.#isShort
  }

  /** Before its first call. */
  async begin(nanoUsd: NanoUsd): Promise<HoldAnswer> {
    const answer = await this.#bound.ask({ line: this.#line, nanoUsd }, true)
    if (answer === 'held') this.#nanoUsd = nanoUsd
    this.decide()
    return answer
  }

  /** It has its answer, or does not ask. */
  decide(): void {
    if (this.#isDecided) return
    this.#isDecided = true
    this.#bound.decide()
  }

  /** The line may now cost so much in all. False where there is no room for it. Calls that race ask one after another. */
  coverTo(nanoUsd: NanoUsd): Promise<boolean> {
    const covered = this.#covering.then(() => this.#coverTo(nanoUsd))
    this.#covering = covered.catch(() => undefined)
    return covered
  }

  async #coverTo(nanoUsd: NanoUsd): Promise<boolean> {
    const missing = nanoUsd - this.#nanoUsd
    if (missing <= 0) return true
    const answer = await this.#bound.ask({ line: this.#line, nanoUsd: missing }, false)
    if (answer === 'held') this.#nanoUsd = nanoUsd
    else this.#isShort = true
    return answer === 'held'
  }
}

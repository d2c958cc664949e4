/** Decides which line is done next, and how many at once: fair between callers, within what providers take. */

import type { Clock } from '../core/clock.ts'
import type { NanoUsd } from '../core/money.ts'
import { ActiveBatch } from './active-batch.ts'
import { type Batch, suspectAfter } from './batch.ts'
import {
  BatchInput,
  type BatchInputParts,
  InputRoom,
  type ReadyLine,
  type WaitingLine,
} from './batch-input.ts'
import type { Hold } from './bound.ts'
import { Lane } from './lane.ts'
import { Lanes, type Turn, type Ways } from './lanes.ts'
import type { BatchStore, Claim, DueBatch, HoldAnswers, LineHold, LineQueue } from './port.ts'
import { Returns, type ReturnsParts } from './returns.ts'
import { Suspects, type SuspectsParts } from './suspects.ts'

/** What became of one try. */
export type TryOutcome =
  /** It has its result. */
  | { readonly kind: 'done'; readonly batch: Batch }
  /** This process ends before the store could be told of its result: the next start does it. */
  | { readonly kind: 'untold' }
  /** Too much was under way, of the caller's or at the target: nothing is held against the line. */
  | (Unanswered & {
      readonly kind: 'refused'
      readonly by: 'caller' | 'target'
      readonly retryAfterMs: number | undefined
    })
  /** It failed, and may be tried again. */
  | (Unanswered & { readonly kind: 'failed'; readonly waitMs: number })
  /** It was not made, or was ended, for a reason of ours. */
  | (Unanswered & { readonly kind: 'left'; readonly waitMs: number })
  /** The batch may not spend what it could cost, while other lines of it may cost what they can. */
  | { readonly kind: 'short' }
  /** The batch may not spend what it could cost. */
  | { readonly kind: 'unaffordable' }

interface Unanswered {
  /** What the try has cost all the same. */
  readonly spentNanoUsd?: NanoUsd
}

/** A line on its way. */
export interface LineCourse {
  readonly turn: Turn
  readonly signal: AbortSignal
  /** Where its batch may cost only so much. */
  readonly hold?: Hold
}

export interface DispatcherParts extends BatchInputParts, SuspectsParts {
  readonly queue: LineQueue
  readonly clock: Clock
  readonly random: () => number
  /** Over all batches. */
  readonly maxRunning: () => number
  tryLine(batch: Batch, line: ReadyLine, course: LineCourse): Promise<TryOutcome>
  readonly findDue: BatchStore['findDue']
  readonly extend: BatchStore['extend']
  giveBack: ReturnsParts['giveBack']
  giveBackOthers: ReturnsParts['giveBackOthers']
  hold(batchId: string, lines: readonly LineHold[]): Promise<HoldAnswers>
  /** A batch has moved: lines were settled, or it cannot go on. */
  onProgress(batch: Batch): void
  onError(cause: unknown): void
}

/** Batches that had no line that is due are asked about again no sooner; so is one that the store failed at. */
const dryMs = 250
/** Before a line at which the gateway itself failed is tried again. */
const brokenMs = 5000
/** Before a suspect is taken again whose batch may not spend what it could cost. */
const shortMs = 1000

export class Dispatcher {
  readonly #parts: DispatcherParts
  readonly #active = new Map<string, ActiveBatch>()
  readonly #lanes: Lanes
  /** How much each caller's own limits let through. */
  readonly #owners = new Map<string, Lane>()
  /** Batches whose lines are being ended: theirs are still under way. */
  readonly #leaving = new Set<ActiveBatch>()
  readonly #room = new InputRoom()
  readonly #suspects: Suspects
  #isAsking = false
  #askAtMs = -Infinity
  readonly #returns: Returns
  #running = 0
  #isClosed = false
  #idle: (() => void) | undefined
  /** When there is room again that no line's end makes. */
  #timer: NodeJS.Timeout | undefined

  constructor(parts: DispatcherParts) {
    this.#parts = parts
    this.#suspects = new Suspects(parts)
    this.#returns = new Returns({
      clock: parts.clock,
      giveBack: (batchId, lines) => parts.giveBack(batchId, lines),
      giveBackOthers: (batchId, lines) => parts.giveBackOthers(batchId, lines),
      learn: (batch) => this.#active.get(batch.id)?.learn(batch),
      onError: (cause) => parts.onError(cause),
    })
    this.#lanes = new Lanes({ ...parts, maxWindow: parts.maxRunning })
  }

  get running(): number {
    return this.#running
  }

  lanes(): ReturnType<Lanes['list']> {
    return this.#lanes.list()
  }

  /** From now on these are worked on, and no others. */
  async update(batches: readonly Batch[]): Promise<void> {
    const wanted = new Map(batches.map((batch) => [batch.id, batch]))
    const dropped = [...this.#active.values()].filter(({ batch }) => !wanted.has(batch.id))
    for (const batch of batches) {
      const known = this.#active.get(batch.id)
      if (known) known.learn(batch)
      else if (!this.#isClosed) {
        this.#active.set(batch.id, this.#begin(batch))
      }
    }
    for (const active of dropped) this.#active.delete(active.batch.id)
    this.pump()
    await this.#returns.giveBackKept()
    await Promise.all(dropped.map((active) => this.#leave(active)))
  }

  /** Prolongs the leases of all that it has. */
  async prolong(): Promise<void> {
    const lease = this.#parts.leaseOf()
    const held = [...this.#active.values(), ...this.#leaving]
    const kept = held.filter((active) => !active.hasLapsed(lease.nowMs))
    await this.#parts.extend(
      held.map(({ batch }) => batch.id),
      lease,
    )
    for (const active of kept) active.prolong(lease.nowMs + lease.leaseMs)
    await this.#giveBackLost()
  }

  /** Ends what is under way of the batch: nobody wants it any more. */
  abort(batchId: string): void {
    for (const { batch, running } of [...this.#active.values(), ...this.#leaving]) {
      if (batch.id === batchId) for (const abort of running.values()) abort.abort()
    }
  }

  /** Starts what may start. */
  pump(): void {
    if (this.#isClosed) return
    clearTimeout(this.#timer)
    this.#returnLapsed()
    if (this.#suspects.isOverdue(this.#parts.clock.monotonicMs())) this.#makeWay()
    while (this.#running < this.#parts.maxRunning()) {
      const next = this.#pick()
      if (typeof next === 'number') {
        this.#pumpAt(next)
        break
      }
      void this.#run(next.active, next.line)
    }
    for (const active of this.#active.values()) void this.#fill(active)
    void this.#askDry()
  }

  /** Starts nothing more; what is under way may end, until `hurry`. */
  async close(hurry: AbortSignal): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    const abortAll = () => {
      for (const { running } of [...this.#active.values(), ...this.#leaving]) {
        for (const abort of running.values()) abort.abort()
      }
    }
    if (hurry.aborted) abortAll()
    hurry.addEventListener('abort', abortAll)
    const active = [...this.#active.values()]
    this.#active.clear()
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

  #pumpAt(atMs: number): void {
    if (atMs === Infinity) return
    const inMs = Math.max(1, Math.ceil(atMs - this.#parts.clock.monotonicMs()))
    this.#timer = setTimeout(() => this.pump(), inMs).unref()
  }

  /**
   * Of the callers whose turn it may be, the one with the fewest lines under way; of its batches, the oldest. Else when
   * there may be one, on the monotonic clock.
   */
  #pick(): { active: ActiveBatch; line: WaitingLine } | number {
    const nowMs = this.#parts.clock.monotonicMs()
    const leasesAtMs = this.#parts.leaseOf().nowMs
    const rooms = new Map<Ways, number>()
    let best: { active: ActiveBatch; at: number } | undefined
    let bestRunning = Infinity
    let soonestMs = Infinity
    const runningOf = this.#runningByOwner()
    for (const active of this.#active.values()) {
      const owner = ownerOf(active.batch)
      const running = runningOf.get(owner) ?? 0
      if (running >= bestRunning || active.ready.length === 0 || active.hasLapsed(leasesAtMs)) continue
      const heldUpUntilMs = Math.max(
        this.#ownerLane(owner).roomAtMs(''),
        active.bound?.roomAtMs() ?? -Infinity,
      )
      const found = heldUpUntilMs > nowMs ? heldUpUntilMs : this.#firstReady(active, rooms, nowMs)
      if (typeof found !== 'number') [best, bestRunning] = [{ active, at: found.at }, running]
      else soonestMs = Math.min(soonestMs, found)
    }
    if (!best) return soonestMs
    const [line] = best.active.ready.splice(best.at, 1)
    best.active.readyBytes -= line!.bytes
    return { active: best.active, line: line! }
  }

  #firstReady(
    { ready }: ActiveBatch,
    rooms: Map<Ways, number>,
    nowMs: number,
  ): { readonly at: number } | number {
    let soonestMs = Infinity
    for (const [at, { ways }] of ready.entries()) {
      let atMs = rooms.get(ways)
      if (atMs === undefined) rooms.set(ways, (atMs = this.#lanes.roomAtMs(ways)))
      if (atMs <= nowMs) return { at }
      soonestMs = Math.min(soonestMs, atMs)
    }
    return soonestMs
  }

  #runningByOwner(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { batch, running } of this.#active.values()) {
      const owner = ownerOf(batch)
      counts.set(owner, (counts.get(owner) ?? 0) + running.size)
    }
    return counts
  }

  #ownerLane(owner: string): Lane {
    let lane = this.#owners.get(owner)
    const max = this.#parts.maxRunning()
    if (!lane) this.#owners.set(owner, (lane = new Lane(max, max)))
    return lane
  }

  async #run(active: ActiveBatch, line: WaitingLine): Promise<void> {
    const { clock, random, onProgress, onError } = this.#parts
    const owner = this.#ownerLane(ownerOf(active.batch))
    const ofOwner = owner.begin('', clock.monotonicMs())
    const turn = this.#lanes.begin(line.ways)
    const hold = active.bound?.begin(line.line)
    const abort = new AbortController()
    const course = { turn, signal: abort.signal, ...(hold && { hold }) }
    active.running.set(line.line, abort)
    this.#running++
    try {
      const outcome = await active.input
        .begin(line)
        .then((ready) => this.#parts.tryLine(active.batch, ready, course))
        .catch((cause): TryOutcome => {
          onError(cause)
          // What it held may be spent.
          return { kind: 'failed', waitMs: brokenMs, spentNanoUsd: hold?.nanoUsd ?? 0 }
        })
      const nowMs = clock.monotonicMs()
      let waitMs = 0
      if (outcome.kind === 'done') owner.succeed(ofOwner, nowMs)
      else if (outcome.kind === 'refused' && outcome.by === 'caller') {
        waitMs = owner.refuse(ofOwner, nowMs, outcome.retryAfterMs, random)
      } else owner.leave()
      if (outcome.kind === 'refused' && outcome.by === 'target') waitMs = turn.refuse(outcome.retryAfterMs)
      else turn.close()
      switch (outcome.kind) {
        case 'done':
          active.learn(outcome.batch)
          onProgress(outcome.batch)
          break
        case 'untold':
          break
        case 'refused':
          await this.#defer(active, line, waitMs, outcome)
          break
        case 'failed':
          await this.#defer(active, { ...line, tries: line.tries + 1 }, outcome.waitMs, outcome)
          break
        case 'left':
          await this.#defer(active, line, outcome.waitMs, outcome)
          break
        case 'short':
          await this.#putBack(active, line)
          break
        case 'unaffordable':
          await this.#defer(active, line, 0)
          onProgress({ ...active.batch, stop: 'max_usd' })
      }
    } finally {
      active.running.delete(line.line)
      hold?.decide()
      this.#suspects.release(active.batch.id, line.line)
      this.#running--
      if (this.#running === 0) this.#idle?.()
      this.pump()
    }
  }

  #defer(
    { batch }: ActiveBatch,
    { line, tries }: Pick<Claim, 'line' | 'tries'>,
    waitMs: number,
    { spentNanoUsd = 0 }: Unanswered = {},
  ): Promise<void> {
    const dueAtMs = Math.ceil(this.#parts.clock.nowMs() + waitMs)
    return this.#returns.giveBack(batch.id, [{ line, tries, dueAtMs, spentNanoUsd }])
  }

  /** It waits here for what its batch may spend; a suspect, and what is not to begin here any more, waits in the store. */
  async #putBack(active: ActiveBatch, line: WaitingLine): Promise<void> {
    const isHere = !this.#isClosed && this.#active.get(active.batch.id) === active
    if (isHere && line.crashes < suspectAfter) active.putBack(line)
    else await this.#defer(active, line, isHere ? shortMs : 0)
  }

  /** What the store has given to this instance, and the network has not brought here. */
  async #giveBackLost(): Promise<void> {
    for (const id of this.#returns.unsure()) {
      const active = this.#active.get(id)
      if (!active || active.isFilling || this.#isAsking) continue
      active.isFilling = this.#isAsking = true
      const here = [...active.running.keys(), ...active.ready.map(({ line }) => line)]
      await this.#returns.giveBackLost(id, here)
      active.isFilling = this.#isAsking = false
    }
  }

  async #fill(active: ActiveBatch): Promise<void> {
    const { clock, queue, leaseOf } = this.#parts
    const nowMs = clock.monotonicMs()
    if (active.isFilling || active.isDry || active.isFull || active.elsewhere <= 0) return
    if (nowMs < active.avoidedUntilMs || this.#suspects.isAlone(nowMs)) return
    await this.#take(active, () => queue.take(active.batch.id, active.wanted, leaseOf()))
    this.pump()
  }

  /** Makes lines ready for which there is room, and gives back the others. Never rejects. */
  async #take(active: ActiveBatch, claim: () => Promise<readonly Claim[]>): Promise<void> {
    const { clock, leaseOf, onError } = this.#parts
    let claims: readonly Claim[] = []
    active.isFilling = true
    try {
      const { nowMs, leaseMs } = leaseOf()
      const claimed = await claim()
      active.isDry = claimed.length === 0
      // What is here and had lapsed is not begun a second time.
      claims = claimed.filter((line) => !active.has(line))
      if (claims.length === 0) return
      this.#suspects.hold(active.batch.id, claims)
      const room = active.roomFor(claims)
      const rest = claims.slice(room)
      claims = claims.slice(0, room)
      if (room === 0) active.avoidedUntilMs = clock.monotonicMs() + dryMs
      await this.#return(active.batch.id, rest)
      const lines = await active.input.read(claims)
      if (this.#active.get(active.batch.id) === active) active.push(lines, nowMs + leaseMs)
      else await this.#returnReady(active, lines)
    } catch (cause) {
      active.avoidedUntilMs = clock.monotonicMs() + dryMs
      if (claims.length === 0) this.#returns.noteLost(active.batch.id)
      onError(cause)
      await this.#return(active.batch.id, claims)
    } finally {
      active.isFilling = false
    }
  }

  /** Which batches have lines again, of those that had none: one question for all of them. */
  async #askDry(): Promise<void> {
    const { clock, findDue, onError } = this.#parts
    const nowMs = clock.monotonicMs()
    const dry = [...this.#active.values()].filter(({ isDry, elsewhere }) => isDry && elsewhere > 0)
    if (dry.length === 0) this.#suspects.note(false, nowMs)
    if (this.#isAsking || dry.length === 0 || nowMs < this.#askAtMs) return
    this.#isAsking = true
    let found: readonly DueBatch[] = []
    try {
      const ids = dry.map(({ batch }) => batch.id)
      found = await findDue(ids, clock.nowMs())
      await this.#takeUp(found)
    } catch (cause) {
      for (const { id } of found) this.#returns.noteLost(id)
      onError(cause)
    } finally {
      this.#askAtMs = clock.monotonicMs() + dryMs
      this.#isAsking = false
    }
    if (found.length > 0) this.pump()
  }

  async #takeUp(found: readonly DueBatch[]): Promise<void> {
    const nowMs = this.#parts.clock.monotonicMs()
    const suspects = found.filter(({ fewestCrashes }) => fewestCrashes >= suspectAfter)
    for (const { id, fewestCrashes } of found) {
      const active = this.#active.get(id)
      if (active && fewestCrashes < suspectAfter) active.isDry = false
    }
    this.#suspects.note(suspects.length > 0, nowMs)
    const isTheirTurn = suspects.length === found.length || this.#suspects.isOverdue(nowMs)
    if (suspects.length === 0 || !isTheirTurn || !this.#isIdle()) return
    const taken: Promise<void>[] = []
    await this.#suspects.claim(suspects, (id, claims) => {
      const active = this.#active.get(id)
      taken.push(active ? this.#take(active, async () => claims) : this.#return(id, claims))
    })
    await Promise.all(taken)
  }

  #isIdle(): boolean {
    if (this.#running > 0) return false
    return [...this.#active.values(), ...this.#leaving].every(
      (each) => each.ready.length === 0 && !each.isFilling,
    )
  }

  /**
   * This process stood still, or the store was away for so long: what has not begun may be another instance's, and is
   * claimed again where it is not. What has begun goes on: of two results, the first counts.
   */
  #returnLapsed(): void {
    const { nowMs } = this.#parts.leaseOf()
    for (const active of this.#active.values()) {
      if (active.isFilling || !active.hasLapsed(nowMs)) continue
      // Nothing is claimed meanwhile: it would be given back with the rest.
      active.isFilling = true
      void this.#returnReady(active, active.takeReady()).finally(() => {
        active.isFilling = false
        this.pump()
      })
    }
  }

  /** For suspects: what has not begun is given back, and taken again after them. */
  #makeWay(): void {
    for (const active of this.#active.values()) void this.#returnReady(active, active.takeReady())
  }

  /** Lines that have not begun are for others; those that have may end. */
  async #leave(active: ActiveBatch): Promise<void> {
    this.#leaving.add(active)
    await this.#returnReady(active, active.takeReady())
    while (active.running.size > 0 || active.isFilling) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await active.input.close()
    this.#leaving.delete(active)
  }

  async #returnReady({ batch, input }: ActiveBatch, lines: readonly WaitingLine[]): Promise<void> {
    input.forget(lines)
    await this.#return(batch.id, lines)
  }

  async #return(batchId: string, lines: readonly Claim[]): Promise<void> {
    if (lines.length === 0) return
    for (const { line } of lines) this.#suspects.release(batchId, line)
    const dueAtMs = this.#parts.clock.nowMs()
    await this.#returns.giveBack(
      batchId,
      lines.map(({ line, tries }) => ({ line, tries, dueAtMs })),
    )
  }
}

function ownerOf({ org, keyId }: Batch): string {
  return `${org} ${keyId}`
}

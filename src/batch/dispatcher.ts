/** Decides which line is done next, and how many at once: fair between callers, within what providers take. */

import type { FileHandle } from 'node:fs/promises'
import type { Clock } from '../core/clock.ts'
import type { Json } from '../core/json.ts'
import { type Batch, suspectAfter } from './batch.ts'
import type { FileFolder } from './file-folder.ts'
import { Lane } from './lane.ts'
import { Lanes, type Turn, type Ways } from './lanes.ts'
import type { BatchStore, Claim, Deferral, Lease, LineQueue } from './port.ts'
import { readPlaces } from './read-places.ts'
import { LineError, readRequestLine, type RequestLine } from './request-line.ts'

/** A line that this instance has, with what it asks. */
export interface ReadyLine extends Claim {
  /** Undefined where the input file does not hold it any more. */
  readonly request: RequestLine | undefined
  readonly ways: Ways
}

/** What became of one try. */
export type TryOutcome =
  /** It has its result. */
  | { readonly kind: 'done'; readonly batch: Batch }
  /** Too much was under way, of the caller's or at the target: nothing is held against the line. */
  | { readonly kind: 'refused'; readonly by: 'caller' | 'target'; readonly retryAfterMs: number | undefined }
  /** It failed, and may be tried again. */
  | { readonly kind: 'failed'; readonly waitMs: number }
  /** It was not made, or was ended, for a reason of ours. */
  | { readonly kind: 'left'; readonly waitMs: number }
  /** The batch may not spend what it could cost. */
  | { readonly kind: 'unaffordable' }

export interface DispatcherParts {
  readonly queue: LineQueue
  readonly folder: FileFolder
  readonly clock: Clock
  readonly random: () => number
  readonly leaseOf: () => Lease
  /** Over all batches. */
  readonly maxRunning: () => number
  parse(text: Buffer): Json
  waysOf(request: RequestLine): Ways
  tryLine(batch: Batch, line: ReadyLine, turn: Turn, signal: AbortSignal): Promise<TryOutcome>
  readonly claimSuspects: BatchStore['claimSuspects']
  giveBack(batchId: string, lines: readonly Deferral[]): Promise<void>
  /** A batch has moved: lines were settled, or it cannot go on. */
  onProgress(batch: Batch): void
  onError(cause: unknown): void
}

/** Lines of one batch that wait here, so that a lane that frees up need not ask the store. */
const maxReady = 128
const maxReadyBytes = 8 * 1024 * 1024
/** A batch that had no line that is due is asked again no sooner. */
const dryMs = 250
/** Before a line at which the gateway itself failed is tried again. */
const brokenMs = 5000
/** Suspects that have one more process to end together, before each of them is under way without the others. */
const suspectsTogether = 8

class ActiveBatch {
  batch: Batch
  readonly ready: ReadyLine[] = []
  readyBytes = 0
  readonly running = new Map<number, AbortController>()
  /** Those that are ready or under way. */
  readonly suspects = new Set<number>()
  isFilling = false
  dryUntilMs = -Infinity
  input: FileHandle | undefined

  constructor(batch: Batch) {
    this.batch = batch
  }
}

export class Dispatcher {
  readonly #parts: DispatcherParts
  readonly #active = new Map<string, ActiveBatch>()
  readonly #lanes: Lanes
  /** How much each caller's own limits let through. */
  readonly #owners = new Map<string, Lane>()
  /** Batches whose lines are being ended: theirs are still under way. */
  readonly #leaving = new Set<ActiveBatch>()
  /** Lines that the store could not be told of, by batch. */
  readonly #kept = new Map<string, readonly Deferral[]>()
  #running = 0
  #isClosed = false
  #idle: (() => void) | undefined
  /** When there is room again that no line's end makes. */
  #timer: NodeJS.Timeout | undefined

  constructor(parts: DispatcherParts) {
    this.#parts = parts
    this.#lanes = new Lanes({ ...parts, maxWindow: parts.maxRunning })
  }

  get running(): number {
    return this.#running
  }

  /** Those of which this instance holds lines. */
  get holding(): readonly string[] {
    return [...this.#active.values(), ...this.#leaving].map(({ batch }) => batch.id)
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
      if (known) known.batch = batch
      else if (!this.#isClosed) this.#active.set(batch.id, new ActiveBatch(batch))
    }
    for (const active of dropped) this.#active.delete(active.batch.id)
    this.pump()
    if (this.#kept.size > 0) await this.#giveBackKept()
    await Promise.all(dropped.map((active) => this.#leave(active)))
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
    while (this.#running < this.#parts.maxRunning()) {
      const next = this.#pick()
      if (typeof next === 'number') {
        this.#pumpAt(next)
        break
      }
      void this.#run(next.active, next.line)
    }
    for (const active of this.#active.values()) void this.#fill(active)
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

  #pumpAt(atMs: number): void {
    if (atMs === Infinity) return
    const inMs = Math.max(1, Math.ceil(atMs - this.#parts.clock.monotonicMs()))
    this.#timer = setTimeout(() => this.pump(), inMs).unref()
  }

  /**
   * Of the callers whose turn it may be, the one with the fewest lines under way; of its batches, the oldest. Else when
   * there may be one, on the monotonic clock.
   */
  #pick(): { active: ActiveBatch; line: ReadyLine } | number {
    const nowMs = this.#parts.clock.monotonicMs()
    const rooms = new Map<Ways, number>()
    let best: { active: ActiveBatch; at: number } | undefined
    let bestRunning = Infinity
    let soonestMs = Infinity
    const runningOf = this.#runningByOwner()
    for (const active of this.#active.values()) {
      const owner = ownerOf(active.batch)
      const running = runningOf.get(owner) ?? 0
      if (running >= bestRunning || active.ready.length === 0) continue
      const ownerAtMs = this.#ownerLane(owner).roomAtMs('')
      const found = ownerAtMs > nowMs ? ownerAtMs : this.#firstReady(active, rooms, nowMs)
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

  async #run(active: ActiveBatch, line: ReadyLine): Promise<void> {
    const { clock, random, onProgress, onError } = this.#parts
    const owner = this.#ownerLane(ownerOf(active.batch))
    const ofOwner = owner.begin('', clock.monotonicMs())
    const turn = this.#lanes.begin(line.ways)
    const abort = new AbortController()
    active.running.set(line.line, abort)
    this.#running++
    try {
      const outcome = await this.#parts
        .tryLine(active.batch, line, turn, abort.signal)
        .catch((cause): TryOutcome => {
          onError(cause)
          return { kind: 'failed', waitMs: brokenMs }
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
          active.batch = outcome.batch
          onProgress(outcome.batch)
          break
        case 'refused':
          await this.#defer(active, line, waitMs)
          break
        case 'failed':
          await this.#defer(active, { ...line, tries: line.tries + 1 }, outcome.waitMs)
          break
        case 'left':
          await this.#defer(active, line, outcome.waitMs)
          break
        case 'unaffordable':
          await this.#defer(active, line, 0)
          onProgress({ ...active.batch, stop: 'max_usd' })
      }
    } finally {
      active.running.delete(line.line)
      active.suspects.delete(line.line)
      this.#running--
      if (this.#running === 0) this.#idle?.()
      this.pump()
    }
  }

  #defer({ batch }: ActiveBatch, { line, tries }: ReadyLine, waitMs: number): Promise<void> {
    const dueAtMs = Math.ceil(this.#parts.clock.nowMs() + waitMs)
    return this.#giveBack(batch.id, [{ line, tries, dueAtMs }])
  }

  /** Never rejects: while the store is away, they are kept and given back later. Nobody else would: their lease is prolonged. */
  async #giveBack(batchId: string, lines: readonly Deferral[]): Promise<void> {
    try {
      await this.#parts.giveBack(batchId, lines)
    } catch (cause) {
      this.#parts.onError(cause)
      this.#kept.set(batchId, [...(this.#kept.get(batchId) ?? []), ...lines])
    }
  }

  async #giveBackKept(): Promise<void> {
    const kept = [...this.#kept]
    this.#kept.clear()
    for (const [batchId, lines] of kept) await this.#giveBack(batchId, lines)
  }

  async #fill(active: ActiveBatch): Promise<void> {
    const { clock, queue, folder, leaseOf, onError } = this.#parts
    const room = maxReady - active.ready.length
    if (active.isFilling || room < maxReady / 2 || active.readyBytes > maxReadyBytes) return
    if (clock.monotonicMs() < active.dryUntilMs) return
    active.isFilling = true
    let claims: readonly Claim[] = []
    try {
      claims = await queue.take(active.batch.id, room, leaseOf())
      if (claims.length === 0) claims = await this.#claimSuspects(active)
      if (claims.length === 0) active.dryUntilMs = clock.monotonicMs() + dryMs
      const input = (active.input ??= await folder.open(active.batch.inputFileId, 'r'))
      const texts = await readPlaces(input, claims).catch(() => readEach(input, claims))
      const lines = claims.map((claim, index) => this.#toReady(active.batch, claim, texts[index]))
      for (const { line, crashes } of claims) if (crashes >= suspectAfter) active.suspects.add(line)
      if (this.#active.get(active.batch.id) !== active) return await this.#return(active, lines)
      active.ready.push(...lines)
      active.readyBytes += lines.reduce((sum, { bytes }) => sum + bytes, 0)
      if (lines.length > 0) this.pump()
    } catch (cause) {
      active.dryUntilMs = clock.monotonicMs() + dryMs
      onError(cause)
      await this.#return(active, claims)
    } finally {
      active.isFilling = false
    }
  }

  /** When all else is done: what ends the process must not take the others with it. */
  async #claimSuspects({ batch: { id }, suspects }: ActiveBatch): Promise<readonly Claim[]> {
    if (suspects.size > 0) return []
    const { claimSuspects, leaseOf } = this.#parts
    const [first, later] = [
      { crashes: suspectAfter, orMore: false },
      { crashes: suspectAfter + 1, orMore: true },
    ]
    const together = await claimSuspects(id, suspectsTogether, leaseOf(), first)
    return together.length > 0 ? together : claimSuspects(id, 1, leaseOf(), later)
  }

  #toReady(batch: Batch, claim: Claim, text: Buffer | undefined): ReadyLine {
    const { parse, waysOf } = this.#parts
    const request = readAgain(text, batch, parse)
    return { ...claim, request, ways: request ? waysOf(request) : [] }
  }

  /** Lines that have not begun are for others; those that have may end. */
  async #leave(active: ActiveBatch): Promise<void> {
    this.#leaving.add(active)
    await this.#return(active, active.ready.splice(0))
    while (active.running.size > 0 || active.isFilling) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await active.input?.close()
    this.#leaving.delete(active)
  }

  async #return({ batch, suspects }: ActiveBatch, lines: readonly Claim[]): Promise<void> {
    if (lines.length === 0) return
    for (const { line } of lines) suspects.delete(line)
    const dueAtMs = this.#parts.clock.nowMs()
    await this.#giveBack(
      batch.id,
      lines.map(({ line, tries }) => ({ line, tries, dueAtMs })),
    )
  }
}

function ownerOf({ org, keyId }: Batch): string {
  return `${org} ${keyId}`
}

/** Undefined for those that the file does not reach to any more. */
function readEach(input: FileHandle, claims: readonly Claim[]): Promise<(Buffer | undefined)[]> {
  return Promise.all(
    claims.map((claim) =>
      readPlaces(input, [claim]).then(
        ([text]) => text,
        () => undefined,
      ),
    ),
  )
}

/** It was valid when the batch began: the file, or what is allowed, may have changed since. */
function readAgain(
  text: Buffer | undefined,
  { endpoint }: Batch,
  parse: (text: Buffer) => Json,
): RequestLine | undefined {
  if (text === undefined) return undefined
  try {
    return readRequestLine(text, endpoint, parse)
  } catch (error) {
    if (error instanceof LineError) return undefined
    throw error
  }
}

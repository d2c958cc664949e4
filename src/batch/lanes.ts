/** The lanes of all keys of all providers, and the turns that lines have in them. */

import type { Clock } from '../core/clock.ts'
import { type Heard, Lane, type LaneCall } from './lane.ts'

/** A model with one key of its provider. */
export interface LaneName {
  /** Of the provider and the key. */
  readonly lane: string
  readonly model: string
}

export interface Way extends LaneName {
  /** The router passes it over, now. */
  isWithheld(): boolean
}

/** Where a line may go: targets in the order in which they are taken, each with the keys that may be used there. */
export type Ways = readonly (readonly Way[])[]

export interface LanesParts {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly random: () => number
  /** Of one lane. */
  readonly maxWindow: () => number
}

/** What became of a call. */
export type CallEnd =
  | { readonly kind: 'answered'; readonly heard?: Heard }
  | { readonly kind: 'refused'; readonly retryAfterMs: number | undefined }
  /** It says nothing of the load. */
  | { readonly kind: 'failed' }

export class Lanes {
  readonly #parts: LanesParts
  readonly #lanes = new Map<string, Lane>()

  constructor(parts: LanesParts) {
    this.#parts = parts
  }

  list(): { readonly name: string; readonly window: number; readonly running: number }[] {
    return [...this.#lanes].map(([name, { window, running }]) => ({ name, window, running }))
  }

  get(name: string): Lane {
    let lane = this.#lanes.get(name)
    if (!lane) this.#lanes.set(name, (lane = new Lane(this.#parts.maxWindow())))
    return lane
  }

  /** When a line may begin that can go these ways: it may be over. Infinity: when one that is under way has ended. */
  roomAtMs(ways: Ways): number {
    return this.#freest(ways)?.atMs ?? -Infinity
  }

  /** A line begins. */
  begin(ways: Ways): Turn {
    return new Turn(this, this.#parts, ways, this.#freest(ways)?.way)
  }

  /** Of the ways that the router would take, the first that has room; else the one that has it soonest. */
  #freest(ways: Ways): { readonly way: LaneName; readonly atMs: number } | undefined {
    const nowMs = this.#parts.clock.monotonicMs()
    let best: { way: LaneName; atMs: number } | undefined
    for (const way of openWays(ways)) {
      const atMs = this.get(way.lane).roomAtMs(way.model)
      if (best === undefined || Number.isNaN(best.atMs) || atMs < best.atMs) best = { way, atMs }
      if (atMs <= nowMs) break
    }
    return best
  }
}

/** Those of the first target that is not withheld; where all are, the first is taken all the same. */
function openWays(ways: Ways): readonly Way[] {
  for (const target of ways) {
    const open = target.filter((way) => !way.isWithheld())
    if (open.length > 0) return open
  }
  return ways[0] ?? []
}

/** One line's: it holds a place in one lane until its first call begins, wherever that goes, and tells lanes of all its calls. */
export class Turn {
  readonly #lanes: Lanes
  readonly #parts: LanesParts
  readonly #ways: Ways
  readonly #calls = new Map<string, LaneCall>()
  #held: { readonly way: LaneName; readonly call: LaneCall } | undefined

  constructor(lanes: Lanes, parts: LanesParts, ways: Ways, way: LaneName | undefined) {
    this.#lanes = lanes
    this.#parts = parts
    this.#ways = ways
    if (way) this.#held = { way, call: this.#enter(way) }
  }

  /** A call of this line's there would be one too many, now. */
  isFull({ lane, model }: LaneName): boolean {
    if (this.#held?.way.lane === lane) return false
    return this.#lanes.get(lane).roomAtMs(model) > this.#parts.clock.monotonicMs()
  }

  begin(way: LaneName): void {
    const held = this.#held
    this.#held = undefined
    const isThere = held?.way.lane === way.lane && held.way.model === way.model
    if (held && !isThere) this.#lanes.get(held.way.lane).leave()
    this.#calls.set(keyOf(way), isThere ? held.call : this.#enter(way))
  }

  end(way: LaneName, end: CallEnd): void {
    const call = this.#calls.get(keyOf(way))
    if (!call) return
    this.#calls.delete(keyOf(way))
    const lane = this.#lanes.get(way.lane)
    const nowMs = this.#parts.clock.monotonicMs()
    if (end.kind === 'answered') lane.succeed(call, nowMs, end.heard)
    else if (end.kind === 'refused') lane.refuse(call, nowMs, end.retryAfterMs, this.#parts.random)
    else lane.leave()
  }

  /** It is over. A place that it never used is free again. */
  close(): void {
    if (this.#held) this.#lanes.get(this.#held.way.lane).leave()
    this.#held = undefined
  }

  /**
   * It is over, and was refused. What no call was made for was refused in this gateway: its place was one too many. Gives
   * how long to wait; where a call was made, lanes know, and another of them may have room.
   */
  refuse(retryAfterMs: number | undefined): number {
    const { clock, random } = this.#parts
    const nowMs = clock.monotonicMs()
    const held = this.#held
    this.#held = undefined
    if (held) return this.#lanes.get(held.way.lane).refuse(held.call, nowMs, retryAfterMs, random)
    const roomInMs = this.#lanes.roomAtMs(this.#ways) - nowMs
    return Math.max(roomInMs === Infinity ? 0 : roomInMs, afterRefusalMs * (0.5 + random() / 2))
  }

  #enter({ lane, model }: LaneName): LaneCall {
    return this.#lanes.get(lane).begin(model, this.#parts.clock.monotonicMs())
  }
}

/** At least, so that nothing turns round in place. */
const afterRefusalMs = 50

function keyOf({ lane, model }: LaneName): string {
  return `${lane} ${model}`
}

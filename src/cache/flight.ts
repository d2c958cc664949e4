/** One call upstream that several clients wait for: who listens to it, and what they are told. */

import type { GatewayError } from '../core/error.ts'
import type { GenEvent } from '../core/event.ts'
import { Roster } from '../core/roster.ts'
import type { CachedAnswer } from './entry.ts'

/** What the listeners learn of the target before the answer is whole. */
export interface FlightSource {
  readonly provider: string
  readonly model: string
  readonly dropped: readonly string[]
}

export interface Following {
  /** Resolves when the call is over; never rejects. */
  readonly landed: Promise<Landing>
  /** The listener has gone. */
  leave(): void
}

export type Landing = { readonly answer: CachedAnswer } | { readonly error: GatewayError }

interface Follower {
  tell(events: readonly GenEvent[], source: FlightSource): void
  land(landing: Landing): void
}

/** An answer beyond this many bytes is told to those who listen already, and to nobody who comes later. */
const maxBacklogBytes = 8 * 1024 * 1024

/**
 * The answer of one attempt as it is heard. What ends it is held back from listeners until the call is settled: to
 * them, too, an end that is seen is an end that is accounted for.
 */
export class Recording {
  readonly events: GenEvent[] = []
  bytes = 0
  #told = 0
  #isEnding = false
  readonly #onCommit: (recording: Recording) => void
  readonly #onEvent: (recording: Recording) => void

  constructor(onCommit: (recording: Recording) => void, onEvent: (recording: Recording) => void) {
    this.#onCommit = onCommit
    this.#onEvent = onEvent
  }

  event(event: GenEvent): void {
    this.events.push(event)
    this.bytes += sizeOf(event)
    this.#onEvent(this)
  }

  commit(): void {
    this.#onCommit(this)
  }

  /** What may be told and was not yet. */
  next(): readonly GenEvent[] {
    const from = this.#told
    while (!this.#isEnding && this.#told < this.events.length) {
      if (this.events[this.#told]!.type === 'finish') this.#isEnding = true
      else this.#told++
    }
    return this.events.slice(from, this.#told)
  }

  /** All that was told so far. */
  get told(): readonly GenEvent[] {
    return this.events.slice(0, this.#told)
  }

  /** All that is left, at the end. */
  rest(): readonly GenEvent[] {
    return this.events.slice(this.#told)
  }
}

function sizeOf(event: GenEvent): number {
  return event.type === 'block-delta' ? event.text.length + 48 : 256
}

export class Flight {
  /** Of the target that the client is being told the answer of. */
  source: FlightSource | undefined
  readonly #followers = new Set<Follower>()
  /** Called when somebody begins to follow. */
  onFollowed: () => void = () => undefined
  /** Called when the last of those who followed has left before the end. */
  onDeserted: () => void = () => undefined
  #committed: Recording | undefined
  #isOver = false

  get isFollowed(): boolean {
    return this.#followers.size > 0
  }

  get isJoinable(): boolean {
    return !this.#isOver && (this.#committed?.bytes ?? 0) <= maxBacklogBytes
  }

  /** A recording for each attempt. */
  record(): Recording {
    return new Recording(
      (recording) => this.#commit(recording),
      (recording) => this.#heard(recording),
    )
  }

  /** Tells the listener what has been said so far, and what is said from now on. */
  follow(tell: Follower['tell']): Following {
    const { promise, resolve } = Promise.withResolvers<Landing>()
    const follower: Follower = { tell, land: resolve }
    this.#followers.add(follower)
    this.onFollowed()
    const told = this.#committed?.told ?? []
    if (told.length > 0) tell(told, this.source!)
    return {
      landed: promise,
      leave: () => {
        const wasThere = this.#followers.delete(follower)
        if (wasThere && this.#followers.size === 0 && !this.#isOver) this.onDeserted()
      },
    }
  }

  land(answer: CachedAnswer): void {
    const rest = this.#committed ? this.#committed.rest() : answer.events
    if (rest.length > 0) this.#tell(rest, answer)
    this.#end({ answer })
  }

  fail(error: GatewayError): void {
    this.#end({ error })
  }

  #commit(recording: Recording): void {
    this.#committed ??= recording
    this.#heard(recording)
  }

  #heard(recording: Recording): void {
    if (recording !== this.#committed || this.source === undefined) return
    const events = recording.next()
    if (events.length > 0) this.#tell(events, this.source)
  }

  #tell(events: readonly GenEvent[], source: FlightSource): void {
    for (const follower of this.#followers) follower.tell(events, source)
  }

  #end(landing: Landing): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const follower of this.#followers) follower.land(landing)
    this.#followers.clear()
  }
}

/** The calls under way that others may join, by the question. */
export interface Flights {
  get(key: string): Flight | undefined
  /** The first under a key stands for it until it is over; gives the function to call then, once or more often. */
  open(key: string, flight: Flight): () => void
}

/** The map holds numbers, and the flights have a roster: they come and go with requests (docs/adr/0010). */
export function createFlights(): Flights {
  const places = new Map<string, number>()
  const flights = new Roster<Flight>()
  return {
    get(key) {
      const place = places.get(key)
      return place === undefined ? undefined : flights.at(place)
    },
    open(key, flight) {
      if (places.has(key)) return () => undefined
      const place = flights.add(flight)
      places.set(key, place)
      return () => {
        if (flights.at(place) !== flight) return
        places.delete(key)
        flights.remove(place)
      }
    },
  }
}

/** Finds the answer to a request among those that are kept or under way, and keeps the new ones. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { GenEvent } from '../core/event.ts'
import type { Json } from '../core/json.ts'
import type { GenRequest } from '../core/request.ts'
import { type CachedAnswer, decodeEntry, encodeEntry } from './entry.ts'
import { createFlights, Flight, type FlightSource } from './flight.ts'
import { keyOf, type Setting } from './key.ts'
import { whyNotKept } from './keepable.ts'
import type { ExactPolicy, Policies, Policy } from './policy.ts'
import type { AnswerStore } from './port.ts'
import type { Look, SemanticCache } from './semantic/semantic.ts'

/** What the client asks of the cache with `x-weir-cache`. */
export type CacheControl = 'no-store' | 'refresh' | 'only'

/** A request whose caller is known and allowed. */
export interface Asked {
  readonly id: string
  readonly org: string
  readonly destination: string
  readonly request: GenRequest
  readonly control: CacheControl | undefined
  readonly isStrict: boolean
  /** False: it is told what is kept or under way, and what it brings is for nobody else. */
  readonly mayWrite: boolean
  /** False: it neither joins a call that is under way, nor lets others join its own. */
  readonly mayShare: boolean
  readonly caller: CallerTraits
  readonly tags: readonly string[]
}

/** Of a caller, what a route may look at. */
export interface CallerTraits {
  readonly keyName: string
  readonly dataRegion?: string
  readonly clearances?: { has(mark: string): boolean }
  header(name: string): string | undefined
}

/** What the cache has for a request. */
export type Found =
  | { readonly outcome: 'hit'; readonly answer: CachedAnswer }
  | { readonly outcome: 'semantic-hit'; readonly answer: CachedAnswer; readonly similarity: number }
  | { readonly outcome: 'shared'; readonly flight: Flight }
  | { readonly outcome: 'miss'; readonly lead: Lead }

/** The call upstream of a request that the cache had nothing for. Others may be waiting for it. */
export interface Lead {
  readonly flight: Flight
  /** The answer came to its end and is accounted for: keeps it where it may be kept, and tells those who wait. */
  land(made: FlightSource & { readonly events: readonly GenEvent[]; readonly costNanoUsd?: number }): void
  fail(error: GatewayError): void
}

export interface AnswerCacheParts {
  readonly store: AnswerStore
  readonly policies: () => Policies
  readonly semantic: Pick<SemanticCache, 'look'>
  readonly clock: Clock
  /** The store failed; the request goes on without it. */
  onFault(cause: unknown): void
  /** An entry was found that is not what was written. */
  onCorrupt(): void
}

export class AnswerCache {
  readonly #parts: AnswerCacheParts
  readonly #flights = createFlights()

  constructor(parts: AnswerCacheParts) {
    this.#parts = parts
  }

  /** False where the configuration has a cache for nothing. */
  get isOn(): boolean {
    return this.#parts.policies().isAnyOn
  }

  /** Undefined where this request is neither looked for nor kept. Throws `not_cached`. */
  find(asked: Asked): Promise<Found> | undefined {
    const policy = this.#parts.policies().of(asked.destination)
    if (policy?.exact === undefined || asked.control === 'no-store') {
      if (asked.control === 'only') throw notCached()
      return undefined
    }
    return this.#find(asked, policy, policy.exact)
  }

  /** A lead of its own for a request whose shared call brought it nothing. */
  lead(asked: Asked): Lead {
    const policy = this.#parts.policies().of(asked.destination)!
    return this.#leadOf(placeOf(asked, policy), policy.exact!, asked)
  }

  async #find(asked: Asked, policy: Policy, exact: ExactPolicy): Promise<Found> {
    const place = placeOf(asked, policy)
    if (asked.control === 'refresh') return { outcome: 'miss', lead: this.#leadOf(place, exact, asked) }
    // Two requests of one turn of the event loop find each other, whatever the store takes.
    const known = this.#flights.get(flightKeyOf(place))
    if (known?.isJoinable && asked.mayShare && asked.control !== 'only')
      return { outcome: 'shared', flight: known }
    const lead = asked.control === 'only' ? undefined : this.#leadOf(place, exact, asked)
    try {
      return await this.#lookUp({ asked, policy, place, lead })
    } catch (cause) {
      // Whoever joined must not wait for a call that is never made.
      lead?.fail(new GatewayError('internal', 'The cache failed.', { cause }))
      throw cause
    }
  }

  async #lookUp({ asked, policy, place, lead }: LookUp): Promise<Found> {
    const answer = await readAnswer(this.#parts, place)
    if (answer) {
      // Whoever joined while the store was asked is told the same.
      lead?.serve(answer)
      return { outcome: 'hit', answer }
    }
    const { semantic } = this.#parts
    const look = policy.semantic && semantic.look(settingOf(asked, policy), asked.request, policy.semantic)
    const served = await look?.served
    if (served) {
      lead?.serve(served.answer)
      return { outcome: 'semantic-hit', ...served }
    }
    if (!lead) throw notCached()
    lead.look = look
    return { outcome: 'miss', lead }
  }

  #leadOf(place: Place, exact: ExactPolicy, asked: Asked): OpenLead {
    const flight = new Flight()
    const isShared = asked.mayWrite && asked.mayShare
    const over = isShared ? this.#flights.open(flightKeyOf(place), flight) : () => undefined
    const lead: OpenLead = {
      flight,
      look: undefined,
      serve(answer) {
        over()
        flight.land(answer)
      },
      land: (made) => {
        over()
        const answer = this.#answerOf(asked, made)
        const expiresAtMs = answer.atMs + exact.ttlSeconds * 1000
        const isKept = asked.mayWrite && this.#keep(place, answer, { exact, asked, expiresAtMs })
        if (isKept) lead.look?.landed(place.key, answer, expiresAtMs)
        flight.land(answer)
      },
      fail(error) {
        over()
        flight.fail(error)
      },
    }
    return lead
  }

  #answerOf(
    { id }: Asked,
    { events, provider, model, dropped, costNanoUsd }: Parameters<Lead['land']>[0],
  ): CachedAnswer {
    return {
      events,
      provider,
      model,
      dropped,
      requestId: id,
      atMs: this.#parts.clock.nowMs(),
      ...(costNanoUsd !== undefined && { costNanoUsd }),
    }
  }

  #keep({ org, key }: Place, answer: CachedAnswer, { exact, asked, expiresAtMs }: Terms): boolean {
    const { store, onFault } = this.#parts
    if (whyNotKept(answer.events, exact) !== undefined) return false
    try {
      const value = encodeEntry(answer)
      if (value.length > exact.maxEntryBytes) return false
      const { destination, tags } = asked
      Promise.resolve(store.set({ org, key, destination, tags, value, expiresAtMs })).catch(onFault)
      return true
    } catch (cause) {
      onFault(cause)
      return false
    }
  }
}

/** Of the call under way that others may join. */
function flightKeyOf({ org, key }: Place): string {
  return `${org} ${key}`
}

/** The kept answer; undefined where there is none, it is damaged, or the store fails. */
export async function readAnswer(
  { store, onFault, onCorrupt }: Pick<AnswerCacheParts, 'store' | 'onFault' | 'onCorrupt'>,
  { org, key }: Place,
): Promise<CachedAnswer | undefined> {
  try {
    const kept = await store.get(org, key)
    if (kept === undefined) return undefined
    const answer = decodeEntry(kept.value)
    if (answer) return answer
    onCorrupt()
    await store.remove(org, key)
  } catch (cause) {
    onFault(cause)
  }
  return undefined
}

interface LookUp {
  readonly asked: Asked
  readonly policy: Policy
  readonly place: Place
  /** Absent where only a kept answer is wanted. */
  readonly lead: OpenLead | undefined
}

/** What an answer is kept by. */
interface Terms {
  readonly exact: ExactPolicy
  readonly asked: Asked
  readonly expiresAtMs: number
}

interface OpenLead extends Lead {
  look: Look | undefined
  /** Tells those who joined meanwhile the answer that was found. */
  serve(answer: CachedAnswer): void
}

/** For a request that wanted a kept answer or none. */
export function notCached(): GatewayError {
  return new GatewayError('not_cached', 'There is no kept answer to this request.', { param: 'x-weir-cache' })
}

interface Place {
  readonly org: string
  readonly key: string
}

function placeOf(asked: Asked, policy: Policy): Place {
  return { org: asked.org, key: keyOf(settingOf(asked, policy), asked.request) }
}

function settingOf({ org, destination, isStrict, caller, tags }: Asked, policy: Policy): Setting {
  const { revision, looksAt } = policy
  const { keyName, dataRegion, clearances } = caller
  const seen: Json = {
    ...(dataRegion !== undefined && { dataRegion }),
    ...(looksAt.keys && { keyName }),
    ...(looksAt.tags && { tags: tags.toSorted(compare) }),
    ...(looksAt.marks.length > 0 && { clearances: looksAt.marks.filter((mark) => clearances?.has(mark)) }),
    ...(looksAt.headers.length > 0 && {
      headers: looksAt.headers.map((name) => caller.header(name) ?? null),
    }),
  }
  return { org, destination, revision, isStrict, ...(Object.keys(seen).length > 0 && { caller: seen }) }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}

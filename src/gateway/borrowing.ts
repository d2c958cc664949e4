/** One request's way past the plan: an answer that is kept, another's call that it shares, or a call that others may share. */

import type { AnswerCache, Asked, CacheControl, Lead } from '../cache/cache.ts'
import type { CachedAnswer } from '../cache/entry.ts'
import type { Flight, FlightSource, Recording } from '../cache/flight.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { Interrupt, unlessInterrupted } from '../core/interrupt.ts'
import type { CacheOutcome } from '../records/record.ts'
import type { Attempt } from '../routing/make-attempt.ts'
import type { AnswerWriter, Call, Replayable } from '../upstream/operation.ts'
import type { Outlet } from '../upstream/outlet.ts'
import { SharedOutlet } from './shared-outlet.ts'

export interface BorrowingParts {
  readonly cache: AnswerCache
  readonly clock: Clock
  readonly outlet: Outlet
  readonly interrupt: Interrupt
  readonly replayable: Replayable
  readonly asked: Asked
  /** The headers of an answer that no attempt of this request brought. */
  headers(source: FlightSource): Record<string, string>
  /** What a call cost, in nano-dollars; undefined where its price is not known. */
  costOf(made: Attempt): number | undefined
}

/** Reads `x-weir-cache`. Throws `invalid_request`. */
export function cacheControlOf(header: string | undefined): CacheControl | undefined {
  if (header === undefined || header === 'no-store' || header === 'refresh' || header === 'only')
    return header
  throw new GatewayError('invalid_request', '`x-weir-cache` must be one of: no-store, refresh, only.', {
    param: 'x-weir-cache',
  })
}

export class Borrowing {
  outcome: CacheOutcome = 'off'
  /** The answer that the client was told, and that no attempt of its own brought. */
  answer: CachedAnswer | undefined
  similarity: number | undefined
  /** A failure was told within an answer that had begun. */
  isTold = false
  /** Resolves when the shared call is over that this request began and left. */
  background: Promise<unknown> | undefined
  readonly #parts: BorrowingParts
  #lead: Lead | undefined
  #outlet: SharedOutlet | undefined
  #interrupt: Interrupt | undefined
  #left: PromiseWithResolvers<never> | undefined
  readonly #recordings: Recording[] = []

  constructor(parts: BorrowingParts) {
    this.#parts = parts
  }

  /** True where the client has its answer. Throws `not_cached`, or what a shared call failed with. */
  async take(): Promise<boolean> {
    const { cache, asked } = this.#parts
    const found = await cache.find(asked)
    if (found === undefined) return false
    this.outcome = found.outcome
    switch (found.outcome) {
      case 'hit':
        this.#serve(found.answer)
        return true
      case 'semantic-hit':
        this.similarity = found.similarity
        this.#serve(found.answer)
        return true
      case 'shared':
        if (await this.#share(found.flight)) return true
        this.outcome = 'miss'
        this.#begin(cache.lead(asked))
        return false
      case 'miss':
        this.#begin(found.lead)
        return false
    }
  }

  // -- an answer that is there

  #serve(answer: CachedAnswer): void {
    this.answer = answer
    const writer = this.#writer(() => answer)
    writer.push(answer.events)
    writer.end()
  }

  #writer(source: () => FlightSource): AnswerWriter {
    const { replayable, asked, clock, outlet, headers } = this.#parts
    return replayable.replay({
      requestId: asked.id,
      model: asked.destination,
      clock,
      outlet,
      headers: () => headers(source()),
    })
  }

  // -- an answer that is under way

  /** False where the shared call came to nothing for reasons of its own, and this request must make one itself. */
  async #share(flight: Flight): Promise<boolean> {
    const { interrupt } = this.#parts
    let from: FlightSource | undefined
    const writer = this.#writer(() => from!)
    const following = flight.follow((events, source) => {
      from = source
      writer.push(events)
    })
    try {
      const landing = await unlessInterrupted(following.landed, interrupt)
      if ('answer' in landing) {
        from = landing.answer
        this.answer = landing.answer
        writer.end()
        return true
      }
      if (!writer.isBegun && landing.error.rule.blame !== 'upstream') return false
      throw landing.error
    } catch (error) {
      if (writer.isBegun && error instanceof GatewayError) writer.fail(error)
      this.isTold = writer.isBegun
      throw error
    } finally {
      following.leave()
    }
  }

  // -- a call of its own

  #begin(lead: Lead): void {
    const { outlet, interrupt } = this.#parts
    const { flight } = lead
    const inner = new Interrupt()
    const shared = new SharedOutlet(outlet, flight)
    const left = Promise.withResolvers<never>()
    left.promise.catch(() => undefined) // most often nobody leaves
    flight.onFollowed = () => shared.resume()
    flight.onDeserted = () => {
      if (shared.isDetached) inner.raise(interrupt.reason!)
    }
    interrupt.on((reason) => {
      const isOwn = reason.code !== 'server_shutdown'
      if (!isOwn || !flight.isFollowed) {
        inner.raise(reason)
        return
      }
      shared.detach()
      left.reject(reason)
    })
    this.#lead = lead
    this.#outlet = shared
    this.#interrupt = inner
    this.#left = left
  }

  /** What attempts are made with, in place of the client's own call and ends. */
  call(call: Call): Call {
    const { flight } = this.#lead ?? {}
    if (flight === undefined) return call
    return this.#parts.replayable.heard(() => {
      const recording = flight.record()
      this.#recordings.push(recording)
      return recording
    })
  }

  get outlet(): Outlet {
    return this.#outlet ?? this.#parts.outlet
  }

  get interrupt(): Interrupt {
    return this.#interrupt ?? this.#parts.interrupt
  }

  /** An attempt begins to tell the client its answer: from here on, others may be told it too. */
  begun(source: FlightSource): void {
    if (this.#lead) this.#lead.flight.source = source
  }

  /** The attempt that decides. Rejects when the client leaves a call that goes on for others. */
  async made(running: Promise<Attempt>): Promise<Attempt> {
    const lead = this.#lead
    if (lead === undefined) return running
    const settled = running.then(
      (attempt) => {
        this.#settle(lead, attempt)
        return attempt
      },
      (error: unknown) => {
        lead.fail(toGatewayError(error))
        throw error
      },
    )
    this.background = settled.catch(() => undefined)
    return Promise.race([settled, this.#left!.promise])
  }

  #settle(lead: Lead, attempt: Attempt): void {
    const { error, hearing, target, dropped } = attempt
    const recording = this.#recordings.find((each) => each === hearing)
    if (error || !recording) {
      lead.fail(error ?? new GatewayError('internal', 'The shared call brought no answer.'))
      return
    }
    const costNanoUsd = this.#parts.costOf(attempt)
    lead.land({
      events: recording.events,
      provider: target.provider.name,
      model: target.model,
      dropped,
      ...(costNanoUsd !== undefined && { costNanoUsd }),
    })
  }

  /** The request failed before any attempt: those who wait make their own. */
  abandon(error: GatewayError): void {
    if (this.background === undefined) this.#lead?.fail(error)
  }
}

function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  return new GatewayError('internal', 'The shared call failed in the gateway.', { cause: error })
}

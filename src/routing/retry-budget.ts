/** Bounds how much load retries may add: token buckets, one for each upstream and one over all. */

import type { Clock } from '../core/clock.ts'

/** Tokens live this long, so that a quiet hour does not save up a storm. */
const tokenLifeMs = 10_000
const slotMs = 1_000
const slots = tokenLifeMs / slotMs
const upstreamShare = 0.2
const overallShare = 0.1
/** Retries that are allowed however little traffic there is. One that fails keeps its place for a token's life. */
const floor = 3

/** One retry that was allowed. `succeeded` gives a place of the floor back at once. */
export interface Spending {
  succeeded(): void
}

/**
 * Each first attempt deposits a part of a token, each retry spends a whole one, of the upstream that failed and of
 * all together. So attempts stay within 1.2 times the requests, and the floor, however long an outage lasts.
 */
export interface RetryBudget {
  /** A request's first attempt goes to this upstream. */
  deposit(upstream: string): void
  /** Asks for one retry because this upstream failed. Undefined: there is nothing left. */
  spend(failedUpstream: string): Spending | undefined
}

export function createRetryBudget(clock: Clock): RetryBudget {
  const overall = new Bucket(overallShare)
  const upstreams = new Map<string, Bucket>()
  const bucketOf = (upstream: string): Bucket => {
    let bucket = upstreams.get(upstream)
    if (!bucket) upstreams.set(upstream, (bucket = new Bucket(upstreamShare)))
    return bucket
  }
  return {
    deposit(upstream) {
      const nowMs = clock.monotonicMs()
      overall.deposit(nowMs)
      bucketOf(upstream).deposit(nowMs)
    },
    spend(failedUpstream) {
      const nowMs = clock.monotonicMs()
      const own = bucketOf(failedUpstream)
      if (!own.canSpend(nowMs) || !overall.canSpend(nowMs)) return undefined
      const places = [own.spend(nowMs), overall.spend(nowMs)]
      return { succeeded: () => places.forEach((place) => place?.giveBack()) }
    },
  }
}

/** A place of the floor that a retry holds. */
interface Place {
  giveBack(): void
}

class Bucket {
  readonly #share: number
  readonly #tokens = new Float64Array(slots)
  /** When each place of the floor that is taken comes back by itself, in order. */
  readonly #takenUntilMs: number[] = []
  #slot = 0

  constructor(share: number) {
    this.#share = share
  }

  deposit(nowMs: number): void {
    this.#expire(nowMs)
    this.#tokens[this.#slot % slots]! += this.#share
  }

  canSpend(nowMs: number): boolean {
    this.#expire(nowMs)
    return this.#takenUntilMs.length < floor || this.#balance() >= 1
  }

  /** Tokens first, the oldest before they expire; then a place of the floor. */
  spend(nowMs: number): Place | undefined {
    if (this.#balance() < 1) {
      const untilMs = nowMs + tokenLifeMs
      this.#takenUntilMs.push(untilMs)
      return { giveBack: () => this.#giveBack(untilMs) }
    }
    let owed = 1
    for (let slot = this.#slot + 1; slot <= this.#slot + slots && owed > 0; slot++) {
      const taken = Math.min(owed, this.#tokens[slot % slots]!)
      this.#tokens[slot % slots]! -= taken
      owed -= taken
    }
    return undefined
  }

  #balance(): number {
    let sum = 0
    for (const tokens of this.#tokens) sum += tokens
    return sum + 1e-9 // five deposits of a fifth are one token, whatever binary fractions say
  }

  #giveBack(untilMs: number): void {
    const at = this.#takenUntilMs.indexOf(untilMs)
    if (at >= 0) this.#takenUntilMs.splice(at, 1)
  }

  #expire(nowMs: number): void {
    const slot = Math.floor(nowMs / slotMs)
    for (let stale = Math.max(this.#slot + 1, slot - slots + 1); stale <= slot; stale++) {
      this.#tokens[stale % slots] = 0
    }
    this.#slot = slot
    while (this.#takenUntilMs.length > 0 && this.#takenUntilMs[0]! <= nowMs) this.#takenUntilMs.shift()
  }
}

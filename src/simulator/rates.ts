/** Limits of the simulated providers: a bucket of requests for each, told of in headers as the providers tell. */

/** How a bucket stands after a request came. */
export interface RateState {
  readonly limit: number
  readonly remaining: number
  /** Until it is full again. */
  readonly resetMs: number
  /** Present where there was no room: nothing was taken then. */
  readonly retryAfterMs?: number
}

/** So many requests at once after a pause, and then one each such share of the time. */
export interface RateLimit {
  readonly requests: number
  readonly perMs: number
}

export class Rates {
  readonly #fullAtMs = new Map<string, number>()

  take(bucket: string, { requests, perMs }: RateLimit, nowMs: number): RateState {
    const before = Math.max(this.#fullAtMs.get(bucket) ?? 0, nowMs)
    const after = before + perMs / requests
    const overMs = after - nowMs - perMs
    const hasRoom = overMs <= 1e-6
    const fullAtMs = hasRoom ? after : before
    this.#fullAtMs.set(bucket, fullAtMs)
    const resetMs = fullAtMs - nowMs
    return {
      limit: requests,
      remaining: Math.max(0, Math.floor(requests * (1 - resetMs / perMs) + 1e-6)),
      resetMs,
      ...(!hasRoom && { retryAfterMs: overMs }),
    }
  }

  clear(): void {
    this.#fullAtMs.clear()
  }
}

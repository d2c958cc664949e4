/** The canary's ladder, and the guardrail that stops it. */

import type { RequestRecord } from '../records/record.ts'
import type { Canary, Pointer } from './port.ts'

/** The share of the requests that it takes now, 0 to 1; undefined after the last step. */
export function shareAt({ shares, stepMs, startedAtMs }: Canary, nowMs: number): number | undefined {
  return shares[Math.max(0, Math.floor((nowMs - startedAtMs) / stepMs))]
}

interface Tally {
  requests: number
  failures: number
}

interface Watched {
  readonly startedAtMs: number
  readonly canary: Tally
  readonly live: Tally
}

/** Before there are so many requests of the canary, nothing is said. */
const minRequests = 20
/** Failures beyond the live revision's share that are not worth a stop. */
const margin = 0.02
/** One-sided, alpha .01. */
const criticalZ = 2.326

/** Counts what this instance sees of a canary and of the live revision beside it. */
export class CanaryGuard {
  readonly #watched = new Map<string, Watched>()

  observe({ route, revision, status, code }: RequestRecord, pointer: Pointer | undefined): void {
    if (route === undefined || !pointer?.canary) return
    const { canary, live } = pointer
    const watched = this.#of(route, canary)
    const tally = revision === canary.revision ? watched.canary : revision === live ? watched.live : undefined
    if (!tally || code === 'client_gone') return
    tally.requests++
    if (status >= 500 || status === 429) tally.failures++
  }

  /** Why the canary should stop; undefined where nothing speaks against it. */
  faultOf({ route, canary }: Pointer): string | undefined {
    if (!canary) return undefined
    const { canary: own, live } = this.#of(route, canary)
    if (own.requests < minRequests) return undefined
    const [rate, usual] = [shareOf(own), shareOf(live)]
    const pooled = (own.failures + live.failures) / (own.requests + live.requests)
    const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / own.requests + 1 / Math.max(1, live.requests)))
    const isWorse = rate > usual + margin && rate - usual > criticalZ * deviation
    if (!isWorse) return undefined
    return `${own.failures} of ${own.requests} requests failed, ${live.failures} of ${live.requests} on the live revision`
  }

  #of(route: string, { startedAtMs }: Canary): Watched {
    const known = this.#watched.get(route)
    if (known?.startedAtMs === startedAtMs) return known
    const fresh = (): Tally => ({ requests: 0, failures: 0 })
    const watched = { startedAtMs, canary: fresh(), live: fresh() }
    this.#watched.set(route, watched)
    return watched
  }
}

function shareOf({ requests, failures }: Tally): number {
  return requests === 0 ? 0 : failures / requests
}

/** Reports that many look at are computed once for all who take one of some age. */

import { hourMs } from './period.ts'
import type { UsagePage, UsageQuery } from './port.ts'

const secondMs = 1_000
const maxKept = 200

interface Kept {
  readonly atMs: number
  readonly page: Promise<UsagePage>
}

export class RecentReports {
  readonly #compute: (query: UsageQuery) => Promise<UsagePage>
  readonly #nowMs: () => number
  readonly #kept = new Map<string, Kept>()

  constructor(compute: (query: UsageQuery) => Promise<UsagePage>, nowMs: () => number) {
    this.#compute = compute
    this.#nowMs = nowMs
  }

  /** One that is at most so many seconds old; of 0 seconds always a new one. Rejects as the store does. */
  of(maxAgeSeconds: number, query: UsageQuery): Promise<UsagePage> {
    if (maxAgeSeconds === 0) return this.#compute(query)
    const key = keyOf(query)
    const nowMs = this.#nowMs()
    const kept = this.#kept.get(key)
    if (kept && nowMs - kept.atMs < maxAgeSeconds * secondMs) return kept.page
    const page = this.#compute(query)
    this.#keep(key, { atMs: nowMs, page })
    page.catch(() => this.#kept.delete(key))
    return page
  }

  #keep(key: string, report: Kept): void {
    this.#kept.delete(key)
    this.#kept.set(key, report)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > maxKept && oldest !== undefined) this.#kept.delete(oldest)
  }
}

/** Part of an hour counts as all of it: reports over the same hours are the same. */
function keyOf(query: UsageQuery): string {
  const fromMs = Math.floor(query.fromMs / hourMs) * hourMs
  const toMs = Math.ceil(query.toMs / hourMs) * hourMs
  return JSON.stringify({ ...query, fromMs, toMs })
}

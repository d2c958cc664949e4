/** Adds up what keys spend by the hour, over all instances and restarts, and has each hour judged. */

import type { Clock } from '../core/clock.ts'
import { priceUsage } from '../models/cost.ts'
import type { PriceTable } from '../models/price.ts'
import type { RequestRecord } from '../records/record.ts'
import type { Verdicts } from './failure-rate.ts'
import type { SpendHour, SpendStore } from './port.ts'
import { historyHours, judgeSpend, type SpendRule } from './spend-anomaly.ts'

export interface SpendWatchOptions {
  readonly store: SpendStore
  readonly clock: Clock
  /** The prices of the configuration in force. */
  readonly prices: () => Promise<(provider: string, model: string) => PriceTable | undefined>
  readonly rule: () => SpendRule
}

type Spent = Pick<RequestRecord, 'org' | 'keyId' | 'keyName' | 'atMs' | 'attempts'>

const hourMs = 3_600_000
/** Requests between two looks; what is beyond is not watched, which a burst of this size is anyway. */
const maxPending = 100_000

export class SpendWatch {
  readonly #options: SpendWatchOptions
  readonly #open = new Set<string>()
  #pending: Spent[] = []
  /** Complete hours, as they were when the current one began. */
  #history: { readonly hour: number; readonly hours: readonly SpendHour[] } | undefined

  constructor(options: SpendWatchOptions) {
    this.#options = options
  }

  note(record: Spent): void {
    if (this.#pending.length < maxPending && record.attempts.some(({ usage }) => usage)) {
      this.#pending.push(record)
    }
  }

  /** Not to be called again before it has ended. */
  async judge(): Promise<Verdicts> {
    const { store, clock, rule } = this.#options
    const pending = this.#pending
    this.#pending = []
    if (pending.length > 0) await store.add(await this.#toHours(pending))
    const hour = Math.floor(clock.nowMs() / hourMs)
    if (this.#history?.hour !== hour) {
      const hours = await store.since(hour - historyHours)
      this.#history = { hour, hours: hours.filter((each) => each.hour < hour) }
      await store.prune(hour - historyHours)
    }
    const current = (await store.since(hour)).filter((each) => each.hour === hour)
    return judgeSpend([...this.#history.hours, ...current], hour, rule(), this.#open)
  }

  async #toHours(pending: readonly Spent[]): Promise<SpendHour[]> {
    const priceOf = await this.#options.prices()
    const hours = new Map<string, SpendHour>()
    for (const { org, keyId, keyName, atMs, attempts } of pending) {
      const hour = Math.floor(atMs / hourMs)
      let nanoUsd = 0
      for (const { provider, model, usage } of attempts) {
        const price = usage && priceOf(provider, model)
        if (price) nanoUsd += priceUsage(price, usage, { atMs }).totalNanoUsd
      }
      if (nanoUsd === 0) continue
      const key = `${org} ${keyId} ${hour}`
      hours.set(key, { org, keyId, keyName, hour, nanoUsd: nanoUsd + (hours.get(key)?.nanoUsd ?? 0) })
    }
    return [...hours.values()]
  }
}

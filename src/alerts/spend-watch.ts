/** Adds up what keys spend by the hour, over all instances and restarts, and has each hour judged. */

import type { Clock } from '../core/clock.ts'
import { priceUsage } from '../models/cost.ts'
import type { PriceTable } from '../models/price.ts'
import type { RequestRecord } from '../records/record.ts'
import type { Resolution } from './alert.ts'
import type { Verdicts } from './failure-rate.ts'
import type { SpendHour, SpendStore } from './port.ts'
import { historyHours, judgeSpend, type OpenAnomalies, type SpendRule, subjectOf } from './spend-anomaly.ts'

type PriceOf = (provider: string, model: string) => PriceTable | undefined

/** What a key has spent within an hour and is not stored yet. */
type Sum = SpendHour & { nanoUsd: number }

interface History {
  readonly hour: number
  readonly byKey: ReadonlyMap<string, readonly SpendHour[]>
}

export interface SpendWatchOptions {
  readonly store: SpendStore
  readonly clock: Clock
  /** The prices of the configuration in force; asked for at each look. */
  readonly prices: () => Promise<PriceOf>
  readonly rule: () => SpendRule
}

type Spent = Pick<RequestRecord, 'org' | 'keyId' | 'keyName' | 'atMs' | 'attempts'>

const hourMs = 3_600_000
/** Requests that are kept until the prices are there; those beyond are not watched. */
const maxUnpriced = 1_000
/** Sums that wait for the store; what is beyond is not watched while it cannot be reached. */
const maxSums = 50_000

/** Keeps sums, never requests: between two looks there may be as many as the gateway can serve. */
export class SpendWatch {
  readonly #options: SpendWatchOptions
  readonly #open: OpenAnomalies = new Map()
  #priceOf: PriceOf | undefined
  #unpriced: Spent[] = []
  #sums = new Map<string, Sum>()
  /** Complete hours by key, as they were when the current one began. */
  #history: History | undefined

  constructor(options: SpendWatchOptions) {
    this.#options = options
  }

  /** Takes up an alert of before a restart, so that it ends when its hour has. */
  resume({ org, kind, subject }: Resolution): void {
    this.#open.set(subjectOf({ org, keyId: subject }), { org, kind, subject })
  }

  note({ org, keyId, keyName, atMs, attempts }: Spent): void {
    if (!attempts.some(({ usage }) => usage)) return
    const spent: Spent = { org, keyId, keyName, atMs, attempts }
    if (this.#priceOf) this.#add(spent, this.#priceOf)
    else if (this.#unpriced.length < maxUnpriced) this.#unpriced.push(spent)
  }

  /** Not to be called again before it has ended. */
  async judge(): Promise<Verdicts> {
    const { store, clock, rule } = this.#options
    await this.#takeUpPrices()
    await this.#store()
    const hour = Math.floor(clock.nowMs() / hourMs)
    const { byKey } = await this.#historyBefore(hour)
    const { minNanoUsd } = rule()
    const current = (await store.since(hour)).filter((each) => each.hour === hour)
    // Of most keys nothing needs to be judged: there may be thousands, each with a week of hours.
    const suspects = current.filter(({ nanoUsd }) => nanoUsd >= minNanoUsd)
    const hours = suspects.flatMap((each) => [...(byKey.get(subjectOf(each)) ?? []), each])
    return judgeSpend(hours, hour, rule(), this.#open)
  }

  async #takeUpPrices(): Promise<void> {
    const priceOf = await this.#options.prices()
    this.#priceOf = priceOf
    for (const spent of this.#unpriced.splice(0)) this.#add(spent, priceOf)
  }

  #add({ org, keyId, keyName, atMs, attempts }: Spent, priceOf: PriceOf): void {
    let nanoUsd = 0
    for (const { provider, model, usage } of attempts) {
      const price = usage && priceOf(provider, model)
      if (price) nanoUsd += priceUsage(price, usage, { atMs }).totalNanoUsd
    }
    if (nanoUsd > 0) this.#sumUp({ org, keyId, keyName, hour: Math.floor(atMs / hourMs), nanoUsd })
  }

  #sumUp(spent: SpendHour): void {
    const key = JSON.stringify([spent.org, spent.keyId, spent.hour])
    const sum = this.#sums.get(key)
    if (sum) sum.nanoUsd += spent.nanoUsd
    else if (this.#sums.size < maxSums) this.#sums.set(key, { ...spent })
  }

  async #store(): Promise<void> {
    const sums = this.#sums
    if (sums.size === 0) return
    this.#sums = new Map()
    try {
      await this.#options.store.add([...sums.values()])
    } catch (cause) {
      for (const sum of sums.values()) this.#sumUp(sum)
      throw cause
    }
  }

  async #historyBefore(hour: number): Promise<History> {
    if (this.#history?.hour === hour) return this.#history
    const { store } = this.#options
    const hours = (await store.since(hour - historyHours)).filter((each) => each.hour < hour)
    this.#history = { hour, byKey: Map.groupBy(hours, subjectOf) }
    await store.prune(hour - historyHours)
    return this.#history
  }
}

/** Watches the models that routes lead to: which of them end soon, and whose price is no longer what it was. */

import { formatUsd } from '../core/money.ts'
import { asString, type JsonObject } from '../core/json.ts'
import type { ModelInfo } from '../models/model.ts'
import { periodAt } from '../models/price.ts'
import type { Resolution, Signal } from './alert.ts'
import type { Verdicts } from './failure-rate.ts'

/** A target of a route, with what the catalogue knows of it. */
export interface WatchedModel {
  /** `provider/model`. */
  readonly name: string
  readonly info: ModelInfo
}

const org = 'default'
const dayMs = 86_400_000

/** Alerts of models that their provider ends within so many days; all others are over. */
export function judgeRetirements(
  models: readonly WatchedModel[],
  withinDays: number,
  nowMs: number,
): Verdicts {
  const raised: Signal[] = []
  const resolved: Resolution[] = []
  for (const { name, info } of models) {
    const { retiresAtMs, successor } = info
    const what = { org, kind: 'model-retirement', subject: name } as const
    if (retiresAtMs === undefined || retiresAtMs - nowMs > withinDays * dayMs) {
      resolved.push(what)
      continue
    }
    const day = new Date(retiresAtMs).toISOString().slice(0, 10)
    const instead = successor === undefined ? '' : ` Its successor is ${successor}.`
    raised.push({
      ...what,
      severity: retiresAtMs <= nowMs ? 'critical' : 'warning',
      summary: `The model ${name} ${retiresAtMs <= nowMs ? 'ended' : 'ends'} on ${day}.${instead}`,
      detail: { model: name, retires_at: day, ...(successor !== undefined && { successor }) },
    })
  }
  return { raised, resolved }
}

/** The main rates that hold now, in USD per million tokens; undefined where the model has no price. */
export function ratesNow({ price }: ModelInfo, nowMs: number): JsonObject | undefined {
  if (price === undefined) return undefined
  const rates = periodAt(price, nowMs).tiers[0].rates
  const usd = (rate: number | undefined) => (rate === undefined ? null : formatUsd(rate))
  return { input: usd(rates.input), cache_read: usd(rates.cacheRead), output: usd(rates.output) }
}

export function priceChange(name: string, before: JsonObject, after: JsonObject): Signal {
  const told = (rates: JsonObject) =>
    `${asString(rates['input']) ?? '-'} in, ${asString(rates['output']) ?? '-'} out`
  return {
    org,
    kind: 'price-change',
    subject: name,
    severity: 'info',
    summary: `The price of ${name} was ${told(before)} and is ${told(after)} (USD per million tokens).`,
    detail: { model: name, before, after },
  }
}

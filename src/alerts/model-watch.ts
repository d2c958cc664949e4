/** Watches the models that routes lead to: which of them end soon, and whose price is no longer what it was. */

import { createHash } from 'node:crypto'
import { formatUsd } from '../core/money.ts'
import { asObject, asString, type Json, type JsonObject } from '../core/json.ts'
import type { ModelInfo } from '../models/model.ts'
import { periodAt } from '../models/price.ts'
import type { Alert, Signal } from './alert.ts'
import type { Verdicts } from './failure-rate.ts'
import type { MarkStore } from './port.ts'

/** A target of a route, with what the catalogue knows of it. */
export interface WatchedModel {
  /** `provider/model`. */
  readonly name: string
  readonly info: ModelInfo
}

const org = 'default'
const dayMs = 86_400_000

/** Those that their provider ends within so many days; whatever is open and not among them is over. */
export function judgeRetirements(
  models: readonly WatchedModel[],
  open: readonly Alert[],
  withinDays: number,
  nowMs: number,
): Verdicts {
  const raised: Signal[] = []
  for (const { name, info } of models) {
    const { retiresAtMs, successor } = info
    if (retiresAtMs === undefined || retiresAtMs - nowMs > withinDays * dayMs) continue
    const day = new Date(retiresAtMs).toISOString().slice(0, 10)
    const instead = successor === undefined ? '' : ` Its successor is ${successor}.`
    raised.push({
      org,
      kind: 'model-retirement',
      subject: name,
      severity: retiresAtMs <= nowMs ? 'critical' : 'warning',
      summary: `The model ${name} ${retiresAtMs <= nowMs ? 'ended' : 'ends'} on ${day}.${instead}`,
      detail: { model: name, retires_at: day, ...(successor !== undefined && { successor }) },
    })
  }
  const still = new Set(raised.map(({ subject }) => subject))
  const over = open.filter(({ kind, subject }) => kind === 'model-retirement' && !still.has(subject))
  return { raised, resolved: over.map(({ kind, subject }) => ({ org, kind, subject })) }
}

export interface PriceWatch {
  readonly marks: MarkStore
  readonly nowMs: number
  readonly raise: (signal: Signal) => void
}

/** Compares with what the last look saw, also before a restart: a new release may bring new prices. */
export async function watchPrices(
  models: readonly WatchedModel[],
  { marks, nowMs, raise }: PriceWatch,
): Promise<void> {
  for (const { name, info } of models) {
    const rates = ratesNow(info, nowMs)
    if (rates === undefined) continue
    const text = JSON.stringify(rates)
    const mark = `price ${createHash('sha256').update(name).digest('hex').slice(0, 32)}`
    const before = await marks.get(mark)
    if (before === text) continue
    await marks.set(mark, text)
    const known = before === undefined ? undefined : asObject(JSON.parse(before) as Json)
    // Told at once: the next look, after a fault at a later model, does not find this change any more.
    if (known) raise(priceChange(name, known, rates))
  }
}

/** The main rates that hold now, in USD per million tokens; undefined where the model has no price. */
function ratesNow({ price }: ModelInfo, nowMs: number): JsonObject | undefined {
  if (price === undefined) return undefined
  const rates = periodAt(price, nowMs).tiers[0].rates
  const usd = (rate: number | undefined) => (rate === undefined ? null : formatUsd(rate))
  return { input: usd(rates.input), cache_read: usd(rates.cacheRead), output: usd(rates.output) }
}

function priceChange(name: string, before: JsonObject, after: JsonObject): Signal {
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

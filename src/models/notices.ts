/** What an operator should hear of the models in use: prices that have changed or will, and models that end. Pure. */

import type { ModelInfo } from './model.ts'
import type { PriceMemory } from './port.ts'
import { type PricePeriod, type PriceTable, periodAt } from './price.ts'
import { retiringSoon } from './retirement.ts'
import { diffSnapshots, type PriceSnapshot } from './snapshot.ts'

export interface Notice {
  /** The same notice has the same id, at any time and on any instance. */
  readonly id: string
  readonly kind: 'price-changed' | 'price-will-change' | 'retires' | 'retired'
  /** `provider/model`. */
  readonly model: string
  /** In Unix milliseconds: when it was noticed, or when it will be so. */
  readonly atMs: number
  /** A route's target, or a model that a provider's configuration names. */
  readonly isInUse: boolean
  readonly successor?: string
  /** Of a price; absent: it had none. */
  readonly before?: PriceTable
  readonly after?: PriceTable
}

export interface NoticeParts {
  readonly models: readonly ModelInfo[]
  /** `provider/model`. */
  readonly inUse: ReadonlySet<string>
  readonly changes: PriceMemory['changes']
  readonly nowMs: number
  /** How far ahead and back to look. */
  readonly days: number
}

const dayMs = 86_400_000
/** Changes are remembered for so long, and at most so many. */
const maxChanges = 1_000
const rememberedMs = 90 * dayMs

/** Those of models in use first, then by time. */
export function noticesOf(parts: NoticeParts): readonly Notice[] {
  return [...changedPrices(parts), ...comingPrices(parts), ...endings(parts)].toSorted(
    (a, b) => Number(b.isInUse) - Number(a.isInUse) || a.atMs - b.atMs,
  )
}

/** The memory after a look at today's prices, and what of it is news. */
export function compareWithMemory(
  memory: PriceMemory | undefined,
  snapshot: PriceSnapshot,
  nowMs: number,
): { readonly memory: PriceMemory; readonly isNew: boolean } {
  const { version, prices } = snapshot
  if (memory?.version === version) return { memory, isNew: false }
  // What was never seen has not changed: another provider, or the first look at all.
  const before = memory && ({ version: memory.version, prices: memory.prices } as PriceSnapshot)
  const known = new Set(Object.keys(memory?.prices ?? {}).map(providerOf))
  const news = before
    ? diffSnapshots(before, snapshot)
        .filter(({ model, before: old }) => old !== undefined || known.has(providerOf(model)))
        .filter(({ model, after }) => after !== undefined || hasProvider(snapshot, model))
        .map((change) => ({ atMs: nowMs, ...change }))
    : []
  const kept = (memory?.changes ?? []).filter(({ atMs }) => atMs > nowMs - rememberedMs)
  return { memory: { version, prices, changes: [...kept, ...news].slice(-maxChanges) }, isNew: true }
}

function providerOf(model: string): string {
  return model.slice(0, model.indexOf('/'))
}

function hasProvider({ prices }: PriceSnapshot, model: string): boolean {
  const prefix = `${providerOf(model)}/`
  return Object.keys(prices).some((name) => name.startsWith(prefix))
}

function changedPrices({ changes, inUse, nowMs, days }: NoticeParts): Notice[] {
  return changes.flatMap(({ atMs, model, before, after }): Notice[] => {
    if (atMs < nowMs - days * dayMs) return []
    return [
      {
        id: `price-changed ${model} ${day(atMs)}`,
        kind: 'price-changed',
        model,
        atMs,
        isInUse: inUse.has(model),
        ...(before !== undefined && { before: before as PriceTable }),
        ...(after !== undefined && { after: after as PriceTable }),
      },
    ]
  })
}

/** A price table may hold what is announced for later. */
function comingPrices({ models, inUse, nowMs, days }: NoticeParts): Notice[] {
  return models.flatMap(({ provider, id, price }): Notice[] => {
    if (!price) return []
    const model = `${provider}/${id}`
    return price.periods
      .filter(({ fromMs = 0, daily }) => !daily && fromMs > nowMs && fromMs <= nowMs + days * dayMs)
      .map((period) => ({
        id: `price-will-change ${model} ${day(period.fromMs!)}`,
        kind: 'price-will-change',
        model,
        atMs: period.fromMs!,
        isInUse: inUse.has(model),
        before: only(price, periodAt(price, nowMs)),
        after: only(price, period),
      }))
  })
}

function only(price: PriceTable, { tiers }: PricePeriod): PriceTable {
  return { ...price, periods: [{ tiers }] }
}

/** One that ended long ago is news only to those who still use it. */
function endings({ models, inUse, nowMs, days }: NoticeParts): Notice[] {
  const endsOf = new Map(models.map((model) => [`${model.provider}/${model.id}`, model]))
  return retiringSoon(models, nowMs, days).flatMap(
    ({ provider, id, retiresAtMs, isRetired, successor }): Notice[] => {
      const model = `${provider}/${id}`
      const isInUse = inUse.has(model)
      if (!isInUse && retiresAtMs < nowMs - days * dayMs) return []
      const kind = isRetired ? 'retired' : 'retires'
      return [
        {
          id: `${kind} ${model} ${day(retiresAtMs)}`,
          kind,
          model,
          atMs: retiresAtMs,
          isInUse,
          ...(successor !== undefined && { successor: livingSuccessor(provider, successor, endsOf, nowMs) }),
        },
      ]
    },
  )
}

/** The successor that a provider named at the time may have ended since: then its own, and so on. */
function livingSuccessor(
  provider: string,
  named: string,
  models: ReadonlyMap<string, ModelInfo>,
  nowMs: number,
): string {
  let successor = named
  for (const seen = new Set<string>(); !seen.has(successor);) {
    seen.add(successor)
    const { retiresAtMs = Infinity, successor: next } = models.get(`${provider}/${successor}`) ?? {}
    if (next === undefined || retiresAtMs > nowMs) break
    successor = next
  }
  return successor
}

function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}

/** One line for people: what, when, and what to do. */
export function toldNotice({ kind, model, atMs, successor }: Notice): string {
  const instead = successor === undefined ? '' : `; use ${successor} instead`
  switch (kind) {
    case 'price-changed':
      return `the price of ${model} has changed (noticed ${day(atMs)})`
    case 'price-will-change':
      return `the price of ${model} changes on ${day(atMs)}`
    case 'retires':
      return `${model} retires on ${day(atMs)}${instead}`
    case 'retired':
      return `${model} is retired since ${day(atMs)}${instead}`
  }
}

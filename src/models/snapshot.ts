/** All prices at a moment, named by a hash of what they are: ledger rows name it, and two of them show what changed. */

import { createHash } from 'node:crypto'
import type { Catalogue } from './catalogue.ts'
import type { PriceTable } from './price.ts'

export interface PriceSnapshot {
  /** `prices@` and twelve hexadecimal digits: the same prices have the same version, on any instance. */
  readonly version: string
  /** By `provider/model`. */
  readonly prices: Readonly<Record<string, PriceTable>>
}

/** The prices of all models of these providers. A tenth of a second for the whole catalogue: not for the request path. */
export function takeSnapshot(catalogue: Catalogue, providers = catalogue.providers): PriceSnapshot {
  const priced = providers.flatMap((provider) =>
    catalogue
      .list(provider)
      .flatMap(({ id, price }) => (price ? [[`${provider}/${id}`, price] as const] : [])),
  )
  const prices = Object.fromEntries(priced.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  const hash = createHash('sha256').update(canonical(prices)).digest('hex')
  return { version: `prices@${hash.slice(0, 12)}`, prices }
}

/** The name of one model's price by what it is, as ledger lines carry it. */
export function priceVersion(price: PriceTable): string {
  return `price@${createHash('sha256').update(canonical(price)).digest('hex').slice(0, 16)}`
}

/** Absent members: the model was not priced then, or is not now. */
export interface PriceChange {
  readonly model: string
  readonly before?: PriceTable
  readonly after?: PriceTable
}

/** What differs between two snapshots, by `provider/model`. */
export function diffSnapshots(a: PriceSnapshot, b: PriceSnapshot): readonly PriceChange[] {
  if (a.version === b.version) return []
  const models = [...new Set([...Object.keys(a.prices), ...Object.keys(b.prices)])].sort()
  return models.flatMap((model): PriceChange[] => {
    const before = a.prices[model]
    const after = b.prices[model]
    if (canonical(before) === canonical(after)) return []
    return [{ model, ...(before ? { before } : {}), ...(after ? { after } : {}) }]
  })
}

/** JSON with the members in order, so that it depends on the content alone. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}

/** The catalogue: what is known of each model, from the settings, the overlay, the price list and the listing, in that order. */

import { defined } from '../core/json.ts'
import { type ListPrice, toPeriod } from './list-price.ts'
import { capabilities, type ListedModel, type Listing, modalities, readListing } from './listing.ts'
import type { Capabilities, Modality, ModelInfo } from './model.ts'
import { type Overlay, type OverlayModel, overlays } from './overlay.ts'
import { priceDates } from './price-dates.ts'
import type { Factor, PricePeriod, PriceTable, PriceTier, Rates } from './price.ts'
import { type PublishedPrice, type PublishedPrices, publishedPrices } from './published-prices.ts'
import { sources } from './sources.ts'

/** What the configuration says of a model; it wins over everything else, member by member. */
export interface ModelSettings {
  readonly contextWindow?: number
  readonly maxOutputTokens?: number
  readonly inputModalities?: readonly Modality[]
  readonly outputModalities?: readonly Modality[]
  readonly capabilities?: Capabilities
  readonly price?: ListPrice
  /** The day, UTC: `2026-10-23`. */
  readonly retiresAt?: string
  readonly successor?: string
}

export interface CatalogueOptions {
  /** By `provider/model`, where the model may end in `*`: the whole name wins, then the longest beginning. */
  readonly settings?: Readonly<Record<string, ModelSettings>>
  /** The types of the configured providers, by name. A name that is not here is taken as a type. */
  readonly types?: Readonly<Record<string, string>>
}

/** Providers are told by their name in the configuration, or by their type. */
export interface Catalogue {
  /** By its own name, an alias or a dated snapshot. Undefined: nothing is known of it. */
  lookup(provider: string, model: string): ModelInfo | undefined
  /** All models of a provider, by name. */
  list(provider: string): readonly ModelInfo[]
  /** The types that the catalogue has models of, and the providers that only the settings describe. */
  readonly providers: readonly string[]
}

export interface CatalogueData {
  readonly listing: Listing
  /** The price list of one of its providers; undefined where it has none of that name. */
  publishedPrices(provider: string): PublishedPrices | undefined
}

/** Names come from callers: the table of those already looked up is emptied when it has this many. */
const maxRemembered = 10_000

/**
 * Reads the data that ships with the gateway. It takes some 50 ms, most of them to parse the price list's 800 kB,
 * so it belongs beside the start and not in it.
 */
export async function loadCatalogueData(): Promise<CatalogueData> {
  const [listing, { findProvider }] = await Promise.all([readListing(), import('@pydantic/genai-prices')])
  return {
    listing,
    publishedPrices: (providerId) => {
      const provider = findProvider({ providerId })
      return provider?.id === providerId ? publishedPrices(provider) : undefined
    },
  }
}

/** A catalogue over the data. Cheap: a provider's part is indexed when it is first asked for. */
export function createCatalogue(data: CatalogueData, options: CatalogueOptions = {}): Catalogue {
  const { settings = {}, types = {} } = options
  const shelves = new Map<string, Shelf>()
  const remembered = new Map<string, ModelInfo | undefined>()

  const shelfOf = (type: string): Shelf => {
    const shelf = shelves.get(type) ?? createShelf(type, data)
    shelves.set(type, shelf)
    return shelf
  }
  const lookup = (provider: string, model: string): ModelInfo | undefined => {
    const key = `${provider}/${model}`
    if (remembered.has(key)) return remembered.get(key)
    const type = entry(types, provider) ?? provider
    const own = byLongestName(settings, key) ?? byLongestName(settings, `${type}/${model}`)
    const info = describe(provider, model, own, shelfOf(type))
    if (remembered.size >= maxRemembered) remembered.clear()
    remembered.set(key, info)
    return info
  }
  const namesOf = (provider: string): string[] => {
    const type = entry(types, provider) ?? provider
    const prefixes = [...new Set([provider, type])].map((name) => `${name}/`)
    const own = Object.keys(settings).flatMap((key) => {
      const prefix = prefixes.find((start) => key.startsWith(start))
      return prefix === undefined || key.endsWith('*') ? [] : [key.slice(prefix.length)]
    })
    return [
      ...new Map([...own, ...shelfOf(type).names].map((name) => [name.toLowerCase(), name])).values(),
    ].sort()
  }
  const configured = Object.keys(settings).map((key) => key.slice(0, key.indexOf('/')))
  return {
    lookup,
    list: (provider) => namesOf(provider).flatMap((name) => lookup(provider, name) ?? []),
    providers: [...new Set([...Object.keys(sources), ...configured])],
  }
}

/** One provider type's part of the data. */
interface Shelf {
  readonly overlay: Overlay
  readonly names: readonly string[]
  overlaid(model: string): OverlayModel | undefined
  priced(model: string): PublishedPrice | undefined
  listed(model: string): ListedModel | undefined
  /** The row with the limits of that model: its own, or that of a provider which serves it under the same name. */
  limits(model: string): ListedModel | undefined
}

function createShelf(type: string, data: CatalogueData): Shelf {
  const source = entry(sources, type) ?? {}
  const overlay = entry(overlays, type) ?? {}
  const overlaid = Object.fromEntries((overlay.models ?? []).map((model) => [model.id, model]))
  const rows = entry(data.listing, type) ?? []
  const alikeRows = (source.listedAlike ?? []).flatMap((other) => data.listing[other] ?? [])
  const listed = new Map(rows.map((row) => [row.id.toLowerCase(), row]))
  const limits = new Map(
    [...alikeRows, ...rows]
      .filter(({ context, output, can, cannot }) => context ?? output ?? can ?? cannot)
      .map((row) => [row.id.toLowerCase(), row]),
  )
  const own = (source.priced ?? []).flatMap((name) => data.publishedPrices(name) ?? [])
  const alike = (source.pricedAlike ?? []).flatMap((name) => data.publishedPrices(name) ?? [])
  const { without } = source
  const pricedNames = own
    .flatMap(({ ids }) => ids)
    .filter((id) => without === undefined || !id.startsWith(without))
  const overlaidNames = Object.keys(overlaid).filter((id) => !id.endsWith('*'))
  return {
    overlay,
    names: [...overlaidNames, ...pricedNames, ...rows.map(({ id }) => id)],
    overlaid: (model) => byLongestName(overlaid, model) ?? byLongestName(overlaid, undated(model)),
    priced: (model) =>
      first([model, undated(model)], (name) => first([...own, ...alike], (prices) => prices.find(name))),
    listed: (model) => listed.get(model.toLowerCase()),
    limits: (model) => limits.get(model.toLowerCase()),
  }
}

function first<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}

/** Names come from outside: one like `constructor` is none of the record's. */
function entry<T>(entries: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(entries, name) ? entries[name] : undefined
}

/** The entry of that name, else the one with the longest beginning of it that ends in `*`. */
function byLongestName<T>(entries: Readonly<Record<string, T>>, name: string): T | undefined {
  const exact = entry(entries, name)
  if (exact !== undefined) return exact
  const beginnings = Object.keys(entries).filter(
    (key) => key.endsWith('*') && name.startsWith(key.slice(0, -1)),
  )
  const longest = beginnings.reduce((best, key) => (key.length > best.length ? key : best), '')
  return longest === '' ? undefined : entries[longest]
}

/** A snapshot's name without its date, in the forms that the providers write it: `-20250929`, `-2025-09-29`, `@20250929`, `-latest`. */
function undated(model: string): string {
  return model.replace(/(?:[-@]20\d{2}-?\d{2}-?\d{2}|-latest)$/, '')
}

function describe(
  provider: string,
  id: string,
  own: ModelSettings | undefined,
  shelf: Shelf,
): ModelInfo | undefined {
  const overlaid = shelf.overlaid(id)
  const priced = shelf.priced(id)
  const listed = shelf.listed(id)
  if ([own, overlaid, priced, listed].every((known) => known === undefined)) return undefined
  // Limits of a snapshot that is not listed are those of its model.
  const limits = first([id, undated(id), priced?.id ?? id], shelf.limits)
  const {
    price: ownPrice,
    retiresAt,
    capabilities = {},
    ...facts
  } = merge([
    priced && defined({ contextWindow: priced.contextWindow }),
    listed && toSettings(listed),
    limits && toSettings(limits),
    overlaid,
    own,
  ])
  const price = ownPrice ?? priced?.price ?? listed?.price
  return {
    provider,
    ...facts,
    id,
    capabilities,
    ...defined({
      price: price && withFactors(id, price, shelf.overlay),
      priceDate: price && own?.price === undefined ? dateOf(overlaid, priced) : undefined,
      pricedAs: ownPrice === undefined && priced?.id !== id ? priced?.id : undefined,
      retiresAtMs: timeOf(retiresAt),
    }),
  }
}

function timeOf(day: string | undefined): number | undefined {
  return day === undefined ? undefined : Date.parse(day)
}

/** Of a price that the settings do not set. */
function dateOf(overlaid: OverlayModel | undefined, priced: PublishedPrice | undefined): string {
  if (overlaid?.price) return priceDates.overlay
  return priced?.price ? priceDates.published : priceDates.listing
}

/** Later layers win, member by member. */
function merge(layers: readonly (ModelSettings | undefined)[]): ModelSettings {
  let merged: ModelSettings = {}
  for (const layer of layers) {
    merged = { ...merged, ...layer, capabilities: { ...merged.capabilities, ...layer?.capabilities } }
  }
  return merged
}

/** A listed model's limits and abilities. */
function toSettings(row: ListedModel): ModelSettings {
  return defined({
    contextWindow: row.context,
    maxOutputTokens: row.output,
    inputModalities: modalities(row.reads),
    outputModalities: modalities(row.writes),
    capabilities: capabilities(row),
  })
}

/** The price with the provider's tiers, regions, batch and fees. */
function withFactors(
  model: string,
  price: ListPrice | PriceTable,
  { tiersByPrefix = [], feesByPrefix = [], serviceTiers, regions, batch }: Overlay,
): PriceTable {
  const ofModel = first(tiersByPrefix, ([prefix, ofPrefix]) =>
    model.startsWith(prefix) ? ofPrefix : undefined,
  )
  const fee = first(feesByPrefix, ([prefix, fees]) => (model.startsWith(prefix) ? fees : undefined))
  const tiers: Readonly<Record<string, Factor>> = { ...serviceTiers, ...ofModel }
  const periods: PriceTable['periods'] = 'periods' in price ? price.periods : [toPeriod(price)]
  return {
    periods: fee === undefined ? periods : withFees(periods, toPeriod(fee).tiers[0].rates),
    ...defined({
      serviceTiers: Object.keys(tiers).length > 0 ? tiers : undefined,
      regions,
      batch,
    }),
  }
}

/** The periods with these rates in every tier that has none of its own for them. */
function withFees([first, ...rest]: PriceTable['periods'], fees: Rates): PriceTable['periods'] {
  const add = (period: PricePeriod): PricePeriod => {
    const [base, ...long] = period.tiers
    const complete = (tier: PriceTier): PriceTier => ({ ...tier, rates: { ...fees, ...tier.rates } })
    return { ...period, tiers: [complete(base), ...long.map(complete)] }
  }
  return [add(first), ...rest.map(add)]
}

/** What was used and what it cost, as the ledger sums it up. */

import { queryOptions } from '@tanstack/react-query'
import { ask, type Item } from './client.ts'
import { boundsOf, isLive, type Span } from '../ranges.ts'

export type Usage = Item<'GET /usage'>

/** What spend is told apart by, with what people call it. */
export const dimensions = {
  model: 'Model',
  provider: 'Provider',
  route: 'Route',
  team: 'Team',
  key: 'Key',
  user: 'User',
  session: 'Session',
  tag: 'Tag',
} as const

export type Dimension = keyof typeof dimensions

export function readDimension(value: unknown): Dimension | undefined {
  return typeof value === 'string' && value in dimensions ? (value as Dimension) : undefined
}

/** What sums are narrowed to. */
export type UsageFilter = { readonly [Name in Dimension]?: string | undefined }

const dimensionNames = Object.keys(dimensions) as Dimension[]

/** What cannot be read is undefined. */
export function readUsageFilter(search: Readonly<Record<string, unknown>>): UsageFilter {
  return Object.fromEntries(
    dimensionNames.map((name) => {
      // The router reads what looks like a number as one.
      const text = typeof search[name] === 'number' ? String(search[name]) : search[name]
      return [name, typeof text === 'string' && text !== '' ? text : undefined]
    }),
  )
}

const limit = 1_000
/** Seconds: the gateway sums up once for all dashboards that ask within this time. */
export const reportAge = 5

/** The sums of a span by these dimensions, the dearest first, or by time. At most 1,000 rows. */
export const usageQuery = (span: Span, by: string, where: UsageFilter = {}) =>
  queryOptions({
    queryKey: ['usage', span, by, where],
    queryFn: ({ signal }) => {
      const { fromMs, toMs } = boundsOf(span, Date.now())
      return ask('GET /usage', {
        query: { ...where, by, from: String(fromMs), to: String(toMs), limit, max_age: reportAge },
        signal,
      })
    },
    refetchInterval: isLive(span) && 15_000,
    // What is told apart otherwise would be taken for the wrong thing.
    placeholderData: (data, query) => (query?.queryKey[2] === by ? data : undefined),
  })

export function nameOf(usage: Usage, dimension: Dimension): string {
  return (dimension === 'key' ? usage.key_name : usage[dimension]) ?? `no ${dimension}`
}

export function costOf({ charged_usd: usd }: Usage): number {
  return Number(usd)
}

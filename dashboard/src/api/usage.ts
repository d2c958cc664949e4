/** What was used and what it cost, as the ledger sums it up. */

import { queryOptions } from '@tanstack/react-query'
import { ask, type Item } from './client.ts'
import { type RangeName, ranges } from '../ranges.ts'

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

type UsageFilter = { readonly [Name in Dimension]?: string }

const limit = 1_000
/** Seconds: the gateway sums up once for all dashboards that ask within this time. */
export const reportAge = 5

/** The sums of a span by these dimensions, the dearest first, or by time. At most 1,000 rows. */
export const usageQuery = (range: RangeName, by: string, where: UsageFilter = {}) =>
  queryOptions({
    queryKey: ['usage', range, by, where],
    queryFn: ({ signal }) =>
      ask('GET /usage', {
        query: {
          ...where,
          by,
          from: String(Date.now() - ranges[range].spanMs),
          limit,
          max_age: reportAge,
        },
        signal,
      }),
    refetchInterval: 15_000,
  })

export function nameOf(usage: Usage, dimension: Dimension): string {
  return (dimension === 'key' ? usage.key_name : usage[dimension]) ?? `no ${dimension}`
}

export function costOf({ charged_usd: usd }: Usage): number {
  return Number(usd)
}

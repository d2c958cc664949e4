/** Golden sets and their runs as the pages of drift ask for them. */

import { queryOptions } from '@tanstack/react-query'
import { ask, type Item, type Reply } from '../api/client.ts'

export type GoldenSet = Item<'GET /drift'>
export type Run = Item<'GET /drift/runs'>
export type Metric = Run['metrics'][number]
export type RunDetail = Reply<'GET /drift/runs/{id}'>
export type Alarm = NonNullable<GoldenSet['alarm']>

const shownRuns = 100

export const setsQuery = queryOptions({
  queryKey: ['drift', 'sets'],
  queryFn: ({ signal }) => ask('GET /drift', { signal }),
  refetchInterval: 15_000,
})

export const runsQuery = (set: string) =>
  queryOptions({
    queryKey: ['drift', 'runs', set],
    queryFn: ({ signal }) => ask('GET /drift/runs', { query: { set, limit: shownRuns }, signal }),
    refetchInterval: 15_000,
  })

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ['drift', 'run', id],
    queryFn: ({ signal }) => ask('GET /drift/runs/{id}', { params: { id }, signal }),
    staleTime: Infinity,
  })

export const verdictTone = { ok: 'ok', drift: 'bad', warning: 'warn', 'no-data': 'none' } as const

/** The route that a set watches: its target without the revision. Undefined where it watches a model itself. */
export function routeOf(target: string): string | undefined {
  if (target.includes('/')) return undefined
  return target.split('@')[0]
}

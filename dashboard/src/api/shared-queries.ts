/** What more than one page asks for. */

import { queryOptions } from '@tanstack/react-query'
import { ask } from './client.ts'

export const openAlerts = queryOptions({
  queryKey: ['alerts', 'open'],
  queryFn: ({ signal }) => ask('GET /alerts', { query: { status: 'open', limit: 100 }, signal }),
})

export const providers = queryOptions({
  queryKey: ['providers'],
  queryFn: ({ signal }) => ask('GET /providers', { signal }),
  refetchInterval: 15_000, // a breaker that may be tried again says so by nothing but the time
})

export const budgetsQuery = queryOptions({
  queryKey: ['budgets'],
  queryFn: ({ signal }) => ask('GET /budgets', { query: { limit: 1_000 }, signal }),
  refetchInterval: 15_000,
})

export const modelsQuery = queryOptions({
  queryKey: ['models'],
  queryFn: ({ signal }) => ask('GET /models', { signal }),
  staleTime: 300_000,
})

/** Routes and their revisions, as the pages that show or move them ask for them. */

import { queryOptions } from '@tanstack/react-query'
import { ask, type Item, type Reply } from '../api/client.ts'

export type Route = Item<'GET /routes'>
export type RouteDetail = Reply<'GET /routes/{route}'>
export type Revision = RouteDetail['revisions'][number]
export type Move = RouteDetail['moves'][number]

export const routesQuery = queryOptions({
  queryKey: ['routes'],
  queryFn: ({ signal }) => ask('GET /routes', { signal }),
  refetchInterval: 10_000, // an alarm or a canary may move one
})

export const routeQuery = (route: string) =>
  queryOptions({
    queryKey: ['routes', route],
    queryFn: ({ signal }) => ask('GET /routes/{route}', { params: { route }, signal }),
    refetchInterval: 10_000,
  })

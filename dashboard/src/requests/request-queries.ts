/** What the page of a request and the drawer ask for. */

import { queryOptions } from '@tanstack/react-query'
import { ask } from '../api/client.ts'
import type { ListSearch } from './addresses.ts'
import { filterQuery, readFilters } from './filters.ts'
import { boundsOf, defaultRange, isLive, spanOf } from '../ranges.ts'

export const requestQuery = (id: string) =>
  queryOptions({
    queryKey: ['requests', 'one', id],
    queryFn: ({ signal }) => ask('GET /requests/{id}', { params: { id }, signal }),
  })

export const linesQuery = (id: string) =>
  queryOptions({
    queryKey: ['ledger', 'of', id],
    queryFn: ({ signal }) => ask('GET /ledger', { query: { request: id }, signal }),
  })

/** The requests before and after one, in the list that it was found in. */
export const besideQuery = (id: string, search: ListSearch) => {
  const span = spanOf(search, defaultRange)
  const filters = readFilters({ ...search })
  return queryOptions({
    queryKey: ['requests', 'beside', id, span, filters],
    queryFn: ({ signal }) => {
      const { fromMs, toMs } = boundsOf(span, Date.now())
      const query = {
        ...filterQuery(filters),
        from: String(fromMs),
        ...(!isLive(span) && { to: String(toMs) }),
      }
      return ask('GET /requests/{id}/neighbours', { params: { id }, query, signal })
    },
  })
}

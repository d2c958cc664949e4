/** What the requests of a range come to, step by step and against the range before. */

import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { ask, type Reply } from './client.ts'
import type { RangeName } from '../ranges.ts'

export type RequestFigures = Reply<'GET /requests/figures'>
export type Figures = RequestFigures['now']

const minRefetchMs = 2_000

export const figuresQuery = (range: RangeName) =>
  queryOptions({
    queryKey: ['figures', range],
    queryFn: ({ signal }) => ask('GET /requests/figures', { query: { range }, signal }),
    // Time passes without requests too: a step each time.
    refetchInterval: ({ state }) => Math.max(minRefetchMs, Math.min(state.data?.step_ms ?? 0, 60_000)),
    placeholderData: keepPreviousData,
  })

export function errorShareOf({ requests, errors }: Figures): number | undefined {
  return requests === 0 ? undefined : errors / requests
}

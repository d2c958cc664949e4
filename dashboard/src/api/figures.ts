/** What the requests of a range come to, step by step and against the range before. */

import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { ask, type Given, type Reply } from './client.ts'
import { isLive, type Span, spanQuery } from '../ranges.ts'

export type RequestFigures = Reply<'GET /requests/figures'>
export type Figures = RequestFigures['now']

const minRefetchMs = 2_000

type FigureFilter = Omit<
  NonNullable<Given<'GET /requests/figures'>['query']>,
  'range' | 'from' | 'to' | 'cmp'
>

/** Of all requests, or of those that match; against the period before where it is asked for. */
export const figuresQuery = (span: Span, where: FigureFilter = {}, isCompared = true) =>
  queryOptions({
    queryKey: ['figures', span, where, isCompared],
    queryFn: ({ signal }) =>
      ask('GET /requests/figures', {
        query: { ...where, ...spanQuery(span), cmp: isCompared ? 'prev' : 'off' },
        signal,
      }),
    // Time passes without requests too: a step each time.
    refetchInterval: ({ state }) =>
      isLive(span) && Math.max(minRefetchMs, Math.min(state.data?.step_ms ?? 0, 60_000)),
    placeholderData: keepPreviousData,
  })

export function errorShareOf({ requests, errors }: Figures): number | undefined {
  return requests === 0 ? undefined : errors / requests
}

/** The rows of the request list: pages of what was, and above them what has just ended. */

import { useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { ask } from '../api/client.ts'
import type { LiveEvent, RequestRow } from '../api/live-feed.ts'
import { useLiveEvents } from '../api/live-feed-context.ts'
import { boundsOf, isLive, type Span } from '../ranges.ts'
import { type Filters, matchesFilters } from './filters.ts'

const pageSize = 200
/** More rows than this are not held: the range has to be narrowed. */
export const maxRows = 100_000

export interface RequestList {
  readonly rows: readonly RequestRow[]
  /** Those that wait above the list, while somebody reads. */
  readonly waiting: number
  /** Those that came too fast to be told one by one: they are read with the list. */
  readonly left: number
  readonly isPending: boolean
  readonly error: Error | null
  readonly hasMore: boolean
  merge(): void
  loadMore(): void
  retry(): void
}

/** For one span and one set of filters. `isHeld`: new rows wait, so that nothing moves under the reader. */
export function useRequestList(span: Span, filters: Filters, isHeld: boolean): RequestList {
  const pages = useInfiniteQuery({
    queryKey: ['requests', 'list', span, filters],
    queryFn: ({ pageParam, signal }) => {
      const { fromMs, toMs } = boundsOf(span, Date.now())
      return ask('GET /requests', {
        query: {
          ...filters,
          from: String(fromMs),
          ...(!isLive(span) && { to: String(toMs) }),
          limit: pageSize,
          cursor: pageParam,
        },
        signal,
      })
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor,
    // Refetching every page that was scrolled to would cost more than it tells; new rows come live.
    staleTime: Infinity,
    gcTime: 0,
  })
  const { fresh, waiting, left, merge, forget } = useFreshRows(filters, isHeld)
  const old = pages.data?.pages.flatMap(({ data }) => data) ?? []
  const known = new Set(old.slice(0, pageSize).map(({ id }) => id))
  const rows = [...(isLive(span) ? fresh : []).filter(({ id }) => !known.has(id)), ...old].slice(0, maxRows)
  return {
    rows,
    waiting: isLive(span) ? waiting : 0,
    left: isLive(span) ? left : 0,
    merge,
    isPending: pages.isPending,
    error: pages.error,
    hasMore: pages.hasNextPage && rows.length < maxRows,
    loadMore() {
      if (pages.hasNextPage && !pages.isFetchingNextPage) void pages.fetchNextPage()
    },
    retry() {
      forget()
      void pages.refetch()
    },
  }
}

function useFreshRows(filters: Filters, isHeld: boolean) {
  const [fresh, setFresh] = useState<readonly RequestRow[]>([])
  const [waiting, setWaiting] = useState<readonly RequestRow[]>([])
  const [left, setLeft] = useState(0)
  const name = JSON.stringify(filters)
  const take = useCallback(
    (events: readonly LiveEvent[]) => {
      const wanted = JSON.parse(name) as Filters
      const more = events.reduce((sum, event) => (event.type === 'left' ? sum + event.requests : sum), 0)
      if (more > 0) setLeft((count) => count + more)
      const ended = events
        .flatMap((event) => (event.type === 'request' ? [event.request] : []))
        .filter((row) => matchesFilters(row, wanted))
        .toReversed()
      if (ended.length === 0) return
      const put = isHeld ? setWaiting : setFresh
      put((rows) => [...ended, ...rows].slice(0, maxRows))
    },
    [name, isHeld],
  )
  useLiveEvents(take)
  const merge = useCallback(() => {
    setFresh((rows) => [...waiting, ...rows])
    setWaiting([])
  }, [waiting])
  const forget = useCallback(() => {
    setFresh([])
    setWaiting([])
    setLeft(0)
  }, [])
  return { fresh, waiting: waiting.length, left, merge, forget }
}

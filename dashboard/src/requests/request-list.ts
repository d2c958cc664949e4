/** The rows of the request list: pages of what was, and above them what has just ended. */

import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { ask } from '../api/client.ts'
import type { LiveEvent, RequestRow } from '../api/live-feed.ts'
import { useLiveEvents } from '../api/live-feed-context.ts'
import type { SortSearch } from './addresses.ts'
import { filterQuery, type Filters, matchesFilters } from './filters.ts'
import { boundsOf, isLive, type Span } from '../ranges.ts'

const pageSize = 200
/** Of what came while the list was left alone, so many rows are added to it; where there are more it begins anew. */
const maxMissed = 1_000
/** Who comes back within this time finds the list as it was. */
const keptMs = 300_000
/** More rows than this are not held: the range has to be narrowed. */
export const maxRows = 100_000

/** Whether somebody reads further down, where rows must not move. */
export function isReading(): boolean {
  return window.scrollY > 48
}

export interface RequestList {
  readonly rows: readonly RequestRow[]
  /** Those that wait above the list, while somebody reads. */
  readonly waiting: number
  /** Those that came too fast to be told one by one: they are read with the list. */
  readonly left: number
  readonly isPending: boolean
  readonly error: Error | null
  readonly hasMore: boolean
  /** What ends now comes in at the top; else the list is asked for anew. */
  readonly isFollowed: boolean
  merge(): void
  loadMore(): void
  retry(): void
}

interface ListParts extends SortSearch {
  readonly span: Span
  readonly filters: Filters
}

/** For one span, one set of filters and one order. `isHeld`: new rows wait, so that nothing moves under the reader. */
export function useRequestList({ span, filters, sort }: ListParts, isHeld: boolean): RequestList {
  const queries = useQueryClient()
  const queryKey = ['requests', 'list', span, filters, sort]
  const pages = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => {
      const { fromMs, toMs } = boundsOf(span, Date.now())
      return ask('GET /requests', {
        query: {
          ...filterQuery(filters),
          from: String(fromMs),
          ...(!isLive(span) && { to: String(toMs) }),
          limit: pageSize,
          cursor: pageParam,
          sort,
        },
        signal,
      })
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor,
    // Refetching every page that was scrolled to would cost more than it tells; new rows come live.
    staleTime: Infinity,
    gcTime: keptMs,
  })
  const isFollowed = isLive(span) && sort === undefined
  // Where a new row belongs in another order is not known: it waits until the list is asked for anew.
  const { fresh, waiting, left, add, merge, forget } = useFreshRows(filters, isHeld || !isFollowed)
  const [since] = useState(pages.data?.pages[0]?.data[0]?.created_at)
  useMissedRows(
    { since: isFollowed ? since : undefined, filters },
    add,
    () => void queries.resetQueries({ queryKey }),
  )
  const beginAnew = () => {
    forget()
    void queries.resetQueries({ queryKey })
  }
  const old = pages.data?.pages.flatMap(({ data }) => data) ?? []
  const known = new Set(old.slice(0, pageSize).map(({ id }) => id))
  const rows = [...(isFollowed ? fresh : []).filter(({ id }) => !known.has(id)), ...old].slice(0, maxRows)
  return {
    rows,
    waiting: isLive(span) ? waiting.filter(({ id }) => !known.has(id)).length : 0,
    left: isLive(span) ? left : 0,
    isFollowed,
    merge: isFollowed ? merge : beginAnew,
    isPending: pages.isPending,
    error: pages.error,
    hasMore: pages.hasNextPage && rows.length < maxRows,
    loadMore() {
      if (pages.hasNextPage && !pages.isFetchingNextPage) void pages.fetchNextPage()
    },
    retry: beginAnew,
  }
}

/** A list that was left and is seen again lacks what came in between. */
function useMissedRows(
  { since, filters }: { readonly since: string | undefined; readonly filters: Filters },
  add: (rows: readonly RequestRow[]) => void,
  beginAnew: () => void,
): void {
  const hasAsked = useRef(false)
  useEffect(() => {
    if (since === undefined || hasAsked.current) return
    hasAsked.current = true
    ask('GET /requests', { query: { ...filterQuery(filters), from: since, limit: maxMissed } }).then(
      ({ data }) => (data.length < maxMissed ? add(data) : beginAnew()),
      beginAnew,
    )
  })
}

interface FreshRows {
  readonly fresh: readonly RequestRow[]
  readonly waiting: readonly RequestRow[]
  readonly left: number
}

const none: FreshRows = { fresh: [], waiting: [], left: 0 }

function useFreshRows(filters: Filters, isHeld: boolean) {
  const [all, setAll] = useState(none)
  const name = JSON.stringify(filters)
  const put = useCallback(
    (change: (rows: readonly RequestRow[]) => readonly RequestRow[]) => {
      // Where somebody has just scrolled to is known before it is told.
      const to = isHeld || isReading() ? 'waiting' : 'fresh'
      setAll((now) => ({ ...now, [to]: change(now[to]) }))
    },
    [isHeld],
  )
  const take = useCallback(
    (events: readonly LiveEvent[]) => {
      const wanted = JSON.parse(name) as Filters
      const more = events.reduce((sum, event) => (event.type === 'left' ? sum + event.requests : sum), 0)
      if (more > 0) setAll((now) => ({ ...now, left: now.left + more }))
      const ended = events
        .flatMap((event) => (event.type === 'request' ? [event.request] : []))
        .filter((row) => matchesFilters(row, wanted))
        .toReversed()
      if (ended.length > 0) put((rows) => [...ended, ...rows].slice(0, maxRows))
    },
    [name, put],
  )
  useLiveEvents(take)
  // The place that was scrolled to is restored before these come.
  const add = (rows: readonly RequestRow[]) =>
    put((others) => {
      const known = new Set(others.map(({ id }) => id))
      return [...others, ...rows.filter(({ id }) => !known.has(id))]
    })
  // Of all that waits by then, not of what was shown as waiting.
  const merge = useCallback(
    () =>
      setAll((now) =>
        now.waiting.length === 0 ? now : { ...now, fresh: [...now.waiting, ...now.fresh], waiting: [] },
      ),
    [],
  )
  const forget = useCallback(() => setAll(none), [])
  return { ...all, add, merge, forget }
}

/** Asks again for what live events say has changed, but no more often than people can read. */

import { type QueryKey, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef } from 'react'
import type { LiveEvent } from './live-feed.ts'
import { useLiveEvents } from './live-feed-context.ts'

/** A request is told of before its record is stored and its costs are in the sums. */
const settleMs = 600

/** `name` is the first part of the keys of what is asked again; both must stay the same between renders. */
export function useRefreshOn(type: LiveEvent['type'], names: readonly string[], everyMs = 5_000): void {
  const queries = useQueryClient()
  const timer = useRef<number>(undefined)
  const refreshedAtMs = useRef(-Infinity)
  const key = names.join()
  const take = useCallback(
    (events: readonly LiveEvent[]) => {
      if (timer.current !== undefined || !events.some((event) => event.type === type)) return
      const waitMs = Math.max(settleMs, refreshedAtMs.current + everyMs - performance.now())
      timer.current = window.setTimeout(() => {
        timer.current = undefined
        refreshedAtMs.current = performance.now()
        for (const name of key.split(',')) void queries.invalidateQueries({ queryKey: [name] as QueryKey })
      }, waitMs)
    },
    [queries, type, key, everyMs],
  )
  useLiveEvents(take)
  useEffect(() => () => window.clearTimeout(timer.current), [])
}

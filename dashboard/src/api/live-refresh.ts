/** Asks again for what live events say has changed, but no more often than people can read. */

import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo } from 'react'
import type { LiveEvent } from './live-feed.ts'
import { useLiveEvents } from './live-feed-context.ts'
import { RefreshPace } from './refresh-pace.ts'

/** `names` are the first parts of the keys of what is asked again. */
export function useRefreshOn(type: LiveEvent['type'], names: readonly string[], everyMs = 5_000): void {
  const queries = useQueryClient()
  const key = names.join()
  const pace = useMemo(
    () =>
      new RefreshPace(everyMs, () => {
        for (const name of key.split(',')) void queries.invalidateQueries({ queryKey: [name] })
      }),
    [queries, key, everyMs],
  )
  const take = useCallback(
    (events: readonly LiveEvent[]) => {
      if (events.some((event) => event.type === type)) pace.tell()
    },
    [pace, type],
  )
  useLiveEvents(take)
  useEffect(() => () => pace.stop(), [pace])
}

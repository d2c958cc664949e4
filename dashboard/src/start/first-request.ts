/** Waits for a request that the dashboard has not sent itself. */

import { useCallback, useState } from 'react'
import type { LiveEvent, RequestRow } from '../api/live-feed.ts'
import { useLiveEvents } from '../api/live-feed-context.ts'

export function useFirstRequest(): RequestRow | undefined {
  const [arrived, setArrived] = useState<RequestRow>()
  const take = useCallback((events: readonly LiveEvent[]) => {
    const found = events.flatMap((event) => (event.type === 'request' ? [event.request] : []))
    setArrived((before) => before ?? found.find((row) => row.key_name !== 'dashboard'))
  }, [])
  useLiveEvents(take)
  return arrived
}

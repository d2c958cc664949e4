/** How components reach the live feed. */

import { createContext, use, useEffect, useSyncExternalStore } from 'react'
import type { FeedState, LiveEvent, LiveFeed } from './live-feed.ts'

export const LiveFeedContext = createContext<LiveFeed | undefined>(undefined)

function useLiveFeed(): LiveFeed {
  const feed = use(LiveFeedContext)
  if (!feed) throw new Error('no live feed above')
  return feed
}

export function useFeedState(): FeedState {
  const feed = useLiveFeed()
  return useSyncExternalStore(feed.onState, () => feed.state)
}

/** Calls back with what has happened, at most four times a second. `take` must stay the same between renders. */
export function useLiveEvents(take: (events: readonly LiveEvent[]) => void): void {
  const feed = useLiveFeed()
  useEffect(() => feed.onEvents(take), [feed, take])
}

/** Opens the feed as long as the component is there, for whoever may see it. */
export function useOpenFeed(onResume: () => void, isAllowed: boolean): void {
  const feed = useLiveFeed()
  useEffect(() => (isAllowed ? feed.open(onResume) : undefined), [feed, onResume, isAllowed])
}

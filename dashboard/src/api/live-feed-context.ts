/** How components reach the live feed. */

import { focusManager } from '@tanstack/react-query'
import { createContext, use, useCallback, useEffect, useSyncExternalStore } from 'react'
import type { FeedState, LiveEvent, LiveFeed, Loss } from './live-feed.ts'

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

/** Holds all that moves by itself, or lets it go on: events, and what is asked for again and again. */
export function useLiveToggle(): () => void {
  const feed = useLiveFeed()
  return useCallback(() => focusManager.setFocused(feed.toggle() ? false : undefined), [feed])
}

/** The loss is undefined while the connection is not lost. */
export function useFeedLoss(): { readonly loss: Loss | undefined; retry(): void } {
  const feed = useLiveFeed()
  return { loss: useSyncExternalStore(feed.onState, () => feed.loss), retry: feed.retry }
}

/** Calls back with what has happened, at most four times a second. `take` must stay the same between renders. */
export function useLiveEvents(take: (events: readonly LiveEvent[]) => void): void {
  const feed = useLiveFeed()
  useEffect(() => feed.onEvents(take), [feed, take])
}

/**
 * Opens the feed as long as the component is there, for whoever may see it. To everybody `onResume` says that something
 * may have been missed; without a feed, when the tab is seen again.
 */
export function useOpenFeed(onResume: () => void, isAllowed: boolean): void {
  const feed = useLiveFeed()
  useEffect(() => {
    if (isAllowed) return feed.open(onResume)
    const resume = () => document.visibilityState === 'visible' && onResume()
    document.addEventListener('visibilitychange', resume)
    return () => document.removeEventListener('visibilitychange', resume)
  }, [feed, onResume, isAllowed])
}

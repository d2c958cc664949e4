/** Says whether what is seen is live, in a dot and a word. */

import type { ReactNode } from 'react'
import type { FeedState } from '../api/live-feed.ts'
import { useFeedState } from '../api/live-feed-context.ts'
import { useAnnounced } from '../ui/announcer.tsx'

const words: Readonly<Record<FeedState, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  paused: 'Paused',
  lost: 'Connection lost',
}

export function FeedSign(): ReactNode {
  const state = useFeedState()
  // Its loss is told by a notice of its own.
  useAnnounced(
    state === 'live' ? 'The page is live.' : state === 'paused' ? 'The page is paused.' : undefined,
  )
  return (
    <span className="feed-sign" data-state={state}>
      {words[state]}
    </span>
  )
}

/** Says whether what is seen is live, in a dot and a word. */

import type { ReactNode } from 'react'
import type { FeedState } from '../api/live-feed.ts'
import { useFeedState } from '../api/live-feed-context.ts'

const words: Readonly<Record<FeedState, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  paused: 'Paused',
  lost: 'Connection lost',
}

export function FeedSign(): ReactNode {
  const state = useFeedState()
  return (
    <span className="feed-sign" data-state={state} role="status">
      {words[state]}
    </span>
  )
}

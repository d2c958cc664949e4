/** Says whether what is seen is live, in a dot and a word; holds it where it is, and lets it go on. */

import type { ReactNode } from 'react'
import type { FeedState } from '../api/live-feed.ts'
import { useFeedState, useLiveToggle } from '../api/live-feed-context.ts'
import { useAnnounced } from '../ui/announcer.tsx'

const words: Readonly<Record<FeedState, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  paused: 'Paused',
  lost: 'Connection lost',
}

export function FeedSign(): ReactNode {
  const state = useFeedState()
  const toggle = useLiveToggle()
  // Its loss is told by a notice of its own.
  useAnnounced(
    state === 'live' ? 'The page is live.' : state === 'paused' ? 'The page is paused.' : undefined,
  )
  return (
    <button
      type="button"
      className="feed-sign"
      data-state={state}
      title={state === 'paused' ? 'Go on' : 'Hold the page as it is'}
      onClick={toggle}
    >
      <span className="feed-word">{words[state]}</span>
    </button>
  )
}

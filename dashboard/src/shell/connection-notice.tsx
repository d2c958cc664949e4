/** Says that what is seen may be old, since when, and when the gateway is tried again. */

import { Button } from '@mantine/core'
import { useInterval } from '@mantine/hooks'
import { type ReactNode, useState } from 'react'
import { useFeedLoss } from '../api/live-feed-context.ts'
import type { Loss } from '../api/live-feed.ts'
import { formatClock } from '../format/time.ts'
import './shell.css'

export function ConnectionNotice(): ReactNode {
  const { loss, retry } = useFeedLoss()
  return loss ? <Lost loss={loss} retry={retry} /> : null
}

interface LostProps {
  readonly loss: Loss
  retry(): void
}

function Lost({ loss: { sinceMs, retryAtMs }, retry }: LostProps): ReactNode {
  const [nowMs, setNowMs] = useState(() => Date.now())
  useInterval(() => setNowMs(Date.now()), 1_000, { autoInvoke: true })
  const seconds = Math.ceil((retryAtMs - nowMs) / 1_000)
  return (
    <div className="connection-notice">
      <span role="alert">Connection lost. Showing data from {formatClock(sinceMs)}.</span>
      {/* Read out each second it would drown everything else. */}
      <span aria-hidden="true">{seconds > 0 ? `Retrying in ${seconds} s.` : 'Retrying…'}</span>
      <Button variant="default" size="compact-xs" onClick={retry}>
        Try now
      </Button>
    </div>
  )
}

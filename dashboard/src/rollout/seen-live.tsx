/** The revision that was live when somebody began to change a route, and what is told once another is. */

import { type ReactNode, useState } from 'react'
import { formatDayAndTime } from '../format/time.ts'
import type { Route } from './route-queries.ts'

export interface SeenLive {
  /** For the gateway, which does nothing where another is live. */
  readonly live: number
  /** Absent as long as it is the one that is live. */
  readonly notice: ReactNode
}

export function useSeenLive({ live, changed_at: at }: Route): SeenLive {
  const [seen] = useState(live)
  const notice = seen !== live && (
    <span role="alert">
      This route moved to @{live} at {formatDayAndTime(Date.parse(at))}. Review and try again.
    </span>
  )
  return { live: seen, notice: notice || undefined }
}

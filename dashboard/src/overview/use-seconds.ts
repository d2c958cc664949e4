/** The requests of each second of the last 15 minutes: read now and then, and kept up by live events in between. */

import { useInterval } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useCallback, useRef, useState } from 'react'
import { ask } from '../api/client.ts'
import type { LiveEvent, RequestRow } from '../api/live-feed.ts'
import { useFeedState, useLiveEvents } from '../api/live-feed-context.ts'
import type { UsageFilter } from '../api/usage.ts'
import { isOf } from './ledger-lines.ts'
import { type Ended, endedAfter, type Reading, type Seconds, secondsAt, shownSeconds } from './seconds.ts'

/** What events cannot tell, such as which requests came too fast to be told one by one, is right again after this. */
const readEveryMs = 15_000

const noneEnded: readonly Ended[] = []

interface Known {
  readonly reading: Reading
  /** How far the gateway's clock is ahead of this browser's. */
  readonly aheadMs: number
}

/** Undefined until it is read. */
export function useSeconds(where: UsageFilter): Seconds | undefined {
  const ended = useRef<Ended[]>([])
  const known = useQuery({
    queryKey: ['seconds', where],
    async queryFn({ signal }): Promise<Known> {
      const from = (Math.floor(Date.now() / 1_000) - shownSeconds) * 1_000
      const found = await ask('GET /requests/summary', {
        query: { ...where, from: String(from), step_ms: 1_000 },
        signal,
      })
      const atMs = Date.parse(found.at)
      const reading = { atMs, fromMs: Date.parse(found.from), counts: found.steps }
      ended.current = endedAfter(reading, ended.current)
      return { reading, aheadMs: atMs - Date.now() }
    },
    refetchInterval: readEveryMs,
  }).data
  const aheadMs = known?.aheadMs ?? 0
  const text = JSON.stringify(where)
  const take = useCallback(
    (events: readonly LiveEvent[]) => {
      const wanted = JSON.parse(text) as UsageFilter
      const nowMs = Date.now() + aheadMs
      for (const event of events) {
        if (event.type === 'left')
          ended.current.push({ cameMs: nowMs, endedMs: nowMs, requests: event.requests, errors: 0 })
        if (event.type === 'request' && isOf(event.request, wanted))
          ended.current.push(toEnded(event.request))
      }
    },
    [aheadMs, text],
  )
  useLiveEvents(take)
  const isHeld = useFeedState() === 'paused'
  const [seen, setSeen] = useState(() => ({ nowMs: Date.now(), ended: noneEnded }))
  const look = () => setSeen({ nowMs: Date.now(), ended: [...ended.current] })
  useInterval(() => !isHeld && look(), 1_000, { autoInvoke: true })
  return known && secondsAt(known.reading, seen.ended, seen.nowMs + aheadMs)
}

function toEnded({ created_at: at, duration_ms: durationMs, status }: RequestRow): Ended {
  const cameMs = Date.parse(at)
  return { cameMs, endedMs: cameMs + durationMs, requests: 1, errors: status >= 400 ? 1 : 0 }
}

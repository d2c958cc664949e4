/** One request beside the list it was found in: the next and the one before, and the way to its page. */

import { ActionIcon, Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef } from 'react'
import type { RequestRow } from '../api/live-feed.ts'
import { AttemptTimeline } from '../ui/attempt-timeline.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { formatMs } from '../format/number.ts'
import type { ListSearch } from './addresses.ts'
import { Cost } from './cost.tsx'
import { Decision } from './decision.tsx'
import { Outcome } from './outcome.tsx'
import { besideQuery, requestQuery } from './request-queries.ts'
import { onSingleKey } from '../shell/single-keys.ts'
import './requests.css'

const route = getRouteApi('/requests')

interface RequestDrawerProps {
  readonly id: string
  /** The list as it stands. */
  readonly rows: readonly RequestRow[]
  readonly search: ListSearch
}

export function RequestDrawer({ id, rows, search }: RequestDrawerProps): ReactNode {
  const navigate = route.useNavigate()
  const request = useQuery(requestQuery(id))
  const drawer = useRef<HTMLElement>(null)
  const index = rows.findIndex((row) => row.id === id)
  // One that was led to from elsewhere need not be among the rows that are loaded.
  const beside = useQuery({ ...besideQuery(id, search), enabled: index < 0 && request.data !== undefined })
  const before = index < 0 ? beside.data?.newer : rows[index - 1]?.id
  const next = index < 0 ? beside.data?.older : rows[index + 1]?.id
  const go = (to: string | undefined) => {
    if (to === undefined) return
    void navigate({ search: { ...search, sel: to }, replace: true, resetScroll: false })
  }
  const close = () => {
    void navigate({ search, resetScroll: false }).then(() =>
      document.querySelector<HTMLElement>(`[data-request="${CSS.escape(id)}"]`)?.focus(),
    )
  }
  useEffect(() => drawer.current?.focus({ preventScroll: true }), [])
  useEffect(() => onSingleKey({ Escape: close, '[': () => go(before), ']': () => go(next) }))
  return (
    <aside ref={drawer} className="request-drawer" aria-label="Request" tabIndex={-1}>
      <header className="request-drawer-head">
        <h2 className="mono">{id}</h2>
        <div className="row">
          <Button
            variant="default"
            disabled={before === undefined}
            onClick={() => go(before)}
            aria-label="Previous request"
          >
            ↑
          </Button>
          <Button
            variant="default"
            disabled={next === undefined}
            onClick={() => go(next)}
            aria-label="Next request"
          >
            ↓
          </Button>
          <Link to="/requests/$id" params={{ id }} search={search}>
            Open page
          </Link>
          <ActionIcon variant="subtle" color="gray" size={32} aria-label="Close" onClick={close}>
            ✕
          </ActionIcon>
        </div>
      </header>
      <Loaded query={request} what="the request" height={480}>
        {(found) => (
          <>
            <Outcome request={found} />
            <h3>Timeline, {formatMs(found.duration_ms)}</h3>
            <AttemptTimeline request={found} />
            {found.decision && (
              <>
                <h3>Decision</h3>
                <Decision decision={found.decision} />
              </>
            )}
            <h3>Cost by line</h3>
            <Cost id={id} />
          </>
        )}
      </Loaded>
    </aside>
  )
}

/** One request beside the list it was found in: the next and the one before, and the way to its page. */

import { ActionIcon } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef } from 'react'
import type { RequestRow } from '../api/live-feed.ts'
import { AttemptTimeline } from '../ui/attempt-timeline.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { onSingleKey } from '../ui/single-keys.ts'
import { Steps } from '../ui/steps.tsx'
import { formatMs } from '../format/number.ts'
import type { ListSearch } from './addresses.ts'
import { Cost } from './cost.tsx'
import { Decision } from './decision.tsx'
import { Outcome } from './outcome.tsx'
import { besideQuery, requestQuery } from './request-queries.ts'
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
  const way = (to: string | undefined) =>
    to === undefined
      ? undefined
      : () => void navigate({ search: { ...search, sel: to }, replace: true, resetScroll: false })
  const close = () => {
    void navigate({ search, resetScroll: false }).then(() =>
      document.querySelector<HTMLElement>(`[data-request="${CSS.escape(id)}"]`)?.focus(),
    )
  }
  useEffect(() => drawer.current?.focus({ preventScroll: true }), [])
  useEffect(() => onSingleKey({ Escape: close }))
  return (
    <aside ref={drawer} className="request-drawer" aria-label="Request" tabIndex={-1}>
      <header className="request-drawer-head">
        <h2 className="mono">{id}</h2>
        <div className="row">
          <Steps of="request" back={way(before)} on={way(next)} />
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

/** One request beside the list it was found in: the next and the one before, and the way to its page. */

import { ActionIcon } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useEffect, useLayoutEffect, useRef } from 'react'
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
  const isListed = rows.some((row) => row.id === id)
  // One that was led to from elsewhere need not be among the rows that are loaded.
  const beside = useQuery({ ...besideQuery(id, search), enabled: !isListed && request.data !== undefined })
  const before = isListed ? besideIn(rows, id, -1) : beside.data?.newer
  const next = isListed ? besideIn(rows, id, 1) : beside.data?.older
  const way = (to: string | undefined, step: 1 | -1) =>
    to === undefined
      ? undefined
      : () =>
          void navigate({
            // Keys that are pressed fast lead on from where the last one led, which is shown a moment later.
            search: ({ sel = id }) => ({
              ...search,
              sel: sel === id ? to : (besideIn(rows, sel, step) ?? sel),
            }),
            replace: true,
            resetScroll: false,
          })
  const close = () => {
    void navigate({ search, resetScroll: false }).then(() =>
      document.querySelector<HTMLElement>(`[data-request="${CSS.escape(id)}"]`)?.focus(),
    )
  }
  useEffect(() => drawer.current?.focus({ preventScroll: true }), [])
  useLayoutEffect(() => onSingleKey({ Escape: close }))
  return (
    <aside ref={drawer} className="request-drawer" aria-label="Request" tabIndex={-1}>
      <header className="request-drawer-head">
        <h2 className="mono">{id}</h2>
        <div className="row">
          <Steps of="request" back={way(before, -1)} on={way(next, 1)} />
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

function besideIn(rows: readonly RequestRow[], id: string, step: 1 | -1): string | undefined {
  const at = rows.findIndex((row) => row.id === id)
  return at < 0 ? undefined : rows[at + step]?.id
}

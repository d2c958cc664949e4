/** The list of requests, of which only the rows in view are drawn. */

import { Skeleton } from '@mantine/core'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef } from 'react'
import type { RequestRow } from '../api/live-feed.ts'
import { formatCount, formatMs } from '../format/number.ts'
import { formatClock, formatMoment } from '../format/time.ts'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { maxRows, type RequestList } from './request-list.ts'
import { RequestStatus } from './request-status.tsx'
import './requests.css'

const rowHeight = 36
/** So near the end of what is loaded, more is asked for. */
const loadAhead = 40
const titles = [
  'Time',
  'Status',
  'Model',
  'Answered by',
  'Key',
  'User',
  'In',
  'Out',
  'First token',
  'Total',
] as const

interface RequestTableProps {
  readonly list: RequestList
  /** Told whether somebody reads further down, where rows must not move. */
  onHold(isHeld: boolean): void
}

export function RequestTable({ list, onHold }: RequestTableProps): ReactNode {
  const place = useRef<HTMLDivElement>(null)
  const { rows, hasMore, loadMore, isPending } = list
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowHeight,
    overscan: 12,
    getItemKey: (index) => rows[index]!.id,
    scrollMargin: place.current?.offsetTop ?? 0,
  })
  const items = virtual.getVirtualItems()
  const lastSeen = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && lastSeen >= rows.length - loadAhead) loadMore()
  }, [hasMore, lastSeen, rows.length, loadMore])
  useEffect(() => {
    const onScroll = () => onHold(window.scrollY > 48)
    window.addEventListener('scroll', onScroll, { passive: true })
    return () => window.removeEventListener('scroll', onScroll)
  }, [onHold])
  return (
    <div className="requests-frame">
      <div role="table" aria-label="Requests" aria-rowcount={rows.length + 1} className="requests">
        <div role="rowgroup">
          <div role="row" aria-rowindex={1} className="requests-row requests-head">
            {titles.map((title, index) => (
              <span key={title} role="columnheader" className={index >= 6 ? 'end' : undefined}>
                {title}
              </span>
            ))}
          </div>
        </div>
        {isPending && <Skeleton height={rowHeight * 12} />}
        <div role="rowgroup" ref={place} className="requests-body" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ key, index, start }) => (
            <div
              key={key}
              role="row"
              aria-rowindex={index + 2}
              className="requests-row"
              style={{ transform: `translateY(${start - virtual.options.scrollMargin}px)` }}
            >
              <Cells row={rows[index]!} />
            </div>
          ))}
        </div>
      </div>
      {rows.length >= maxRows && <p className="dim">Narrow the range to see older rows.</p>}
    </div>
  )
}

function Cells({ row }: { readonly row: RequestRow }): ReactNode {
  const atMs = Date.parse(row.created_at)
  const target = row.provider === undefined ? '-' : `${row.provider}/${row.model ?? ''}`
  return (
    <>
      <span role="cell" className="requests-time">
        <Link to="/requests/$id" params={{ id: row.id }} title={formatMoment(atMs)}>
          {formatClock(atMs)}
        </Link>
      </span>
      <span role="cell">
        <RequestStatus status={row.status} code={row.code} isClientGone={row.client_gone} />
      </span>
      <span role="cell" className="requests-model">
        <UntrustedText text={row.requested_model} />
      </span>
      <span role="cell">
        <UntrustedText text={target} />
        {row.attempt_count > 1 && <span className="dim"> ×{row.attempt_count}</span>}
      </span>
      <span role="cell">
        <UntrustedText text={row.key_name} />
      </span>
      <span role="cell">{row.user === undefined ? '-' : <UntrustedText text={row.user} />}</span>
      <span role="cell" className="end">
        {row.usage ? formatCount(row.usage.input_tokens) : '-'}
      </span>
      <span role="cell" className="end">
        {row.usage ? formatCount(row.usage.output_tokens) : '-'}
      </span>
      <span role="cell" className="end">
        {row.first_token_ms === undefined ? '-' : formatMs(row.first_token_ms)}
      </span>
      <span role="cell" className="end requests-total">
        {formatMs(row.duration_ms)}
      </span>
    </>
  )
}

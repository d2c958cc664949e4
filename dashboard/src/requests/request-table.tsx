/** The list of requests, of which only the rows in view are drawn. */

import { Skeleton } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { Link } from '@tanstack/react-router'
import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { RequestRow } from '../api/live-feed.ts'
import { formatClock, formatMoment } from '../format/time.ts'
import { moveAmongRows } from '../shell/row-keys.ts'
import { SortHead, sortedWord } from '../ui/sort-head.tsx'
import { readSorting, sortingAfter, sortingText } from '../ui/sorting.ts'
import type { ListSearch, SortName, SortSearch } from './addresses.ts'
import type { RequestColumn } from './columns.tsx'
import { isReading, maxRows, type RequestList } from './request-list.ts'
import './requests.css'

/** Narrower than this a row has two lines, and leads to the request's page. */
export const narrow = '(max-width: 900px)'
const rowHeight = 36
const narrowRowHeight = 60
/** So near the end of what is loaded, more is asked for. */
const loadAhead = 40

const newestFirst = { name: 'time', isDown: true }

interface RequestTableProps {
  readonly list: RequestList
  readonly columns: readonly RequestColumn[]
  /** Of the list: it goes along to a request's page. */
  readonly search: ListSearch
  /** The one that is looked at beside the list. */
  readonly selected: string | undefined
  onSort(sort: SortSearch['sort']): void
  /** Told whether rows must not move: somebody reads further down, or points at one. */
  onHold(isHeld: boolean): void
}

export function RequestTable(props: RequestTableProps): ReactNode {
  const { list, columns, search, selected, onSort, onHold } = props
  const place = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const isNarrow = useMediaQuery(narrow, undefined, { getInitialValueInEffect: false }) ?? false
  const [active, setActive] = useState<string>()
  const { rows, hasMore, loadMore, isPending } = list
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => (isNarrow ? narrowRowHeight : rowHeight),
    overscan: 12,
    getItemKey: (index) => rows[index]!.id,
    scrollMargin: top,
  })
  useLayoutEffect(() => setTop(place.current?.offsetTop ?? 0), [isPending])
  useEffect(() => virtual.measure(), [virtual, isNarrow])
  const items = virtual.getVirtualItems()
  const lastSeen = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && lastSeen >= rows.length - loadAhead) loadMore()
  }, [hasMore, lastSeen, rows.length, loadMore])
  useHold(place, onHold)
  const selectedAt = rows.findIndex(({ id }) => id === selected)
  useEffect(() => {
    if (selectedAt >= 0) virtual.scrollToIndex(selectedAt, { align: 'auto' })
    // Only when another one is selected: the list itself moves as it likes.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [selected])
  const stop = rows.some(({ id }) => id === active) ? active : rows[0]?.id
  const sorting = readSorting(search.sort) ?? newestFirst
  const sortedBy = (name: SortName) => (sorting.name === name ? sorting : undefined)
  const sortBy = (name: SortName) => {
    const next = sortingAfter(sorting, name, true) ?? newestFirst
    const isNewestFirst = next.name === 'time' && next.isDown
    onSort(isNewestFirst ? undefined : (sortingText(next) as SortSearch['sort']))
  }
  const template = ['68px', ...columns.map(({ width }) => width)].join(' ')
  return (
    <div className="requests-frame">
      <div
        role="table"
        aria-label="Requests"
        aria-rowcount={rows.length + 1}
        className="requests"
        style={{ '--columns': template } as React.CSSProperties}
      >
        <div role="rowgroup">
          <div role="row" aria-rowindex={1} className="requests-row requests-head">
            <span role="columnheader" aria-sort={sortedWord(sortedBy('time'))}>
              <SortHead title="Time" sorted={sortedBy('time')} onSort={() => sortBy('time')} />
            </span>
            {columns.map(({ id, title, isNumber, sort }) => (
              <span
                key={id}
                role="columnheader"
                className={isNumber ? 'end' : undefined}
                aria-sort={sort && sortedWord(sortedBy(sort))}
              >
                {sort ? (
                  <SortHead title={title} sorted={sortedBy(sort)} onSort={() => sortBy(sort)} />
                ) : (
                  title
                )}
              </span>
            ))}
          </div>
        </div>
        {isPending && <Skeleton height={rowHeight * 12} />}
        <div
          role="rowgroup"
          ref={place}
          className="requests-body"
          style={{ height: virtual.getTotalSize() }}
          onKeyDown={moveByArrows}
        >
          {items.map(({ key, index, start }) => (
            <Row
              key={key}
              row={rows[index]!}
              index={index}
              columns={columns}
              search={search}
              isSelected={rows[index]!.id === selected}
              isStop={rows[index]!.id === stop}
              isNarrow={isNarrow}
              top={start - virtual.options.scrollMargin}
              onFocus={setActive}
            />
          ))}
        </div>
      </div>
      {rows.length >= maxRows && <p className="dim">Narrow the range to see older rows.</p>}
    </div>
  )
}

interface RowProps extends Pick<RequestTableProps, 'columns' | 'search'> {
  readonly row: RequestRow
  readonly index: number
  readonly isSelected: boolean
  /** The one that the tab key reaches; the arrows lead on to the others. */
  readonly isStop: boolean
  readonly isNarrow: boolean
  readonly top: number
  onFocus(id: string): void
}

function Row(props: RowProps): ReactNode {
  const { row, index, columns, search, isSelected, isStop, isNarrow, top, onFocus } = props
  const atMs = Date.parse(row.created_at)
  const way = {
    title: formatMoment(atMs),
    tabIndex: isStop ? 0 : -1,
    'data-request': row.id,
    onFocus: () => onFocus(row.id),
    children: formatClock(atMs),
  }
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className="requests-row"
      data-selected={isSelected || undefined}
      style={{ transform: `translateY(${top}px)` }}
    >
      <span role="cell" className="requests-time">
        {isNarrow ? (
          <Link to="/requests/$id" params={{ id: row.id }} search={search} {...way} />
        ) : (
          <Link to="/requests" search={{ ...search, sel: row.id }} resetScroll={false} {...way} />
        )}
      </span>
      {columns.map(({ id, isNumber, cell }) => (
        <span key={id} role="cell" className={`requests-${id}${isNumber ? ' end' : ''}`}>
          {cell(row)}
        </span>
      ))}
    </div>
  )
}

function moveByArrows(event: KeyboardEvent): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  event.preventDefault()
  moveAmongRows(event.key === 'ArrowDown' ? 1 : -1)
}

function useHold(place: React.RefObject<HTMLDivElement | null>, onHold: (isHeld: boolean) => void): void {
  useEffect(() => {
    const rows = place.current
    let isPointed = false
    const tell = () => onHold(isPointed || isReading())
    const enter = () => {
      isPointed = true
      tell()
    }
    const leave = () => {
      isPointed = false
      tell()
    }
    window.addEventListener('scroll', tell, { passive: true })
    rows?.addEventListener('pointerenter', enter)
    rows?.addEventListener('pointerleave', leave)
    return () => {
      window.removeEventListener('scroll', tell)
      rows?.removeEventListener('pointerenter', enter)
      rows?.removeEventListener('pointerleave', leave)
    }
  }, [place, onHold])
}

/** The requests: what just happened, and which of them failed? */

import { Button, NativeSelect } from '@mantine/core'
import { useMediaQuery, useThrottledValue } from '@mantine/hooks'
import { getRouteApi, Link, Navigate } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useState } from 'react'
import { spanText } from '../format/span.ts'
import { isLive, readSpanSearch, type Span } from '../ranges.ts'
import { useSpan } from '../use-span.ts'
import { useAnnounced } from '../ui/announcer.tsx'
import { Empty } from '../ui/empty.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { Page } from '../ui/page.tsx'
import { ColumnMenu, useColumns } from './column-menu.tsx'
import type { RequestColumn } from './columns.tsx'
import { ExportMenu } from './export-menu.tsx'
import { FilterBar } from './filter-bar.tsx'
import { type Filters, readFilters } from './filters.ts'
import { isReading, type RequestList, useRequestList } from './request-list.ts'
import { narrow, RequestTable } from './request-table.tsx'
import { Selection } from './selection.tsx'
import { type ListSearch, readSort, type SortSearch } from './addresses.ts'

const RequestDrawer = lazy(async () => ({ default: (await import('./request-drawer.tsx')).RequestDrawer }))

const route = getRouteApi('/requests')

export function RequestsPage(): ReactNode {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const filters = readFilters(search)
  const { team, ...written } = filters
  const order = readSort(search)
  const { span } = useSpan()
  const list = { ...readSpanSearch(search), ...filters, ...order }
  const choice = useColumns()
  const setFilters = (next: Filters) =>
    void navigate({ search: { ...readSpanSearch(search), ...order, ...next } })
  const onSort = (sort: SortSearch['sort']) =>
    void navigate({ search: { ...list, sort }, resetScroll: false })
  const zoom = (fromMs: number, toMs: number) => {
    const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString())
    void navigate({ search: { ...filters, ...order, from: from!, to: to! }, resetScroll: false })
  }
  return (
    <Page title="Requests" name="Requests">
      <div className="row requests-tools">
        <FilterBar filters={written} onChange={(next) => setFilters({ team, ...next })} />
        <div className="row">
          <SortSelect sort={order.sort} onSort={onSort} />
          <ColumnMenu {...choice} />
          <ExportMenu span={span} filters={filters} />
        </div>
      </div>
      <Selection span={span} filters={filters} onZoom={zoom} />
      <Rows
        key={JSON.stringify([span, filters, order])}
        span={span}
        filters={filters}
        sort={order.sort}
        columns={choice.columns}
        search={list}
        selected={search.sel}
        onSort={onSort}
        clear={() => setFilters({})}
      />
    </Page>
  )
}

interface SortSelectProps extends SortSearch {
  onSort(sort: SortSearch['sort']): void
}

/** Where there is no room for the heads of columns. */
function SortSelect({ sort = '-time', onSort }: SortSelectProps): ReactNode {
  return (
    <NativeSelect
      className="requests-sort"
      size="xs"
      aria-label="Order"
      value={sort}
      onChange={({ currentTarget: { value } }) => onSort(readSort({ sort: value }).sort)}
      data={[
        { value: '-time', label: 'Newest first' },
        { value: 'time', label: 'Oldest first' },
        { value: '-cost', label: 'Dearest first' },
        { value: 'cost', label: 'Cheapest first' },
        { value: '-duration', label: 'Longest first' },
        { value: 'duration', label: 'Shortest first' },
      ]}
    />
  )
}

interface RowsProps {
  readonly span: Span
  readonly filters: Filters
  readonly sort: SortSearch['sort']
  /** Of the list, without what is looked at beside it. */
  readonly search: ListSearch
  readonly columns: readonly RequestColumn[]
  readonly selected: string | undefined
  onSort(sort: SortSearch['sort']): void
  clear(): void
}

function Rows(props: RowsProps): ReactNode {
  const { span, filters, sort, search, columns, selected, onSort, clear } = props
  const isNarrow = useMediaQuery(narrow, undefined, { getInitialValueInEffect: false })
  const [isHeld, setHeld] = useState(false)
  const list = useRequestList({ span, filters, sort }, isHeld || selected !== undefined)
  const { merge, isFollowed } = list
  const onHold = useCallback(
    (isReadOn: boolean) => {
      setHeld(isReadOn)
      if (!isReadOn && selected === undefined && isFollowed) merge()
    },
    [merge, selected, isFollowed],
  )
  useEffect(() => {
    if (selected === undefined && isFollowed && !isReading()) merge()
    // When the drawer closes, what has waited comes in.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [selected])
  if (selected !== undefined && isNarrow)
    return <Navigate to="/requests/$id" params={{ id: selected }} search={search} replace />
  if (list.error) return <LoadFault what="the requests" error={list.error} retry={list.retry} />
  return (
    <>
      {list.rows.length === 0 && !list.isPending ? (
        <NoRows span={span} filters={filters} clear={clear} />
      ) : (
        <>
          <NewRows list={list} />
          <RequestTable
            list={list}
            columns={columns}
            search={search}
            selected={selected}
            onSort={onSort}
            onHold={onHold}
          />
        </>
      )}
      <Suspense fallback={null}>
        {selected !== undefined && <RequestDrawer id={selected} rows={list.rows} search={search} />}
      </Suspense>
    </>
  )
}

/** Announced no more often than it can be listened to. */
const announceMs = 10_000

function NewRows({ list }: { readonly list: RequestList }): ReactNode {
  const { waiting, left, merge, retry } = list
  const announced = useThrottledValue(waiting, announceMs)
  useAnnounced(announced > 0 ? `${announced.toLocaleString('en-US')} new rows` : undefined)
  return (
    <>
      {waiting > 0 && (
        <div className="new-rows">
          <Button
            onClick={() => {
              merge()
              window.scrollTo({ top: 0 })
            }}
          >
            {waiting.toLocaleString('en-US')} new rows
          </Button>
        </div>
      )}
      {left > 0 && (
        <p className="dim">
          {left.toLocaleString('en-US')} more came too fast to be told one by one.{' '}
          <Button variant="subtle" size="compact-xs" onClick={retry}>
            Read them
          </Button>
        </p>
      )}
    </>
  )
}

function NoRows({ span, filters, clear }: Pick<RowsProps, 'span' | 'filters' | 'clear'>): ReactNode {
  if (Object.keys(filters).length > 0) {
    return (
      <Empty title={`Nothing matches these filters ${spanText(span)}.`}>
        <Button variant="default" onClick={clear}>
          Clear filters
        </Button>
      </Empty>
    )
  }
  return (
    <Empty title={`No requests ${spanText(span)}.`}>
      {isLive(span) && (
        <>
          <span>
            Point a client at <code>{location.origin}/v1</code>.
          </span>
          <Link to="/welcome">Open the guide</Link>
        </>
      )}
    </Empty>
  )
}

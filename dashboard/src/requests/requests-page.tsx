/** The requests: what just happened, and which of them failed? */

import { Button } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useCallback, useState } from 'react'
import { spanText } from '../format/span.ts'
import { readSpanSearch, type Span } from '../ranges.ts'
import { Empty } from '../ui/empty.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { Page } from '../ui/page.tsx'
import { useSpan } from '../use-span.ts'
import { FilterBar } from './filter-bar.tsx'
import { type Filters, readFilters } from './filters.ts'
import { useRequestList } from './request-list.ts'
import { RequestTable } from './request-table.tsx'

const route = getRouteApi('/requests')

export function RequestsPage(): ReactNode {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { span } = useSpan()
  const filters = readFilters(search)
  const setFilters = (next: Filters) => void navigate({ search: { ...readSpanSearch(search), ...next } })
  return (
    <Page title="Requests" name="Requests">
      <FilterBar filters={filters} onChange={setFilters} />
      <Rows
        key={JSON.stringify([span, filters])}
        span={span}
        filters={filters}
        clear={() => setFilters({})}
      />
    </Page>
  )
}

interface RowsProps {
  readonly span: Span
  readonly filters: Filters
  clear(): void
}

function Rows({ span, filters, clear }: RowsProps): ReactNode {
  const [isHeld, setHeld] = useState(false)
  const list = useRequestList(span, filters, isHeld)
  const { merge } = list
  const onHold = useCallback(
    (isReading: boolean) => {
      setHeld(isReading)
      if (!isReading) merge()
    },
    [merge],
  )
  if (list.error) return <LoadFault what="the requests" error={list.error} retry={list.retry} />
  if (list.rows.length === 0 && !list.isPending) return <NoRows span={span} filters={filters} clear={clear} />
  return (
    <>
      {list.waiting > 0 && (
        <div className="new-rows">
          <Button onClick={() => window.scrollTo({ top: 0 })}>
            {list.waiting.toLocaleString('en-US')} new rows
          </Button>
        </div>
      )}
      {list.left > 0 && (
        <p className="dim">
          {list.left.toLocaleString('en-US')} more came too fast to be told one by one.{' '}
          <Button variant="subtle" size="compact-xs" onClick={list.retry}>
            Read them
          </Button>
        </p>
      )}
      <RequestTable list={list} onHold={onHold} />
    </>
  )
}

function NoRows({ span, filters, clear }: RowsProps): ReactNode {
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
      <span>
        Point a client at <code>{location.origin}/v1</code>.
      </span>
    </Empty>
  )
}

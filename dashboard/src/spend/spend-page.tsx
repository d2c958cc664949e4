/** The spend: where does the money go, and where will the month end? */

import { Button, NativeSelect, SegmentedControl, Skeleton } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { type Dimension, dimensions, readDimension, readUsageFilter, type UsageFilter } from '../api/usage.ts'
import { spanText } from '../format/span.ts'
import { readSpanSearch, type Span } from '../ranges.ts'
import { Empty } from '../ui/empty.tsx'
import { FilterChips } from '../ui/filter-chips.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { useSpan } from '../use-span.ts'
import { ExportMenu } from './export-menu.tsx'
import { Reconciliations } from './reconciliations.tsx'
import { SpendChart } from './spend-chart.tsx'
import { SpendFigures } from './spend-figures.tsx'
import { saveSpendTable, SpendTable } from './spend-table.tsx'
import { useSpending } from './use-spending.ts'
import './spend.css'

const route = getRouteApi('/spend')

const defaultDimension: Dimension = 'model'

export function SpendPage(): ReactNode {
  const { by = defaultDimension, ...search } = route.useSearch()
  const navigate = route.useNavigate()
  const look = useSpan()
  const { span } = look
  const [isCumulative, setCumulative] = useState(false)
  const where = readUsageFilter(search)
  const { team, ...chips } = where
  const { total, rows, before, beforeUsd, nowMs, ...asked } = useSpending(look, by, where)
  const setFilters = (next: UsageFilter) =>
    void navigate({ search: { ...readSpanSearch(search), by, team, ...next }, resetScroll: false })
  const setDimension = (next: Dimension) =>
    void navigate({
      search: { ...search, by: next === defaultDimension ? undefined : next },
      resetScroll: false,
    })
  const table = rows && rows.length > 0 && total && { span, where, dimension: by, rows, total, beforeUsd }
  return (
    <Page
      title="Spend"
      name="Spend"
      action={
        <ExportMenu
          span={span}
          where={where}
          nowMs={nowMs}
          saveTable={table ? () => saveSpendTable(table) : undefined}
        />
      }
    >
      <FilterChips titles={dimensions} filters={chips} onChange={setFilters} />
      {asked.error && <LoadFault what="the spend" error={asked.error} retry={asked.retry} />}
      <SpendFigures
        span={span}
        where={where}
        total={total}
        before={before}
        isLoading={asked.isTotalPending}
      />
      <div className="spend-controls">
        <DimensionPicker value={by} onChange={setDimension} />
        <SegmentedControl
          size="xs"
          aria-label="Course"
          value={isCumulative ? 'cumulative' : 'daily'}
          onChange={(value) => setCumulative(value === 'cumulative')}
          data={[
            { value: 'daily', label: 'Daily' },
            { value: 'cumulative', label: 'Cumulative' },
          ]}
        />
      </div>
      {asked.isPending ? (
        <Skeleton height={320} />
      ) : table ? (
        <>
          <Panel title="Course">
            <SpendChart {...look} {...table} isCumulative={isCumulative} nowMs={nowMs} />
          </Panel>
          <SpendTable {...table} />
        </>
      ) : (
        !asked.error && <NoSpend span={span} where={where} onClear={() => setFilters({})} />
      )}
      <Reconciliations />
    </Page>
  )
}

interface NoSpendProps {
  readonly span: Span
  readonly where: UsageFilter
  onClear(): void
}

function NoSpend({ span, where, onClear }: NoSpendProps): ReactNode {
  const isFiltered = Object.values(where).some((value) => value !== undefined)
  return (
    <Panel title="Course">
      <Empty title={`No spend ${spanText(span)}.`}>
        {isFiltered ? (
          <Button variant="default" onClick={onClear}>
            Clear filters
          </Button>
        ) : (
          'Costs appear with the first settled request.'
        )}
      </Empty>
    </Panel>
  )
}

interface DimensionPickerProps {
  readonly value: Dimension
  onChange(dimension: Dimension): void
}

function DimensionPicker({ value, onChange }: DimensionPickerProps): ReactNode {
  const data = Object.entries(dimensions).map(([name, label]) => ({ value: name, label }))
  const pick = (name: string) => onChange(readDimension(name) ?? defaultDimension)
  return (
    <>
      <SegmentedControl
        className="spend-dimensions"
        size="xs"
        aria-label="Told apart by"
        value={value}
        onChange={pick}
        data={data}
      />
      <NativeSelect
        className="spend-dimension"
        size="xs"
        aria-label="Told apart by"
        value={value}
        onChange={(event) => pick(event.currentTarget.value)}
        data={data}
      />
    </>
  )
}

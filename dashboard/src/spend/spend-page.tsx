/** The spend: where does the money go, and where will the month end? */

import { Button, NativeSelect, SegmentedControl, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import {
  type Dimension,
  dimensions,
  readDimension,
  readUsageFilter,
  type UsageFilter,
  usageQuery,
} from '../api/usage.ts'
import { useOwnerNames } from '../api/owner-names.ts'
import { spanText } from '../format/span.ts'
import { boundsBefore, readSpanSearch } from '../ranges.ts'
import { Empty } from '../ui/empty.tsx'
import { FilterChips } from '../ui/filter-chips.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { useSpan } from '../use-span.ts'
import { ExportMenu } from './export-menu.tsx'
import { pastQuery } from './queries.ts'
import { Reconciliations } from './reconciliations.tsx'
import { spendRows } from './rows.ts'
import { SpendChart } from './spend-chart.tsx'
import { SpendFigures } from './spend-figures.tsx'
import { saveSpendTable, SpendTable } from './spend-table.tsx'
import './spend.css'

const route = getRouteApi('/spend')

const defaultDimension: Dimension = 'model'

export function SpendPage(): ReactNode {
  const { by = defaultDimension, ...search } = route.useSearch()
  const navigate = route.useNavigate()
  const { span, isCompared } = useSpan()
  const [isCumulative, setCumulative] = useState(false)
  const where = readUsageFilter(search)
  const { team, ...chips } = where
  const total = useQuery(usageQuery(span, '', where))
  const parts = useQuery(usageQuery(span, by, where))
  // Undefined until the sums are there: the period before is as old as they are.
  const nowMs = total.dataUpdatedAt
  const past = boundsBefore(span, nowMs)
  const isAsked = isCompared && nowMs > 0
  const before = useQuery({ ...pastQuery(past, '', where), enabled: isAsked })
  const partsBefore = useQuery({ ...pastQuery(past, by, where), enabled: isAsked })
  const sum = total.data?.data[0]
  // Nothing was used: no row.
  const beforeUsd = isCompared && before.data ? Number(before.data.data[0]?.charged_usd ?? 0) : undefined
  const nameOf = useOwnerNames()
  const rows =
    parts.data &&
    spendRows({ dimension: by, total: sum, parts: parts.data.data, before: partsBefore.data?.data }).map(
      (row) => (row.value === undefined || by === 'key' ? row : { ...row, name: nameOf(by, row.value) }),
    )
  const setFilters = (next: UsageFilter) =>
    void navigate({ search: { ...readSpanSearch(search), by, team, ...next }, resetScroll: false })
  const error = total.error ?? parts.error
  const retry = () => void Promise.all([total.refetch(), parts.refetch()])
  const table = rows && rows.length > 0 && sum && { span, where, dimension: by, rows, total: sum, beforeUsd }
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
      {error && <LoadFault what="the spend" error={error} retry={retry} />}
      <SpendFigures
        span={span}
        where={where}
        total={sum}
        before={isCompared ? before.data?.data[0] : undefined}
        isLoading={total.isPending}
      />
      <div className="spend-controls">
        <DimensionPicker
          value={by}
          onChange={(next) =>
            void navigate({
              search: { ...search, by: next === defaultDimension ? undefined : next },
              resetScroll: false,
            })
          }
        />
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
      {parts.isPending || total.isPending ? (
        <Skeleton height={320} />
      ) : table ? (
        <>
          <Panel title="Course">
            <SpendChart
              span={span}
              where={where}
              dimension={by}
              rows={table.rows}
              isCompared={isCompared}
              isCumulative={isCumulative}
              nowMs={nowMs}
            />
          </Panel>
          <SpendTable {...table} />
        </>
      ) : (
        !error && (
          <Panel title="Course">
            <Empty title={`No spend ${spanText(span)}.`}>
              {Object.values(where).some((value) => value !== undefined) ? (
                <Button variant="default" onClick={() => setFilters({})}>
                  Clear filters
                </Button>
              ) : (
                'Costs appear with the first settled request.'
              )}
            </Empty>
          </Panel>
        )
      )}
      <Reconciliations />
    </Page>
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

/** The spend: where does the money go? */

import { NativeSelect, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { formatCount, formatShare, formatUsd } from '../format/number.ts'
import { defaultRange, ranges } from '../ranges.ts'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Figure } from '../ui/figure.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { RangePicker } from '../ui/range-picker.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { MonthFigures } from './month.tsx'
import { SpendChart } from './spend-chart.tsx'
import {
  costOf,
  type Dimension,
  dimensions,
  nameOf,
  readDimension,
  type Usage,
  usageQuery,
} from '../api/usage.ts'

const route = getRouteApi('/spend')

const defaultDimension: Dimension = 'model'

export function SpendPage(): ReactNode {
  const { range = defaultRange, by = defaultDimension } = route.useSearch()
  const navigate = route.useNavigate()
  const total = useQuery(usageQuery(range, ''))
  const parts = useQuery(usageQuery(range, by))
  const go = (change: { range?: typeof range; by?: Dimension }) => {
    const next = { range, by, ...change }
    void navigate({
      search: {
        ...(next.range !== defaultRange && { range: next.range }),
        ...(next.by !== defaultDimension && { by: next.by }),
      },
    })
  }
  const error = total.error ?? parts.error
  const retry = () => void Promise.all([total.refetch(), parts.refetch()])
  return (
    <Page
      title="Spend"
      name="Spend"
      action={<RangePicker value={range} onChange={(next) => go({ range: next })} />}
    >
      {error && <LoadFault what="the spend" error={error} retry={retry} />}
      <Total usage={total.data?.data[0]} isLoading={total.isPending} />
      <Panel
        title={`By ${dimensions[by].toLowerCase()}`}
        aside={
          <NativeSelect
            size="xs"
            aria-label="Told apart by"
            value={by}
            onChange={(event) => go({ by: readDimension(event.currentTarget.value) ?? defaultDimension })}
            data={Object.entries(dimensions).map(([value, label]) => ({ value, label }))}
          />
        }
      >
        {parts.isPending ? (
          <Skeleton height={280} />
        ) : parts.data && parts.data.data.length > 0 ? (
          <SpendChart range={range} dimension={by} greatest={parts.data.data} />
        ) : (
          <Empty title={`No spend in the last ${ranges[range].label}.`}>
            Costs appear with the first settled request.
          </Empty>
        )}
      </Panel>
      {parts.data && parts.data.data.length > 0 && (
        <TablePanel
          title="Sums"
          query={parts}
          what="the sums"
          columns={columnsOf(by, parts.data.data)}
          idOf={(usage) => nameOf(usage, by)}
          fileName={`spend-by-${by}`}
          empty={null}
        />
      )}
    </Page>
  )
}

function Total({ usage, isLoading }: { usage: Usage | undefined; isLoading: boolean }): ReactNode {
  const told = (tell: (of: Usage) => string) => (isLoading ? undefined : usage ? tell(usage) : '-')
  const per1000 = (of: Usage) => (of.requests === 0 ? '-' : formatUsd((1_000 * costOf(of)) / of.requests))
  return (
    <div className="grid">
      <MonthFigures />
      <div className="half three">
        <Figure
          label="Charged"
          value={told((of) => formatUsd(costOf(of)))}
          note={usage ? `${formatUsd(Number(usage.provider_cost_usd))} at the providers` : ''}
        />
      </div>
      <div className="half three">
        <Figure
          label="Per 1,000 requests"
          value={told(per1000)}
          note={usage ? `${formatCount(usage.input_tokens + usage.output_tokens)} tokens` : ''}
        />
      </div>
    </div>
  )
}

function columnsOf(dimension: Dimension, all: readonly Usage[]): Column<Usage>[] {
  const sum = all.reduce((part, usage) => part + costOf(usage), 0)
  return [
    {
      title: dimensions[dimension],
      text: (usage) => nameOf(usage, dimension),
      cell: (usage) => <UntrustedText text={nameOf(usage, dimension)} />,
    },
    { title: 'Charged', isNumber: true, cell: (usage) => formatUsd(costOf(usage)) },
    { title: 'Share', isNumber: true, cell: (usage) => (sum === 0 ? '-' : formatShare(costOf(usage) / sum)) },
    { title: 'Calls', isNumber: true, cell: ({ attempts }) => formatCount(attempts) },
    { title: 'Input tokens', isNumber: true, cell: (usage) => formatCount(usage.input_tokens) },
    { title: 'Output tokens', isNumber: true, cell: (usage) => formatCount(usage.output_tokens) },
    { title: 'Failed', isNumber: true, cell: ({ errors }) => formatCount(errors) },
    { title: 'Estimated', isNumber: true, cell: ({ estimated }) => formatCount(estimated) },
  ]
}

/** What was spent, where the month will end, what a thousand requests cost, and what the cache saved. */

import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { costOf, type Usage, type UsageFilter } from '../api/usage.ts'
import { formatCount, formatUsd } from '../format/number.ts'
import { ranges, type Span } from '../ranges.ts'
import { changeOf } from '../ui/change.ts'
import { Figure } from '../ui/figure.tsx'
import { FigureGrid } from '../ui/figure-grid.tsx'
import { forecastFrom, monthQuery } from './queries.ts'

interface SpendFiguresProps {
  readonly span: Span
  readonly where: UsageFilter
  /** Of all together; undefined where nothing was used. */
  readonly total: Usage | undefined
  readonly before: Usage | undefined
  readonly isLoading: boolean
}

export function SpendFigures({ span, where, total, before, isLoading }: SpendFiguresProps): ReactNode {
  const told = (tell: (of: Usage) => string) => (isLoading ? undefined : total ? tell(total) : '-')
  const spent = isLoading ? undefined : formatUsd(total ? costOf(total) : 0)
  return (
    <FigureGrid columns="three">
      <Figure
        label={'range' in span ? ranges[span.range].label : 'Spent'}
        value={spent}
        change={changeOf(total && costOf(total), before && costOf(before))}
        note={total ? `${formatUsd(Number(total.provider_cost_usd))} at the providers` : ''}
      />
      <MonthEnd where={where} />
      <Figure
        label="Per 1k requests"
        value={told((of) => (of.requests === 0 ? '-' : formatUsd(per1000(of))))}
        change={changeOf(total && per1000(total), before && per1000(before))}
        note={total ? `${formatCount(total.requests)} requests` : ''}
      />
      <Figure
        label="Saved"
        value={told((of) => formatUsd(Number(of.saved_usd)))}
        note={total ? `${formatCount(total.cached)} answers of the cache` : ''}
      />
    </FigureGrid>
  )
}

function per1000(usage: Usage): number {
  return usage.requests === 0 ? 0 : (1_000 * costOf(usage)) / usage.requests
}

function MonthEnd({ where }: { readonly where: UsageFilter }): ReactNode {
  const days = useQuery(monthQuery(where))
  const found = days.data && forecastFrom(days.data.data, days.dataUpdatedAt)
  const end = found?.endUsd
  return (
    <Figure
      label="Forecast, month's end"
      value={found && (end ? `est. ${formatUsd(end.mean)}` : '-')}
      note={end ? `80 %: ${formatUsd(end.lower)} to ${formatUsd(end.upper)}` : 'needs a whole day of spend'}
    />
  )
}

/** The course of the spend: the dearest names and all others in stacks, the period before, and of a month where it leads. */

import { Skeleton } from '@mantine/core'
import { useQueries, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { exactly } from '../api/filter-text.ts'
import { budgetsQuery } from '../api/shared-queries.ts'
import { costOf, type Dimension, type Usage, type UsageFilter, usageQuery } from '../api/usage.ts'
import { formatUsd, usdTicks } from '../format/number.ts'
import { spanText } from '../format/span.ts'
import { formatBucket } from '../format/time.ts'
import { visible } from '../format/visible.ts'
import { type Bounds, boundsBefore, boundsOf, isLive, monthEndMs, type Span, usageStepOf } from '../ranges.ts'
import { useMay } from '../session/me.ts'
import type { ChartSeries } from '../ui/chart-series.ts'
import { LoadFault } from '../ui/load-fault.tsx'
import { TimeChart } from '../ui/time-chart.tsx'
import { monthBudgetOf } from './budget-of.ts'
import { beforeLine, budgetLine, courseOf, forecastLines, type Steps } from './course.ts'
import { forecastFrom, monthQuery, pastQuery } from './queries.ts'
import type { SpendRow } from './rows.ts'

const namedSeries = 5
/** A cap much higher than what is spent would flatten all else. */
const maxBudgetShare = 3

interface SpendChartProps {
  readonly span: Span
  readonly where: UsageFilter
  readonly dimension: Dimension
  /** The dearest first. */
  readonly rows: readonly SpendRow[]
  readonly isCompared: boolean
  readonly isCumulative: boolean
  /** When the sums were made. */
  readonly nowMs: number
}

export function SpendChart(props: SpendChartProps): ReactNode {
  const { span, where, dimension, rows, isCumulative, nowMs } = props
  const steps = stepsOf(span, nowMs)
  const all = useQuery(usageQuery(span, steps.by, where))
  const dearest = rows.flatMap(({ name, value, costUsd }) =>
    value === undefined || costUsd === 0 ? [] : [{ name, value }],
  )
  const named = dearest.slice(0, namedSeries)
  const ofNamed = useQueries({
    queries: named.map(({ value }) => usageQuery(span, steps.by, { ...where, [dimension]: exactly(value) })),
  })
  const { overlay, capUsd } = useOverlay(props, steps)
  if (all.error) return <LoadFault what="the course" error={all.error} retry={() => void all.refetch()} />
  if (!all.data || ofNamed.some(({ isPending }) => isPending)) return <Skeleton height={244} />
  const series = courseOf({
    steps,
    isCumulative,
    all: all.data.data,
    othersName: othersOf(rows),
    named: named.map(({ name }, index) => ({
      name: visible(name),
      usages: ofNamed[index]?.data?.data ?? [],
    })),
  })
  return (
    <TimeChart
      kind="bars"
      caption={`${captionOf(all.data.data, steps, span)}${capUsd === undefined ? '' : ` Budget ${formatUsd(capUsd)} a month.`}`}
      fromMs={steps.fromMs}
      bucketMs={steps.stepMs}
      runningAt={isLive(span) ? steps.until - 1 : undefined}
      format={formatUsd}
      formatTicks={usdTicks}
      series={series}
      overlay={overlay}
    />
  )
}

/** The one row without a series of its own, or all of them. */
function othersOf(rows: readonly SpendRow[]): string {
  const costly = rows.filter(({ costUsd }) => costUsd > 0)
  const nameless = costly.filter(({ value }) => value === undefined)
  return nameless.length === 1 && costly.length <= namedSeries + 1 ? nameless[0]!.name : 'all others'
}

/** Of the month so far all of its days, so that there is room for where it leads. */
function stepsOf(span: Span, nowMs: number): Steps {
  const isMonth = 'range' in span && span.range === 'mtd'
  const bounds = boundsOf(span, nowMs)
  const { by, stepMs } = isMonth ? ({ by: 'day', stepMs: 86_400_000 } as const) : usageStepOf(bounds)
  const fromMs = Math.floor(bounds.fromMs / stepMs) * stepMs
  const countTo = (toMs: number) => Math.ceil((toMs - fromMs) / stepMs)
  return {
    by,
    stepMs,
    fromMs,
    count: countTo(isMonth ? monthEndMs(nowMs) : bounds.toMs),
    until: countTo(bounds.toMs),
  }
}

function captionOf(all: readonly Usage[], { by, stepMs }: Steps, span: Span): string {
  const total = all.reduce((sum, usage) => sum + costOf(usage), 0)
  const peak = all.reduce<Usage | undefined>(
    (most, usage) => (most && costOf(most) >= costOf(usage) ? most : usage),
    undefined,
  )
  const at = peak && ` on ${formatBucket(Date.parse(peak[by] ?? ''), stepMs)}`
  return `${formatUsd(total)} ${spanText(span)}${peak ? `, at most ${formatUsd(costOf(peak))}${at}` : ''}.`
}

function useOverlay(
  { span, where, rows, isCompared, isCumulative, nowMs }: SpendChartProps,
  steps: Steps,
): { readonly overlay: ChartSeries[]; readonly capUsd: number | undefined } {
  const isMonth = 'range' in span && span.range === 'mtd'
  const days = useQuery({ ...monthQuery(where), enabled: isMonth })
  const seesBudgets = useMay('GET /budgets')
  const budgets = useQuery({ ...budgetsQuery, enabled: isMonth && seesBudgets })
  const bounds: Bounds = boundsBefore(span, nowMs)
  const past = pastQuery(bounds, steps.by, where)
  const before = useQuery({ ...past, enabled: isCompared && past.enabled !== false })
  const shift = steps.fromMs - Math.floor(bounds.fromMs / steps.stepMs) * steps.stepMs
  const earlier =
    before.data && beforeLine(before.data.data, { ...steps, fromMs: steps.fromMs - shift }, isCumulative)
  const forecast = isMonth && days.data ? forecastFrom(days.data.data, days.dataUpdatedAt) : undefined
  const capUsd = budgets.data && monthBudgetOf(budgets.data.data, where)
  const spentUsd = rows.reduce((sum, { costUsd }) => sum + costUsd, 0)
  const highest = Math.max(spentUsd, forecast?.endUsd?.upper ?? 0)
  const isNear = capUsd !== undefined && capUsd <= maxBudgetShare * highest
  const overlay = [
    ...(earlier ? [earlier] : []),
    ...(forecast ? forecastLines(forecast, steps, isCumulative) : []),
    ...(isNear ? [budgetLine(capUsd, steps, isCumulative)] : []),
  ]
  return { overlay, capUsd }
}

/** Spend over time: the dearest names, and all others as one. */

import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { formatUsd } from '../format/number.ts'
import { visible } from '../format/visible.ts'
import { type RangeName, ranges, usageStepOf } from '../ranges.ts'
import { LoadFault } from '../ui/load-fault.tsx'
import { TimeChart } from '../ui/time-chart.tsx'
import { costOf, type Dimension, nameOf, type Usage, usageQuery } from '../api/usage.ts'

const namedSeries = 5

interface SpendChartProps {
  readonly range: RangeName
  readonly dimension: Dimension
  /** The sums of the whole span, the dearest first. */
  readonly greatest: readonly Usage[]
}

export function SpendChart({ range, dimension, greatest }: SpendChartProps): ReactNode {
  const { by, stepMs } = usageStepOf(range)
  const steps = useQuery(usageQuery(range, `${by},${dimension}`))
  if (steps.error)
    return <LoadFault what="the course" error={steps.error} retry={() => void steps.refetch()} />
  if (!steps.data) return <Skeleton height={244} />
  const toMs = Math.ceil(steps.dataUpdatedAt / stepMs) * stepMs
  const count = Math.ceil(ranges[range].spanMs / stepMs)
  const fromMs = toMs - count * stepMs
  const names = greatest.slice(0, namedSeries).map((usage) => nameOf(usage, dimension))
  const sums = new Map<string, number[]>()
  for (const usage of steps.data.data) {
    const index = Math.round((Date.parse(usage[by] ?? '') - fromMs) / stepMs)
    const name = nameOf(usage, dimension)
    const series = names.includes(name) ? name : 'all others'
    const values = sums.get(series) ?? Array.from({ length: count }, () => 0)
    if (index >= 0 && index < count) values[index] = values[index]! + costOf(usage)
    sums.set(series, values)
  }
  const total = greatest.reduce((sum, usage) => sum + costOf(usage), 0)
  return (
    <TimeChart
      kind="bars"
      caption={`${formatUsd(total)} in the last ${ranges[range].label}, per ${by}.`}
      fromMs={fromMs}
      bucketMs={stepMs}
      format={formatUsd}
      series={[...names, 'all others']
        .filter((name) => sums.has(name))
        .map((name, index) => ({
          name: visible(name),
          color: name === 'all others' ? 'var(--series-other)' : `var(--series-${index + 1})`,
          values: sums.get(name) ?? [],
        }))}
    />
  )
}

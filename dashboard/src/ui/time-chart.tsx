/** Numbers over time, in buckets of the same length. */

import type { ReactNode } from 'react'
import { formatBucket, formatLength, formatTick } from '../format/time.ts'
import { SeriesChart, type SeriesChartProps } from './series-chart.tsx'

interface TimeChartProps extends Omit<SeriesChartProps, 'axis'> {
  /** Where the first bucket begins. */
  readonly fromMs: number
  readonly bucketMs: number
}

export function TimeChart({ fromMs, bucketMs, caption, ...rest }: TimeChartProps): ReactNode {
  const spanMs = bucketMs * (rest.series[0]?.values.length ?? 0)
  const atMs = (index: number) => fromMs + index * bucketMs
  return (
    <SeriesChart
      {...rest}
      caption={`${caption} Per ${formatLength(bucketMs)}.`}
      axis={{
        title: 'From',
        tick: (index) => formatTick(atMs(index), spanMs),
        full: (index) => formatBucket(atMs(index), bucketMs),
      }}
    />
  )
}

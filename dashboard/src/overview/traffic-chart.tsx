/** Requests over time, those that failed on top. */

import { type ReactNode, useMemo } from 'react'
import { formatCount } from '../format/number.ts'
import { TimeChart } from '../ui/time-chart.tsx'
import { inBuckets, isError, requestAtMs, type SpanRows } from './summary.ts'

export function TrafficChart({ span, rows }: SpanRows): ReactNode {
  const buckets = useMemo(() => inBuckets(rows, span, requestAtMs), [rows, span])
  const failed = buckets.map((bucket) => bucket.filter(isError).length)
  const answered = buckets.map((bucket, index) => bucket.length - failed[index]!)
  const failures = failed.reduce((sum, count) => sum + count, 0)
  return (
    <TimeChart
      kind="bars"
      caption={`${rows.length.toLocaleString('en-US')} requests, ${failures.toLocaleString('en-US')} of them failed.`}
      fromMs={span.fromMs}
      bucketMs={span.bucketMs}
      format={formatCount}
      series={[
        { name: 'Answered', color: 'var(--series-1)', values: answered },
        { name: 'Failed', color: 'var(--bad)', values: failed },
      ]}
    />
  )
}

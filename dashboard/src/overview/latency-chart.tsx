/** The latency of answers over time: the middle, and the slow end. */

import { type ReactNode, useMemo } from 'react'
import { formatMs } from '../format/number.ts'
import { type ChartSeries, TimeChart } from '../ui/time-chart.tsx'
import { figuresOf, inBuckets, type Percentiles, requestAtMs, type SpanRows } from './summary.ts'

export function LatencyChart({ span, rows }: SpanRows): ReactNode {
  const buckets = useMemo(
    () => inBuckets(rows, span, requestAtMs).map((bucket) => figuresOf(bucket, []).latencyMs),
    [rows, span],
  )
  const whole = useMemo(() => figuresOf(rows, []).latencyMs, [rows])
  const line = (of: keyof Percentiles, color: string): ChartSeries => ({
    name: of,
    color,
    values: buckets.map((percentiles) => percentiles?.[of]),
  })
  return (
    <TimeChart
      kind="lines"
      caption={
        whole
          ? `Half of the answers took at most ${formatMs(whole.p50)}, 99 % at most ${formatMs(whole.p99)}.`
          : 'No answers.'
      }
      fromMs={span.fromMs}
      bucketMs={span.bucketMs}
      format={formatMs}
      series={[
        line('p50', 'var(--series-3)'),
        line('p95', 'var(--series-1)'),
        line('p99', 'var(--series-2)'),
      ]}
    />
  )
}

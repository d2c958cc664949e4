/** The latency of answers over time: the middle, and the slow end. */

import type { ReactNode } from 'react'
import { formatMs } from '../format/number.ts'
import type { ChartSeries } from '../ui/chart-series.ts'
import { TimeChart } from '../ui/time-chart.tsx'
import type { RequestFigures } from '../api/figures.ts'

interface LatencyChartProps {
  readonly figures: RequestFigures
  /** The last step is not over. */
  readonly isRunning: boolean
}

export function LatencyChart({ figures, isRunning }: LatencyChartProps): ReactNode {
  const whole = figures.now.duration_ms
  const line = (of: 'p50' | 'p95' | 'p99', color: string): ChartSeries => ({
    name: of,
    color,
    values: figures.steps.map(({ duration_ms: times }) => times?.[of]),
  })
  return (
    <TimeChart
      kind="lines"
      runningAt={isRunning ? figures.steps.length - 1 : undefined}
      caption={
        whole
          ? `Half of the answers took at most ${formatMs(whole.p50)}, 99 % at most ${formatMs(whole.p99)}.`
          : 'No answers.'
      }
      fromMs={Date.parse(figures.from)}
      bucketMs={figures.step_ms}
      format={formatMs}
      series={[
        line('p50', 'var(--series-3)'),
        line('p95', 'var(--series-1)'),
        line('p99', 'var(--series-2)'),
      ]}
    />
  )
}

/** The latency of answers over time: the middle, and the slow end. */

import type { ReactNode } from 'react'
import { formatMs } from '../format/number.ts'
import { TimeChart } from '../ui/time-chart.tsx'
import type { RequestFigures } from '../api/figures.ts'
import { percentiles } from './percentiles.ts'

interface LatencyChartProps {
  readonly figures: RequestFigures
  /** The last step is not over. */
  readonly isRunning: boolean
}

export function LatencyChart({ figures, isRunning }: LatencyChartProps): ReactNode {
  const whole = figures.now.duration_ms
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
      series={percentiles.map(({ of, color }) => ({
        name: of,
        color,
        values: figures.steps.map(({ duration_ms: times }) => times?.[of]),
      }))}
    />
  )
}

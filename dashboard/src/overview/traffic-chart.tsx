/** Requests over time, those that failed on top, and how many there were in the period before. */

import type { ReactNode } from 'react'
import type { RequestFigures } from '../api/figures.ts'
import { formatCount } from '../format/number.ts'
import { TimeChart } from '../ui/time-chart.tsx'

/** There is no half a request. */
const wholeTicks = () => (value: number) => (Number.isInteger(value) ? formatCount(value) : '')

interface TrafficChartProps {
  readonly figures: RequestFigures
  /** The last step is not over. */
  readonly isRunning: boolean
}

export function TrafficChart({ figures, isRunning }: TrafficChartProps): ReactNode {
  const { steps, before, before_steps: earlier = [] } = figures
  const { requests, errors } = figures.now
  return (
    <TimeChart
      kind="bars"
      caption={`${requests.toLocaleString('en-US')} requests, ${errors.toLocaleString('en-US')} of them failed.`}
      fromMs={Date.parse(figures.from)}
      bucketMs={figures.step_ms}
      runningAt={isRunning ? steps.length - 1 : undefined}
      format={formatCount}
      formatTicks={wholeTicks}
      series={[
        {
          name: 'Answered',
          color: 'var(--series-1)',
          values: steps.map((step) => step.requests - step.errors),
        },
        { name: 'Failed', color: 'var(--bad)', values: steps.map((step) => step.errors) },
      ]}
      overlay={
        before && before.requests > 0
          ? [
              {
                name: 'Period before',
                color: 'var(--text-3)',
                isThin: true,
                values: steps.map((_, index) => earlier[index]?.requests),
              },
            ]
          : []
      }
    />
  )
}

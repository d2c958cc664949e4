/** Requests over time, those that failed on top. */

import type { ReactNode } from 'react'
import { formatCount } from '../format/number.ts'
import { TimeChart } from '../ui/time-chart.tsx'
import type { RequestFigures } from '../api/figures.ts'

export function TrafficChart({ figures }: { readonly figures: RequestFigures }): ReactNode {
  const { requests, errors } = figures.now
  return (
    <TimeChart
      kind="bars"
      caption={`${requests.toLocaleString('en-US')} requests, ${errors.toLocaleString('en-US')} of them failed.`}
      fromMs={Date.parse(figures.from)}
      bucketMs={figures.step_ms}
      format={formatCount}
      series={[
        {
          name: 'Answered',
          color: 'var(--series-1)',
          values: figures.steps.map((step) => step.requests - step.errors),
        },
        { name: 'Failed', color: 'var(--bad)', values: figures.steps.map((step) => step.errors) },
      ]}
    />
  )
}

/** The charts of all metrics of a golden set: those that alarm, and, folded away, those that are only told. */

import type { ReactNode } from 'react'
import { useQuery } from '@tanstack/react-query'
import { type Run, runQuery } from './drift-queries.ts'
import { MetricChart } from './metric-chart.tsx'
import { coursesOf, isDeciding } from './metrics.ts'

interface MetricChartsProps {
  readonly runs: readonly Run[]
  /** The run that the page shows, whose baseline stands beside. */
  readonly shown: string | undefined
}

export function MetricCharts({ runs, shown }: MetricChartsProps): ReactNode {
  const { data } = useQuery({ ...runQuery(shown ?? ''), enabled: shown !== undefined })
  const courses = [...coursesOf(runs)]
  if (courses.length === 0) return null
  const charts = (some: typeof courses) => (
    <div className="grid">
      {some.map(([metric, points]) => (
        <div key={metric} className="four">
          <MetricChart
            metric={metric}
            points={points}
            before={data?.baseline_means[metric] ?? []}
            shown={shown}
          />
        </div>
      ))}
    </div>
  )
  return (
    <>
      {charts(courses.filter(([metric]) => isDeciding(metric)))}
      <p className="dim">
        Left of the line are the runs of the baseline. Grey is where a run without drift lies, at level .99;
        dots are runs, red ones alarm; a gap is a run without data.
      </p>
      <details className="drift-more">
        <summary>Also measured: what never alarms by itself</summary>
        {charts(courses.filter(([metric]) => !isDeciding(metric)))}
      </details>
    </>
  )
}

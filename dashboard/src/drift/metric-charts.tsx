/** The charts of all metrics of a golden set: those that alarm, and, folded away, those that are only told. */

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Panel } from '../ui/panel.tsx'
import { type Run, runQuery } from './drift-queries.ts'
import { MetricChart } from './metric-chart.tsx'
import { type Course, MetricTable } from './metric-table.tsx'
import { coursesOf, isDeciding } from './metrics.ts'
import './drift.css'

interface MetricChartsProps {
  readonly runs: readonly Run[]
  /** The run that the page shows, whose baseline stands beside. */
  readonly shown: string | undefined
}

export function MetricCharts({ runs, shown }: MetricChartsProps): ReactNode {
  const [isTable, setTable] = useState(false)
  const { data } = useQuery({ ...runQuery(shown ?? ''), enabled: shown !== undefined })
  const courses = [...coursesOf(runs)]
  if (courses.length === 0) return null
  const deciding = courses.filter(([metric]) => isDeciding(metric))
  const charts = (some: readonly Course[]) => (
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
      {isTable ? (
        <Panel title="Metrics over the runs" isFlush>
          <MetricTable courses={deciding} />
        </Panel>
      ) : (
        charts(deciding)
      )}
      <p className="dim drift-legend">
        <span>
          Left of the line are the runs of the baseline. Grey is where a run without drift lies, at level .99;
          dots are runs, red ones alarm; a gap is a run without data.
        </span>
        <Button variant="subtle" size="compact-xs" onClick={() => setTable(!isTable)}>
          {isTable ? 'Show as charts' : 'Show as table'}
        </Button>
      </p>
      <details className="drift-more">
        <summary>Also measured: what never alarms by itself</summary>
        {charts(courses.filter(([metric]) => !isDeciding(metric)))}
      </details>
    </>
  )
}

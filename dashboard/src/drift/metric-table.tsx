/** What the charts of metrics draw, as a table: a row for each run, the newest first. */

import type { ReactNode } from 'react'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Status } from '../ui/status.tsx'
import { When } from '../ui/when.tsx'
import { type MetricPoint, metricName, metricValue } from './metrics.ts'

export type Course = readonly [metric: string, points: readonly (MetricPoint | undefined)[]]

type Row = ReadonlyMap<string, MetricPoint>

export function MetricTable({ courses }: { readonly courses: readonly Course[] }): ReactNode {
  const runs = courses[0]?.[1].length ?? 0
  const rows = Array.from(
    { length: runs },
    (_, run): Row =>
      new Map(courses.flatMap(([metric, points]) => (points[run] ? [[metric, points[run]] as const] : []))),
  ).filter((row) => row.size > 0)
  const anyOf = (row: Row): MetricPoint => row.values().next().value!
  const columns: Column<Row>[] = [
    { title: 'Run', cell: (row) => <When at={anyOf(row).at} /> },
    ...courses.map(([metric]) => ({
      title: metricName(metric),
      isNumber: true,
      cell: (row: Row) => <Value metric={metric} point={row.get(metric)} />,
    })),
  ]
  return (
    <DataTable
      caption="Metrics over the runs"
      columns={columns}
      things={rows.toReversed()}
      idOf={(row) => anyOf(row).runId}
    />
  )
}

interface ValueProps {
  readonly metric: string
  readonly point: MetricPoint | undefined
}

function Value({ metric, point }: ValueProps): ReactNode {
  if (!point) return '-'
  return (
    <>
      {metricValue(metric, point.value)}
      {point.isAlarm && (
        <>
          {' '}
          <Status tone="bad">alarm</Status>
        </>
      )}
    </>
  )
}

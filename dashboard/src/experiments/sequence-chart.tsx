/** How a difference and its bounds have narrowed over the units; nothing is hidden by when one looks. */

import { useElementSize } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { formatCount } from '../format/number.ts'
import { ChartFigure } from '../ui/chart-figure.tsx'
import { DataTable } from '../ui/data-table.tsx'
import { formatDifference, type Metric, type SequencePoint } from './experiment-view.ts'

interface SequenceChartProps {
  readonly arm: string
  readonly metric: Metric
  readonly points: readonly SequencePoint[]
  /** Beyond it lies harm. */
  readonly limit: number | undefined
}

const height = 200
const margin = { top: 10, right: 12, bottom: 22, left: 72 }

export function SequenceChart(props: SequenceChartProps): ReactNode {
  const { arm, metric, points } = props
  const last = points.at(-1)
  if (!last) return null
  const told = (value: number) => formatDifference(metric, value)
  const caption = `${arm} minus control: ${told(last.difference)}, between ${told(last.lower)} and ${told(last.upper)}, over ${formatCount(last.units)} units.`
  return (
    <ChartFigure
      caption={caption}
      chart={<Picture {...props} />}
      table={
        <DataTable
          caption={caption}
          things={points}
          idOf={({ units }) => String(units)}
          columns={[
            { title: 'Units', isNumber: true, cell: ({ units }) => formatCount(units) },
            { title: 'Lower', isNumber: true, cell: ({ lower }) => told(lower) },
            { title: 'Difference', isNumber: true, cell: ({ difference }) => told(difference) },
            { title: 'Upper', isNumber: true, cell: ({ upper }) => told(upper) },
          ]}
        />
      }
    />
  )
}

function Picture({ metric, points, limit }: SequenceChartProps): ReactNode {
  const { ref, width: measured } = useElementSize()
  const width = Math.max(measured, 240)
  const { x, y, ticks } = scalesOf(points, limit, width)
  const path = (of: (point: SequencePoint) => number, all = points) =>
    all.map((point) => `${x(point.units).toFixed(1)} ${y(of(point)).toFixed(1)}`).join('L')
  const band = `M${path(({ upper }) => upper)}L${path(({ lower }) => lower, points.toReversed())}Z`
  const last = points.at(-1)!
  return (
    <div ref={ref} className="series-chart-picture">
      <svg width={width} height={height} aria-hidden="true">
        {ticks.map((value) => (
          <g key={value}>
            <line
              x1={margin.left}
              x2={width - margin.right}
              y1={y(value)}
              y2={y(value)}
              stroke={value === 0 ? 'var(--text-3)' : 'var(--line)'}
            />
            <text x={margin.left - 8} y={y(value) + 4} textAnchor="end">
              {formatDifference(metric, value)}
            </text>
          </g>
        ))}
        {limit !== undefined && (
          <line
            x1={margin.left}
            x2={width - margin.right}
            y1={y(limit)}
            y2={y(limit)}
            stroke="var(--bad)"
            strokeDasharray="4 3"
          />
        )}
        <path d={band} fill="var(--accent)" opacity="0.2" />
        <path
          d={`M${path(({ difference }) => difference)}`}
          fill="none"
          stroke="var(--accent)"
          strokeWidth="1.75"
        />
        <line
          x1={x(last.units)}
          x2={x(last.units)}
          y1={y(last.lower)}
          y2={y(last.upper)}
          stroke="var(--accent)"
          strokeWidth="2"
        />
        <circle cx={x(last.units)} cy={y(last.difference)} r="4" fill="var(--accent)" />
        <text x={margin.left} y={height - 6}>
          {formatCount(points[0]!.units)} units
        </text>
        <text x={width - margin.right} y={height - 6} textAnchor="end">
          {formatCount(last.units)}, log
        </text>
      </svg>
    </div>
  )
}

/** Units by their logarithm: what is learnt from the next one shrinks as they grow. */
function scalesOf(points: readonly SequencePoint[], limit: number | undefined, width: number) {
  const values = points.flatMap(({ lower, upper }) => [lower, upper])
  const [least, most] = [Math.min(0, ...values, limit ?? 0), Math.max(0, ...values, limit ?? 0)]
  const span = most - least || 1
  const from = Math.log(Math.max(1, points[0]!.units))
  const length = Math.log(Math.max(1, points.at(-1)!.units)) - from
  const plotWidth = width - margin.left - margin.right
  return {
    x: (units: number) =>
      margin.left + (length === 0 ? 1 : (Math.log(Math.max(1, units)) - from) / length) * plotWidth,
    y: (value: number) => margin.top + (height - margin.top - margin.bottom) * (1 - (value - least) / span),
    ticks: [...new Set([least, 0, most])],
  }
}

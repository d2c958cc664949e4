/** Numbers over time, as stacked bars or as lines, with a crosshair, and as a table for whoever wants that. */

import { Button } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { type PointerEvent, type ReactNode, useState } from 'react'
import { formatClock, formatTick } from '../format/time.ts'
import { linePaths, lonePoints, niceTop, stack } from './chart-geometry.ts'
import { DataTable } from './data-table.tsx'
import './time-chart.css'

export interface ChartSeries {
  readonly name: string
  /** A CSS colour. */
  readonly color: string
  /** One per bucket; undefined where there is no data, which is drawn as a gap. */
  readonly values: readonly (number | undefined)[]
}

interface TimeChartProps {
  /** One sentence that says what the picture shows. */
  readonly caption: string
  readonly kind: 'bars' | 'lines'
  readonly fromMs: number
  readonly bucketMs: number
  readonly series: readonly ChartSeries[]
  format(value: number): string
}

const height = 200
const margin = { top: 10, right: 8, bottom: 22, left: 56 }

export function TimeChart(props: TimeChartProps): ReactNode {
  const [isTable, setTable] = useState(false)
  return (
    <figure className="time-chart">
      {isTable ? <ChartTable {...props} /> : <Picture {...props} />}
      <figcaption>
        <span>{props.caption}</span>
        <Button variant="subtle" size="compact-xs" onClick={() => setTable(!isTable)}>
          {isTable ? 'Show as chart' : 'Show as table'}
        </Button>
      </figcaption>
    </figure>
  )
}

function Picture({ kind, fromMs, bucketMs, series, format }: TimeChartProps): ReactNode {
  const { ref, width: measured } = useElementSize()
  const [pointed, setPointed] = useState<number>()
  const width = Math.max(measured, 240)
  const count = series[0]?.values.length ?? 0
  const plotWidth = width - margin.left - margin.right
  const plotHeight = height - margin.top - margin.bottom
  const step = plotWidth / Math.max(1, count)
  const columns = kind === 'bars' ? stack(series.map(({ values }) => values)) : undefined
  const highest = columns
    ? Math.max(0, ...columns.map((column) => column.at(-1)?.to ?? 0))
    : Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)))
  const top = niceTop(highest)
  const y = (value: number) => margin.top + plotHeight * (1 - value / top)
  const x = (index: number) => margin.left + step * (index + 0.5)
  const point = (event: PointerEvent<SVGSVGElement>) => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left
    const index = Math.floor((left - margin.left) / step)
    setPointed(index >= 0 && index < count ? index : undefined)
  }
  const tickEvery = Math.max(1, Math.ceil(count / Math.max(2, Math.floor(plotWidth / 110))))
  return (
    <>
      <Legend series={series} />
      <div ref={ref} className="time-chart-picture">
        <svg
          width={width}
          height={height}
          aria-hidden="true"
          onPointerMove={point}
          onPointerLeave={() => setPointed(undefined)}
        >
          {[0, 0.25, 0.5, 0.75, 1].map((share) => (
            <g key={share}>
              <line
                x1={margin.left}
                x2={width - margin.right}
                y1={y(share * top)}
                y2={y(share * top)}
                stroke="var(--line)"
              />
              {share % 0.5 === 0 && (
                <text x={margin.left - 8} y={y(share * top) + 4} textAnchor="end">
                  {format(share * top)}
                </text>
              )}
            </g>
          ))}
          {Array.from({ length: count }, (_, index) => index)
            .filter((index) => index % tickEvery === 0)
            .map((index) => (
              <text
                key={index}
                x={margin.left + step * index}
                y={height - 6}
                textAnchor={index === 0 ? 'start' : 'middle'}
              >
                {formatTick(fromMs + index * bucketMs, count * bucketMs)}
              </text>
            ))}
          {columns?.map((column, index) =>
            column.map(({ from, to }, of) =>
              to > from ? (
                <rect
                  key={`${index}-${series[of]!.name}`}
                  x={x(index) - Math.max(1, step * 0.8) / 2}
                  width={Math.max(1, step * 0.8)}
                  y={y(to)}
                  height={Math.max(1, y(from) - y(to))}
                  fill={series[of]!.color}
                />
              ) : null,
            ),
          )}
          {kind === 'lines' &&
            series.map(({ name, color, values }) => (
              <g key={name}>
                <path
                  d={linePaths(values, x, y)}
                  fill="none"
                  stroke={color}
                  strokeWidth="1.75"
                  strokeLinecap="round"
                />
                {lonePoints(values).map((index) => (
                  <circle key={index} cx={x(index)} cy={y(values[index]!)} r="2.5" fill={color} />
                ))}
              </g>
            ))}
          {pointed !== undefined && (
            <line
              x1={x(pointed)}
              x2={x(pointed)}
              y1={margin.top}
              y2={height - margin.bottom}
              stroke="var(--text-3)"
            />
          )}
        </svg>
        {pointed !== undefined && (
          <div
            className="time-chart-tip"
            style={pointed < count / 2 ? { left: x(pointed) + 8 } : { right: width - x(pointed) + 8 }}
          >
            <strong>{formatClock(fromMs + pointed * bucketMs)}</strong>
            {series.map(({ name, color, values }) => (
              <span key={name}>
                <i style={{ background: color }} />
                {name} <b>{told(values[pointed], format)}</b>
              </span>
            ))}
          </div>
        )}
      </div>
    </>
  )
}

function Legend({ series }: Pick<TimeChartProps, 'series'>): ReactNode {
  if (series.length < 2) return null
  return (
    <ul className="time-chart-legend">
      {series.map(({ name, color }) => (
        <li key={name}>
          <i style={{ background: color }} />
          {name}
        </li>
      ))}
    </ul>
  )
}

function ChartTable({ caption, fromMs, bucketMs, series, format }: TimeChartProps): ReactNode {
  const times = (series[0]?.values ?? []).map((_, index) => index)
  return (
    <div className="time-chart-table" tabIndex={0} role="region" aria-label={caption}>
      <DataTable
        caption={caption}
        idOf={String}
        things={times}
        columns={[
          { title: 'From', cell: (index) => new Date(fromMs + index * bucketMs).toLocaleString('en-GB') },
          ...series.map(({ name, values }) => ({
            title: name,
            isNumber: true,
            cell: (index: number) => told(values[index], format),
          })),
        ]}
      />
    </div>
  )
}

function told(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? '-' : format(value)
}

/** What a chart is put together from: its place, its grid, its ticks, and bars or lines. */

import type { ReactNode } from 'react'
import { linePaths, lonePoints, niceTop, type Part, spread, stack } from './chart-geometry.ts'
import type { ChartAxis, ChartSeries } from './chart-series.ts'

export const height = 200
export const margin = { top: 10, right: 8, bottom: 22, left: 56 }

export interface Plot {
  readonly width: number
  /** What is kept free on the right, for the names of lines. */
  readonly right: number
  /** Places on the axis. */
  readonly count: number
  /** Between two of them, in pixels. */
  readonly step: number
  readonly top: number
  /** Of bars: each place's parts. */
  readonly columns: readonly (readonly Part[])[]
  x(index: number): number
  y(value: number): number
}

interface PlotParts {
  readonly kind: 'bars' | 'lines'
  readonly width: number
  readonly series: readonly ChartSeries[]
  /** Lines over them. */
  readonly overlay: readonly ChartSeries[]
}

const letterWidth = 6.5

export function plotOf({ kind, width, series, overlay }: PlotParts): Plot {
  const count = series[0]?.values.length ?? 0
  const right = margin.right + (kind === 'lines' ? letterWidth * longestName(series) : 0)
  const step = (width - margin.left - right) / Math.max(1, count)
  const columns = kind === 'bars' ? stack(series.map(({ values }) => values)) : []
  const lines = kind === 'bars' ? overlay : [...series, ...overlay]
  const heights = [
    ...columns.map((column) => column.at(-1)?.to ?? 0),
    ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)),
  ]
  const top = niceTop(Math.max(0, ...heights))
  return {
    width,
    right,
    count,
    step,
    top,
    columns,
    x: (index) => margin.left + step * (index + 0.5),
    y: (value) => margin.top + (height - margin.top - margin.bottom) * (1 - value / top),
  }
}

function longestName(series: readonly ChartSeries[]): number {
  return Math.max(0, ...series.map(({ name }) => name.length))
}

interface GridProps {
  readonly plot: Plot
  format(value: number): string
}

export function Grid({ plot: { width, right, top, y }, format }: GridProps): ReactNode {
  return [0, 0.25, 0.5, 0.75, 1].map((share) => (
    <g key={share}>
      <line
        x1={margin.left}
        x2={width - right}
        y1={y(share * top)}
        y2={y(share * top)}
        stroke="var(--line)"
      />
      <text x={margin.left - 8} y={y(share * top) + 4} textAnchor="end">
        {format(share * top)}
      </text>
    </g>
  ))
}

export function Ticks({ plot, axis }: { readonly plot: Plot; readonly axis: ChartAxis }): ReactNode {
  const { width, right, count, step } = plot
  const room = width - margin.left - right
  const most = Math.max(2, Math.floor(room / (room < 480 ? 72 : 110)))
  const every = Math.max(1, Math.ceil(count / most))
  return Array.from({ length: Math.ceil(count / every) }, (_, index) => index * every).map((index) => (
    <text
      key={index}
      x={margin.left + step * index}
      y={height - 6}
      textAnchor={index === 0 ? 'start' : 'middle'}
    >
      {axis.tick(index)}
    </text>
  ))
}

interface SeriesProps {
  readonly plot: Plot
  readonly series: readonly ChartSeries[]
  /** The place that is not over: what stands there may grow. */
  readonly runningAt: number | undefined
}

export function Bars({ plot: { columns, step, x, y }, series, runningAt }: SeriesProps): ReactNode {
  const width = Math.min(48, Math.max(1, step * 0.8))
  return columns.map((column, index) =>
    column.map(({ from, to }, of) =>
      to > from ? (
        <rect
          key={`${index}-${series[of]!.name}`}
          x={x(index) - width / 2}
          width={width}
          y={y(to)}
          height={Math.max(1, y(from) - y(to))}
          fill={series[of]!.color}
          {...(index === runningAt && running(series[of]!.color))}
        />
      ) : null,
    ),
  )
}

function running(color: string) {
  return { fillOpacity: 0.45, stroke: color, strokeDasharray: '3 2' }
}

export function Lines({ plot: { x, y }, series, runningAt }: SeriesProps): ReactNode {
  return series.map(({ name, color, values, isDashed = false, isThin = false }) => {
    const known = values.slice(0, runningAt)
    // The way to the last value, where that may grow.
    const last = values.map((value, index) =>
      index === runningAt || index + 1 === runningAt ? value : undefined,
    )
    const line = {
      fill: 'none',
      stroke: color,
      strokeWidth: isThin ? 1 : 1.75,
      strokeLinecap: 'round',
    } as const
    return (
      <g key={name}>
        <path d={linePaths(known, x, y)} {...line} {...(isDashed && { strokeDasharray: '4 4' })} />
        {runningAt !== undefined && <path d={linePaths(last, x, y)} {...line} strokeDasharray="2 4" />}
        {lonePoints(values).map((index) => (
          <circle key={index} cx={x(index)} cy={y(values[index]!)} r="2.5" fill={color} />
        ))}
      </g>
    )
  })
}

/** The name of each line where it ends. */
export function LineEnds({ plot: { width, right, y }, series }: Omit<SeriesProps, 'runningAt'>): ReactNode {
  const ends = series.map(({ values }) => y(values.findLast((value) => value !== undefined) ?? 0))
  return spread(ends, 12).map((at, index) => (
    <text key={series[index]!.name} x={width - right + 6} y={at + 4}>
      {series[index]!.name}
    </text>
  ))
}

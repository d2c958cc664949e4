/** Where many things lie over time: a cell for each step and each row, darker where there are more. */

import { useElementSize } from '@mantine/hooks'
import { type PointerEvent, type ReactNode, useState } from 'react'
import { height, margin } from './chart-parts.tsx'
import type { ChartAxis, ChartSeries } from './chart-series.ts'
import './heat-map.css'
import './series-chart.css'

export interface HeatMapProps {
  readonly axis: ChartAxis
  /** Counts by step, and in each by row, from the lowest on. */
  readonly columns: readonly (readonly number[])[]
  /** What each row begins with. */
  readonly rows: readonly string[]
  /** Rows whose beginning stands beside them. */
  isLabelled(row: number): boolean
  /** Lines over the cells, in rows and parts of them. */
  readonly lines: readonly ChartSeries[]
  /** What is counted, such as `answers`. */
  readonly unit: string
}

const shades = 7

export function HeatMap(props: HeatMapProps): ReactNode {
  const { axis, columns, rows, isLabelled, lines, unit } = props
  const { ref, width: measured } = useElementSize()
  const [pointed, setPointed] = useState<{ readonly step: number; readonly row: number }>()
  const width = Math.max(measured, 240)
  const most = Math.max(1, ...columns.flat())
  const cellWidth = (width - margin.left - margin.right) / Math.max(1, columns.length)
  const cellHeight = (height - margin.top - margin.bottom) / rows.length
  const x = (step: number) => margin.left + step * cellWidth
  const y = (row: number) => height - margin.bottom - row * cellHeight
  const point = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    const step = Math.floor((event.clientX - box.left - margin.left) / cellWidth)
    const row = Math.floor((height - margin.bottom - (event.clientY - box.top)) / cellHeight)
    setPointed(columns[step]?.[row] === undefined ? undefined : { step, row })
  }
  return (
    <>
      <Legend most={most} unit={unit} lines={lines} />
      <div ref={ref} className="series-chart-picture">
        <svg
          width={width}
          height={height}
          aria-hidden="true"
          onPointerMove={point}
          onPointerLeave={() => setPointed(undefined)}
        >
          <rect
            x={margin.left}
            y={margin.top}
            width={width - margin.left - margin.right}
            height={height - margin.top - margin.bottom}
            fill="var(--sunken)"
          />
          {rows.map((label, row) =>
            isLabelled(row) ? (
              <text key={label} x={margin.left - 8} y={y(row) + 4} textAnchor="end">
                {label}
              </text>
            ) : null,
          )}
          {columns.map((column, step) =>
            column.map((count, row) =>
              count > 0 ? (
                <rect
                  // A cell is its place, and nothing moves.
                  // oxlint-disable-next-line react/no-array-index-key
                  key={`${step} ${row}`}
                  x={x(step)}
                  y={y(row + 1)}
                  width={Math.max(1, cellWidth - 1)}
                  height={Math.max(1, cellHeight - 1)}
                  fill={`var(--heat-${shadeOf(count, most)})`}
                />
              ) : null,
            ),
          )}
          {lines.map(({ name, color, values }) => (
            <path
              key={name}
              d={pathOf(values, (step) => x(step + 0.5), y)}
              fill="none"
              stroke={color}
              strokeWidth="1.5"
            />
          ))}
          {ticksOf(columns.length, width).map((step) => (
            <text key={step} x={x(step)} y={height - 6} textAnchor={step === 0 ? 'start' : 'middle'}>
              {axis.tick(step)}
            </text>
          ))}
        </svg>
        {pointed && (
          <div
            className="series-chart-tip"
            style={
              pointed.step < columns.length / 2
                ? { left: x(pointed.step) + 16 }
                : { right: width - x(pointed.step) + 8 }
            }
          >
            <strong>{axis.full(pointed.step)}</strong>
            <span>
              {rows[pointed.row]} to {rows[pointed.row + 1] ?? 'more'}{' '}
              <b>
                {columns[pointed.step]![pointed.row]} {unit}
              </b>
            </span>
          </div>
        )}
      </div>
    </>
  )
}

interface LegendProps extends Pick<HeatMapProps, 'unit' | 'lines'> {
  readonly most: number
}

function Legend({ most, unit, lines }: LegendProps): ReactNode {
  return (
    <div className="row heat-legend">
      <span>1</span>
      <span className="heat-scale" aria-hidden="true">
        {Array.from({ length: shades }, (_, shade) => (
          <i key={shade} style={{ background: `var(--heat-${shade + 1})` }} />
        ))}
      </span>
      <span>
        {most.toLocaleString('en-US')} {unit}, log
      </span>
      <ul className="series-chart-legend">
        {lines.map(({ name, color }) => (
          <li key={name}>
            <i style={{ background: color }} />
            {name}
          </li>
        ))}
      </ul>
    </div>
  )
}

/** By the logarithm: one answer is seen beside a thousand. */
function shadeOf(count: number, most: number): number {
  if (most === 1) return shades
  return 1 + Math.round(((shades - 1) * Math.log(count)) / Math.log(most))
}

function ticksOf(count: number, width: number): readonly number[] {
  const most = Math.max(2, Math.floor((width - margin.left - margin.right) / 110))
  const every = Math.max(1, Math.ceil(count / most))
  return Array.from({ length: Math.ceil(count / every) }, (_, index) => index * every)
}

function pathOf(
  values: readonly (number | undefined)[],
  x: (step: number) => number,
  y: (row: number) => number,
): string {
  return values
    .map((value, step) => {
      if (value === undefined) return ''
      return `${values[step - 1] === undefined ? 'M' : 'L'}${x(step).toFixed(1)} ${y(value).toFixed(1)}`
    })
    .join('')
}

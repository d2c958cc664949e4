/** Where many things lie over time: a cell for each step and each row, darker where there are more. */

import { useElementSize } from '@mantine/hooks'
import { type PointerEvent, type ReactNode, useId, useState } from 'react'
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

/** Where steps and rows lie, in pixels. */
interface Grid {
  readonly width: number
  readonly cellWidth: number
  readonly cellHeight: number
  x(step: number): number
  y(row: number): number
}

interface Cell {
  readonly step: number
  readonly row: number
}

export function HeatMap(props: HeatMapProps): ReactNode {
  const { axis, columns, rows, isLabelled, lines, unit } = props
  const { ref, width } = useElementSize()
  const [pointed, setPointed] = useState<Cell>()
  const grid = gridOf(Math.max(width, 240), columns.length, rows.length)
  const most = Math.max(1, ...columns.flat())
  const point = (event: PointerEvent<SVGSVGElement>) => {
    const cell = cellAt(event, grid)
    setPointed(columns[cell.step]?.[cell.row] === undefined ? undefined : cell)
  }
  return (
    <>
      <Legend most={most} unit={unit} lines={lines} />
      <div ref={ref} className="series-chart-picture">
        <svg
          width={grid.width}
          height={height}
          aria-hidden="true"
          onPointerMove={point}
          onPointerLeave={() => setPointed(undefined)}
        >
          <rect
            x={margin.left}
            y={margin.top}
            width={grid.width - margin.left - margin.right}
            height={height - margin.top - margin.bottom}
            fill="var(--sunken)"
          />
          {rows.map((label, row) =>
            isLabelled(row) ? (
              <text key={label} x={margin.left - 8} y={grid.y(row) + 4} textAnchor="end">
                {label}
              </text>
            ) : null,
          )}
          <Gaps columns={columns} grid={grid} />
          <Cells columns={columns} grid={grid} most={most} />
          {lines.map(({ name, color, values, isThin = false }) => (
            <path
              key={name}
              d={pathOf(values, (step) => grid.x(step + 0.5), grid.y)}
              fill="none"
              stroke={color}
              strokeWidth={isThin ? 1 : 1.5}
            />
          ))}
          {ticksOf(columns.length, grid.width).map((step) => (
            <text key={step} x={grid.x(step)} y={height - 6} textAnchor={step === 0 ? 'start' : 'middle'}>
              {axis.tick(step)}
            </text>
          ))}
        </svg>
        {pointed && <Tip {...props} grid={grid} cell={pointed} />}
      </div>
    </>
  )
}

function gridOf(width: number, steps: number, rows: number): Grid {
  const cellWidth = (width - margin.left - margin.right) / Math.max(1, steps)
  const cellHeight = (height - margin.top - margin.bottom) / Math.max(1, rows)
  return {
    width,
    cellWidth,
    cellHeight,
    x: (step) => margin.left + step * cellWidth,
    y: (row) => height - margin.bottom - row * cellHeight,
  }
}

function cellAt(event: PointerEvent<SVGSVGElement>, { cellWidth, cellHeight }: Grid): Cell {
  const box = event.currentTarget.getBoundingClientRect()
  return {
    step: Math.floor((event.clientX - box.left - margin.left) / cellWidth),
    row: Math.floor((height - margin.bottom - (event.clientY - box.top)) / cellHeight),
  }
}

interface CellsProps extends Pick<HeatMapProps, 'columns'> {
  readonly grid: Grid
  readonly most: number
}

function Cells({ columns, grid: { cellWidth, cellHeight, x, y }, most }: CellsProps): ReactNode {
  return columns.map((column, step) =>
    column.map((count, row) =>
      count > 0 ? (
        <rect
          // A cell is its place, and nothing moves.
          key={`${step} ${row}`}
          x={x(step)}
          y={y(row + 1)}
          width={Math.max(1, cellWidth - 1)}
          height={Math.max(1, cellHeight - 1)}
          fill={`var(--heat-${shadeOf(count, most)})`}
        />
      ) : null,
    ),
  )
}

/** Steps in which nothing was counted: that is no number. */
function Gaps({ columns, grid: { cellWidth, x } }: Pick<CellsProps, 'columns' | 'grid'>): ReactNode {
  const id = useId()
  return (
    <>
      <pattern id={id} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <line y2="6" stroke="var(--line)" strokeWidth="2" />
      </pattern>
      {columns.map((column, step) =>
        column.every((count) => count === 0) ? (
          <rect
            // A step is its place.
            key={step}
            x={x(step)}
            y={margin.top}
            width={cellWidth}
            height={height - margin.top - margin.bottom}
            fill={`url(#${id})`}
          />
        ) : null,
      )}
    </>
  )
}

interface TipProps extends HeatMapProps {
  readonly grid: Grid
  readonly cell: Cell
}

function Tip({ axis, columns, rows, unit, grid: { x, width }, cell: { step, row } }: TipProps): ReactNode {
  const isLeft = step < columns.length / 2
  return (
    <div
      className="series-chart-tip"
      style={isLeft ? { left: x(step) + 16 } : { right: width - x(step) + 8 }}
    >
      <strong>{axis.full(step)}</strong>
      <span>
        {rows[row]} to {rows[row + 1] ?? 'more'}{' '}
        <b>
          {columns[step]![row]} {unit}
        </b>
      </span>
    </div>
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
        <li>
          <i className="heat-none" />
          none
        </li>
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
  const room = width - margin.left - margin.right
  const most = Math.max(2, Math.floor(room / (room < 480 ? 72 : 110)))
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

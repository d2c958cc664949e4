/** Numbers along an axis, as stacked bars or as lines, with a crosshair, and as a table for whoever wants that. */

import { useElementSize } from '@mantine/hooks'
import { type PointerEvent, type ReactNode, useState } from 'react'
import { ChartFigure } from './chart-figure.tsx'
import { Bars, Grid, height, LineEnds, Lines, margin, plotOf, Ticks } from './chart-parts.tsx'
import { DataTable } from './data-table.tsx'
import type { ChartAxis, ChartSeries } from './chart-series.ts'

export interface SeriesChartProps {
  /** One sentence that says what the picture shows. */
  readonly caption: string
  readonly kind: 'bars' | 'lines'
  readonly axis: ChartAxis
  readonly series: readonly ChartSeries[]
  /** Lines over them, as long as they are. */
  readonly overlay?: readonly ChartSeries[]
  /** The place that is not over yet. */
  readonly runningAt?: number | undefined
  format(value: number): string
  /** How all ticks read on an axis up to `top`; as `format` where absent. */
  formatTicks?(top: number): (value: number) => string
}

export function SeriesChart(props: SeriesChartProps): ReactNode {
  return (
    <ChartFigure caption={props.caption} chart={<Picture {...props} />} table={<ChartTable {...props} />} />
  )
}

function Picture(props: SeriesChartProps): ReactNode {
  const { kind, axis, series, overlay = [], runningAt, format, formatTicks } = props
  const { ref, width } = useElementSize()
  const [pointed, setPointed] = useState<number>()
  const plot = plotOf({ kind, width: Math.max(width, 240), series, overlay })
  const point = (event: PointerEvent<SVGSVGElement>) => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left
    const index = Math.floor((left - margin.left) / plot.step)
    setPointed(index >= 0 && index < plot.count ? index : undefined)
  }
  return (
    <>
      <Legend kind={kind} series={series} overlay={overlay} />
      <div ref={ref} className="series-chart-picture">
        <svg
          width={plot.width}
          height={height}
          aria-hidden="true"
          onPointerMove={point}
          onPointerLeave={() => setPointed(undefined)}
        >
          <Grid plot={plot} format={formatTicks?.(plot.top) ?? format} />
          <Ticks plot={plot} axis={axis} />
          {kind === 'bars' ? (
            <Bars plot={plot} series={series} runningAt={runningAt} />
          ) : (
            <>
              <Lines plot={plot} series={series} runningAt={runningAt} />
              <LineEnds plot={plot} series={series} />
            </>
          )}
          <Lines plot={plot} series={overlay} runningAt={undefined} />
          {pointed !== undefined && (
            <line
              x1={plot.x(pointed)}
              x2={plot.x(pointed)}
              y1={margin.top}
              y2={height - margin.bottom}
              stroke="var(--text-3)"
            />
          )}
        </svg>
        {pointed !== undefined && (
          <div
            className="series-chart-tip"
            style={
              pointed < plot.count / 2
                ? { left: plot.x(pointed) + 8 }
                : { right: plot.width - plot.x(pointed) + 8 }
            }
          >
            <strong>{axis.full(pointed)}</strong>
            {[...series, ...overlay].map(({ name, color, values }) => (
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

type LegendProps = Pick<SeriesChartProps, 'kind' | 'series'> & { readonly overlay: readonly ChartSeries[] }

/** Of what stands in stacks, and of what lies over it; lines have their names at their ends. */
function Legend({ kind, series, overlay }: LegendProps): ReactNode {
  const stacked = kind === 'bars' && series.length + overlay.length > 1 ? series : []
  if (stacked.length + overlay.length === 0) return null
  return (
    <ul className="series-chart-legend">
      {stacked.map(({ name, color }) => (
        <li key={name}>
          <i style={{ background: color }} />
          {name}
        </li>
      ))}
      {overlay.map(({ name, color, isDashed = false }) => (
        <li key={name}>
          <i className="line" data-dashed={isDashed} style={{ borderColor: color }} />
          {name}
        </li>
      ))}
    </ul>
  )
}

function ChartTable({ caption, axis, series, overlay = [], format }: SeriesChartProps): ReactNode {
  const times = (series[0]?.values ?? []).map((_, index) => index)
  return (
    <DataTable
      caption={caption}
      idOf={String}
      things={times}
      columns={[
        { title: axis.title, cell: (index: number) => axis.full(index) },
        ...[...series, ...overlay].map(({ name, values }) => ({
          title: name,
          isNumber: true,
          cell: (index: number) => told(values[index], format),
        })),
      ]}
    />
  )
}

function told(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? '-' : format(value)
}

/** How many requests of a selection came when, those that failed on top; a stretch of it that is drawn over is looked at closer. */

import { useElementSize } from '@mantine/hooks'
import { type PointerEvent, type ReactNode, useState } from 'react'
import { formatCount } from '../format/number.ts'
import { formatBucket, formatTick } from '../format/time.ts'
import { ChartFigure } from '../ui/chart-figure.tsx'
import { niceTop } from '../ui/chart-geometry.ts'
import { DataTable } from '../ui/data-table.tsx'
import './requests.css'

interface TimeHistogramProps {
  /** Where the first step begins. */
  readonly fromMs: number
  readonly stepMs: number
  readonly steps: readonly { readonly requests: number; readonly errors: number }[]
  /** Unix milliseconds, whole steps, the second exclusive. */
  onZoom(fromMs: number, toMs: number): void
}

const height = 96
const bottom = 18
const left = 40

export function TimeHistogram(props: TimeHistogramProps): ReactNode {
  const { fromMs, stepMs, steps } = props
  const peak = Math.max(0, ...steps.map(({ requests }) => requests))
  const at = steps.findIndex(({ requests }) => requests === peak)
  const caption =
    peak === 0
      ? `No requests, per ${stepText(stepMs)}`
      : `Requests per ${stepText(stepMs)}: at most ${peak.toLocaleString('en-US')}, at ${formatBucket(fromMs + at * stepMs, stepMs)}`
  return (
    <ChartFigure
      className="histogram"
      caption={`${caption}.`}
      hint={<span className="histogram-hint"> Draw over a stretch of it to look closer.</span>}
      chart={<Picture {...props} />}
      table={<Table {...props} caption={caption} />}
    />
  )
}

/** Where the steps stand, in pixels. */
interface Place {
  readonly width: number
  readonly step: number
  readonly top: number
  y(count: number): number
}

function placeOf(width: number, steps: TimeHistogramProps['steps']): Place {
  const top = niceTop(Math.max(0, ...steps.map(({ requests }) => requests)))
  return {
    width,
    step: (width - left) / Math.max(1, steps.length),
    top,
    y: (count) => (height - bottom) * (1 - count / top),
  }
}

function Picture({ fromMs, stepMs, steps, onZoom }: TimeHistogramProps): ReactNode {
  const { ref, width: measured } = useElementSize()
  const [drawn, setDrawn] = useState<{ readonly from: number; readonly to: number }>()
  const [pointed, setPointed] = useState<number>()
  const place = placeOf(Math.max(measured, 240), steps)
  const stepAt = (event: PointerEvent<SVGSVGElement>) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - left
    return Math.min(steps.length - 1, Math.max(0, Math.floor(x / place.step)))
  }
  const begin = (event: PointerEvent<SVGSVGElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId)
    setDrawn({ from: stepAt(event), to: stepAt(event) })
  }
  const follow = (event: PointerEvent<SVGSVGElement>) => {
    setPointed(stepAt(event))
    if (drawn) setDrawn({ ...drawn, to: stepAt(event) })
  }
  const ordered = drawn && inOrder(drawn.from, drawn.to)
  const zoom = (event: PointerEvent<SVGSVGElement>) => {
    setDrawn(undefined)
    if (!drawn) return
    const { from, to } = inOrder(drawn.from, stepAt(event))
    onZoom(fromMs + from * stepMs, fromMs + (to + 1) * stepMs)
  }
  return (
    <div ref={ref} className="histogram-picture" data-testid="histogram">
      <svg
        width={place.width}
        height={height}
        aria-hidden="true"
        onPointerDown={begin}
        onPointerMove={follow}
        onPointerLeave={() => setPointed(undefined)}
        onPointerCancel={() => setDrawn(undefined)}
        onPointerUp={zoom}
      >
        <Axes place={place} fromMs={fromMs} stepMs={stepMs} steps={steps} />
        {ordered && (
          <rect
            x={left + ordered.from * place.step}
            width={(ordered.to - ordered.from + 1) * place.step}
            y={0}
            height={height - bottom}
            className="histogram-drawn"
          />
        )}
        <Bars place={place} steps={steps} />
      </svg>
      {pointed !== undefined && steps[pointed] && (
        <div className="series-chart-tip" style={besideStep(pointed, steps.length, place)}>
          <strong>{formatBucket(fromMs + pointed * stepMs, stepMs)}</strong>
          <span>
            {steps[pointed].requests.toLocaleString('en-US')} requests,{' '}
            {steps[pointed].errors.toLocaleString('en-US')} failed
          </span>
        </div>
      )}
    </div>
  )
}

function inOrder(one: number, other: number): { readonly from: number; readonly to: number } {
  return { from: Math.min(one, other), to: Math.max(one, other) }
}

function besideStep(
  index: number,
  count: number,
  { width, step }: Place,
): { left: number } | { right: number } {
  return index < count / 2
    ? { left: left + (index + 1) * step + 8 }
    : { right: width - left - index * step + 8 }
}

type AxesProps = Omit<TimeHistogramProps, 'onZoom'> & { readonly place: Place }

function Axes({ place: { width, step, top, y }, fromMs, stepMs, steps }: AxesProps): ReactNode {
  const ticks = Math.max(2, Math.floor((width - left) / 130))
  const every = Math.max(1, Math.ceil(steps.length / ticks))
  return (
    <>
      {[0, 1].map((share) => (
        <g key={share}>
          <line
            x1={left}
            x2={width}
            y1={y(share * top) + 0.5}
            y2={y(share * top) + 0.5}
            stroke="var(--line)"
          />
          <text x={left - 6} y={Math.max(10, y(share * top) + 4)} textAnchor="end">
            {formatCount(share * top)}
          </text>
        </g>
      ))}
      {Array.from({ length: Math.ceil(steps.length / every) }, (_, n) => n * every).map((index) => (
        <text key={index} x={left + index * step} y={height - 4} textAnchor="start">
          {formatTick(fromMs + index * stepMs, steps.length * stepMs)}
        </text>
      ))}
    </>
  )
}

function Bars({ place: { step, y }, steps }: Pick<AxesProps, 'place' | 'steps'>): ReactNode {
  return steps.map(({ requests, errors }, index) => {
    const x = left + index * step
    return (
      // A step has its place in time and nothing else.
      <g key={index}>
        <Bar x={x} width={step} from={y(requests - errors)} to={y(0)} fill="var(--series-1)" />
        <Bar x={x} width={step} from={y(requests)} to={y(requests - errors)} fill="var(--bad)" />
      </g>
    )
  })
}

interface BarProps {
  readonly x: number
  readonly width: number
  readonly from: number
  readonly to: number
  readonly fill: string
}

function Bar({ x, width, from, to, fill }: BarProps): ReactNode {
  if (to <= from) return null
  // The least that can be seen.
  const height = Math.max(1, to - from)
  return (
    <rect x={x + width * 0.1} width={Math.max(1, width * 0.8)} y={to - height} height={height} fill={fill} />
  )
}

function Table({
  fromMs,
  stepMs,
  steps,
  caption,
}: TimeHistogramProps & { readonly caption: string }): ReactNode {
  return (
    <DataTable
      caption={caption}
      things={steps.map((step, index) => ({ ...step, index }))}
      idOf={({ index }) => String(index)}
      columns={[
        { title: 'From', cell: ({ index }) => formatBucket(fromMs + index * stepMs, stepMs) },
        { title: 'Requests', isNumber: true, cell: ({ requests }) => requests.toLocaleString('en-US') },
        { title: 'Failed', isNumber: true, cell: ({ errors }) => errors.toLocaleString('en-US') },
      ]}
    />
  )
}

function stepText(stepMs: number): string {
  if (stepMs < 60_000) return `${stepMs / 1_000} s`
  if (stepMs < 3_600_000) return `${stepMs / 60_000} min`
  return stepMs < 86_400_000 ? `${stepMs / 3_600_000} h` : `${stepMs / 86_400_000} d`
}

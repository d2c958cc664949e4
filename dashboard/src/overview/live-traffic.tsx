/** The requests of each second of the last 15 minutes, as they come. */

import { Skeleton, useComputedColorScheme } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import UPlot from 'uplot'
import type { UsageFilter } from '../api/usage.ts'
import { formatClock } from '../format/time.ts'
import { ChartFigure } from '../ui/chart-figure.tsx'
import { height } from '../ui/chart-parts.tsx'
import { DataTable } from '../ui/data-table.tsx'
import type { Count } from './seconds.ts'
import { useSeconds } from './use-seconds.ts'
import 'uplot/dist/uPlot.min.css'
import './live-traffic.css'

export function LiveTraffic({ where }: { readonly where: UsageFilter }): ReactNode {
  const seconds = useSeconds(where)
  if (!seconds) return <Skeleton height={244} />
  const { first, counts } = seconds
  const caption = captionOf(counts)
  return (
    <ChartFigure
      caption={caption}
      chart={<Picture first={first} counts={counts} />}
      table={<Numbers first={first} counts={counts} caption={caption} />}
    />
  )
}

function captionOf(counts: readonly Count[]): string {
  const sum = (of: (count: Count) => number) => counts.reduce((all, count) => all + of(count), 0)
  const requests = sum((count) => count.requests).toLocaleString('en-US')
  const errors = sum((count) => count.errors).toLocaleString('en-US')
  const most = Math.max(...counts.map((count) => count.requests)).toLocaleString('en-US')
  return `${requests} requests, ${errors} of them failed; at most ${most} in a second. Per 1 s.`
}

const series = [
  { name: 'Answered', color: '--series-1' },
  { name: 'Failed', color: '--bad' },
] as const

interface SecondsProps {
  /** Since the epoch. */
  readonly first: number
  readonly counts: readonly Count[]
}

/** Those that failed stand before all: what is seen above them was answered. */
function dataOf({ first, counts }: SecondsProps): UPlot.AlignedData {
  return [
    counts.map((_, index) => first + index),
    counts.map(({ requests }) => requests),
    counts.map(({ errors }) => errors),
  ]
}

function Picture(props: SecondsProps): ReactNode {
  const { first, counts } = props
  const { ref, width } = useElementSize()
  const place = useRef<HTMLDivElement>(null)
  const scheme = useComputedColorScheme('light')
  const chart = useRef<UPlot>(undefined)
  const [pointed, setPointed] = useState<{ readonly index: number; readonly left: number }>()
  const hasRoom = width > 0
  useEffect(() => {
    if (!hasRoom) return undefined
    const made = new UPlot(optionsOf(setPointed), [[], [], []], place.current!)
    chart.current = made
    return () => {
      chart.current = undefined
      made.destroy()
    }
    // The colours are read when it is made.
  }, [scheme, hasRoom])
  useEffect(() => {
    chart.current?.setSize({ width, height })
    chart.current?.setData(dataOf({ first, counts }))
  }, [first, counts, width, scheme])
  const told = pointed && counts[pointed.index]
  return (
    <>
      <ul className="series-chart-legend">
        {series.map(({ name, color }) => (
          <li key={name}>
            <i style={{ background: `var(${color})` }} />
            {name}
          </li>
        ))}
      </ul>
      <div ref={ref} className="series-chart-picture live-traffic" aria-hidden="true">
        <div ref={place} />
        {told && (
          <div
            className="series-chart-tip"
            style={
              pointed.left < width / 2 ? { left: pointed.left + 8 } : { right: width - pointed.left + 8 }
            }
          >
            <strong>{formatClock((first + pointed.index) * 1_000)}</strong>
            <span>
              Answered <b>{told.requests - told.errors}</b>
            </span>
            <span>
              Failed <b>{told.errors}</b>
            </span>
          </div>
        )}
      </div>
    </>
  )
}

function optionsOf(point: (pointed: { index: number; left: number } | undefined) => void): UPlot.Options {
  const style = getComputedStyle(document.documentElement)
  const color = (name: string) => style.getPropertyValue(name).trim()
  const axis = {
    stroke: color('--text-3'),
    font: '11px system-ui',
    ticks: { show: false },
    border: { show: false },
  } as const
  return {
    width: 240,
    height,
    padding: [10, 8, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
    scales: { y: { range: (_, _least, most) => [0, Math.max(1, most)] } },
    axes: [
      { ...axis, grid: { show: false }, size: 22, values: (_, seconds) => seconds.map(clockOf) },
      {
        ...axis,
        size: 56,
        grid: { stroke: color('--line'), width: 1 },
        // There is no half a request.
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000],
      },
    ],
    series: [
      {},
      ...series.map(({ name, color: token }) => ({
        label: name,
        stroke: color(token),
        fill: color(token),
        width: 1,
        points: { show: false },
        paths: UPlot.paths.stepped!({ align: 1 }),
      })),
    ],
    hooks: {
      setCursor: [
        ({ cursor: { idx, left = -1 }, bbox }) =>
          point(
            typeof idx === 'number' && left >= 0
              ? { index: idx, left: left + bbox.left / devicePixelRatio }
              : undefined,
          ),
      ],
    },
  }
}

/** With seconds where the axis has any. */
function clockOf(second: number): string {
  const text = formatClock(second * 1_000)
  return second % 60 === 0 ? text.slice(0, 5) : text
}

interface NumbersProps extends SecondsProps {
  readonly caption: string
}

/** The newest first: those of the oldest seconds are what nobody scrolls to. */
function Numbers({ first, counts, caption }: NumbersProps): ReactNode {
  const things = counts.map((count, index) => ({ ...count, second: first + index })).toReversed()
  return (
    <DataTable
      caption={caption}
      things={things}
      idOf={({ second }) => String(second)}
      columns={[
        { title: 'At', cell: ({ second }) => formatClock(second * 1_000) },
        { title: 'Answered', isNumber: true, cell: ({ requests, errors }) => String(requests - errors) },
        { title: 'Failed', isNumber: true, cell: ({ errors }) => String(errors) },
      ]}
    />
  )
}

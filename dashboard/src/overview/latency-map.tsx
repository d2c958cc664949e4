/** How long answers take over time, as a map: a mean, and even a percentile, hides that there are two humps. */

import { useMediaQuery } from '@mantine/hooks'
import type { ReactNode } from 'react'
import type { RequestFigures } from '../api/figures.ts'
import { formatMs } from '../format/number.ts'
import { formatBucket, formatLength, formatTick } from '../format/time.ts'
import { ChartFigure } from '../ui/chart-figure.tsx'
import { DataTable } from '../ui/data-table.tsx'
import { HeatMap } from '../ui/heat-map.tsx'
import { LatencyChart } from './latency-chart.tsx'
import { percentiles } from './percentiles.ts'

interface LatencyProps {
  readonly figures: RequestFigures
  /** The last step is not over. */
  readonly isRunning: boolean
}

export function LatencyMap({ figures, isRunning }: LatencyProps): ReactNode {
  const isNarrow = useMediaQuery('(max-width: 640px)')
  if (isNarrow) return <LatencyChart figures={figures} isRunning={isRunning} />
  const whole = figures.now.duration_ms
  const caption = whole
    ? `Half of the answers took at most ${formatMs(whole.p50)}, 95 % at most ${formatMs(whole.p95)}, 99 % at most ${formatMs(whole.p99)}. Per ${formatLength(figures.step_ms)}.`
    : 'No answers.'
  return (
    <ChartFigure
      caption={caption}
      chart={<Picture figures={figures} />}
      table={<Numbers figures={figures} caption={caption} />}
    />
  )
}

function axisOf({ from, step_ms: stepMs, steps }: RequestFigures) {
  const atMs = (step: number) => Date.parse(from) + step * stepMs
  return {
    title: 'From',
    tick: (step: number) => formatTick(atMs(step), steps.length * stepMs),
    full: (step: number) => formatBucket(atMs(step), stepMs),
  }
}

function Picture({ figures }: Pick<LatencyProps, 'figures'>): ReactNode {
  const { steps, before_steps: before = [], row_starts_ms: starts } = figures
  const isCompared = before.some((step) => step.duration_ms)
  return (
    <HeatMap
      axis={axisOf(figures)}
      columns={steps.map((step) => step.duration_rows)}
      rows={starts.map((ms) =>
        ms >= 1_000 ? `${Number((ms / 1_000).toPrecision(2))} s` : `${Math.round(ms)} ms`,
      )}
      isLabelled={(row) => row % 4 === 0}
      unit="answers"
      lines={[
        ...percentiles.map(({ of, color }) => ({
          name: of,
          color,
          values: steps.map(({ duration_ms: times }) => times && rowOf(times[of], starts)),
        })),
        ...(isCompared
          ? [
              {
                name: 'p95 before',
                color: 'var(--text-3)',
                isThin: true,
                values: steps.map((_, step) => {
                  const times = before[step]?.duration_ms
                  return times && rowOf(times.p95, starts)
                }),
              },
            ]
          : []),
      ]}
    />
  )
}

/** The place of a time among the rows, which grow by the same factor. */
function rowOf(ms: number, starts: readonly number[]): number {
  const [first = 1, last = 1] = [starts[0], starts.at(-1)]
  const row = (Math.log(ms / first) / Math.log(last / first)) * (starts.length - 1)
  return Math.min(starts.length, Math.max(0, row))
}

type NumberedStep = RequestFigures['steps'][number] & { readonly index: number }

interface NumbersProps {
  readonly figures: RequestFigures
  readonly caption: string
}

function Numbers({ figures, caption }: NumbersProps): ReactNode {
  const axis = axisOf(figures)
  const told = (ms: number | undefined) => (ms === undefined ? '-' : formatMs(ms))
  return (
    <DataTable
      caption={caption}
      things={figures.steps.map((step, index) => ({ ...step, index }))}
      idOf={({ index }: NumberedStep) => String(index)}
      columns={[
        { title: axis.title, cell: ({ index }: NumberedStep) => axis.full(index) },
        ...percentiles.map(({ of }) => ({
          title: of,
          isNumber: true,
          cell: ({ duration_ms: times }: NumberedStep) => told(times?.[of]),
        })),
      ]}
    />
  )
}

/** One metric over the runs of a golden set: the band in which a run without drift lies, the runs as dots, alarms in red. */

import { useElementSize } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { formatMoment } from '../format/time.ts'
import { metricName, metricValue, type MetricPoint } from './metrics.ts'
import './drift.css'

interface MetricChartProps {
  readonly metric: string
  readonly points: readonly (MetricPoint | undefined)[]
}

const height = 120
const margin = { top: 8, right: 12, bottom: 8, left: 12 }

export function MetricChart({ metric, points }: MetricChartProps): ReactNode {
  const { ref, width: measured } = useElementSize()
  const width = Math.max(measured, 200)
  const known = points.filter((point) => point !== undefined)
  const last = known.at(-1)
  const low = Math.min(
    ...known.map(({ value, baseline, halfWidth }) => Math.min(value, baseline - halfWidth)),
  )
  const high = Math.max(
    ...known.map(({ value, baseline, halfWidth }) => Math.max(value, baseline + halfWidth)),
  )
  const span = high - low || 1
  const step = (width - margin.left - margin.right) / Math.max(1, points.length)
  const x = (index: number) => margin.left + step * (index + 0.5)
  const y = (value: number) => margin.top + (height - margin.top - margin.bottom) * (1 - (value - low) / span)
  const alarms = known.filter(({ isAlarm }) => isAlarm).length
  return (
    <figure className="metric-chart">
      <figcaption>
        <strong>{metricName(metric)}</strong>
        <span>
          {last && `${metricValue(metric, last.value)}, baseline ${metricValue(metric, last.baseline)}`}
          {alarms > 0 && <b>{alarms === 1 ? '1 alarm' : `${alarms} alarms`}</b>}
        </span>
      </figcaption>
      <div ref={ref} className="metric-chart-picture">
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={`${metricName(metric)} over ${points.length} runs`}
        >
          {points.map((point, index) =>
            point ? (
              <g key={point.runId}>
                <rect
                  x={x(index) - step / 2}
                  width={step}
                  y={y(point.baseline + point.halfWidth)}
                  height={Math.max(
                    1,
                    y(point.baseline - point.halfWidth) - y(point.baseline + point.halfWidth),
                  )}
                  fill="var(--sunken)"
                />
                <line
                  x1={x(index) - step / 2}
                  x2={x(index) + step / 2}
                  y1={y(point.baseline)}
                  y2={y(point.baseline)}
                  stroke="var(--text-3)"
                  strokeDasharray="3 3"
                />
              </g>
            ) : null,
          )}
          {points.map((point, index) =>
            point ? (
              <circle
                key={point.runId}
                cx={x(index)}
                cy={y(point.value)}
                r={point.isAlarm ? 5 : 3.5}
                fill={point.isAlarm ? 'var(--bad)' : 'var(--series-1)'}
              >
                <title>{`${formatMoment(Date.parse(point.at))}: ${metricValue(metric, point.value)}`}</title>
              </circle>
            ) : null,
          )}
        </svg>
      </div>
    </figure>
  )
}

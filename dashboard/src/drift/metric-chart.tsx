/** One metric over the runs of a golden set: the band in which a run without drift lies, the runs as dots, alarms in red. */

import { useElementSize } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { formatMoment } from '../format/time.ts'
import { chartRange, metricName, metricValue, type MetricPoint } from './metrics.ts'
import './drift.css'

interface MetricChartProps {
  readonly metric: string
  readonly points: readonly (MetricPoint | undefined)[]
  /** Means of the baseline runs: they stand left of the divider. */
  readonly before: readonly (number | null)[]
  /** The run that the page shows. */
  readonly shown: string | undefined
}

const height = 120
const margin = { top: 8, right: 12, bottom: 8, left: 64 }

export function MetricChart({ metric, points, before, shown }: MetricChartProps): ReactNode {
  const { ref, width: measured } = useElementSize()
  const width = Math.max(measured, 200)
  const last = points.findLast((point) => point !== undefined)
  const { low, high } = chartRange(metric, points, before)
  const step = (width - margin.left - margin.right) / Math.max(1, before.length + points.length)
  const x = (index: number) => margin.left + step * (before.length + index + 0.5)
  const y = (value: number) =>
    margin.top + (height - margin.top - margin.bottom) * (1 - (value - low) / (high - low || 1))
  const alarms = points.filter((point) => point?.isAlarm).length
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
          aria-label={`${metricName(metric)} over ${points.length} runs and ${before.length} of the baseline`}
        >
          {[high, low].map((value, at) => (
            <text
              key={at}
              x={margin.left - 8}
              y={y(value) + 4}
              textAnchor="end"
              className="metric-chart-tick"
            >
              {metricValue(metric, value)}
            </text>
          ))}
          {before.length > 0 && (
            <line
              x1={margin.left + step * before.length}
              x2={margin.left + step * before.length}
              y1={0}
              y2={height}
              stroke="var(--line)"
            />
          )}
          {before.map((value, index) =>
            value === null ? null : (
              <circle
                key={index}
                cx={x(index - before.length)}
                cy={y(value)}
                r={Math.min(2.5, step / 2)}
                fill="var(--text-3)"
              >
                <title>{`Baseline run ${index + 1}: ${metricValue(metric, value)}`}</title>
              </circle>
            ),
          )}
          {points.map(
            (point, index) =>
              point && <Band key={point.runId} point={point} at={x(index)} step={step} y={y} />,
          )}
          {points.map(
            (point, index) =>
              point && (
                <circle
                  key={point.runId}
                  cx={x(index)}
                  cy={y(point.value)}
                  r={point.isAlarm || point.runId === shown ? 5 : 3.5}
                  fill={point.isAlarm ? 'var(--bad)' : 'var(--series-1)'}
                  {...(point.runId === shown && { stroke: 'var(--text)', strokeWidth: 1.5 })}
                >
                  <title>{`${formatMoment(Date.parse(point.at))}: ${metricValue(metric, point.value)}`}</title>
                </circle>
              ),
          )}
        </svg>
      </div>
    </figure>
  )
}

interface BandProps {
  readonly point: MetricPoint
  readonly at: number
  readonly step: number
  readonly y: (value: number) => number
}

/** Where a run without drift lies; what is beyond the picture is cut. */
function Band({ point: { baseline, halfWidth }, at, step, y }: BandProps): ReactNode {
  const top = Math.max(0, y(baseline + halfWidth))
  const bottom = Math.min(height, y(baseline - halfWidth))
  return (
    <g>
      <rect x={at - step / 2} width={step} y={top} height={Math.max(1, bottom - top)} fill="var(--sunken)" />
      <line
        x1={at - step / 2}
        x2={at + step / 2}
        y1={y(baseline)}
        y2={y(baseline)}
        stroke="var(--text-3)"
        strokeDasharray="3 3"
      />
    </g>
  )
}

/** Estimates with their bounds beside what they are held against: a row and a scale for each. */

import type { ReactNode } from 'react'
import { Status, type Tone } from './status.tsx'
import { UntrustedText } from './untrusted-text.tsx'
import './interval-plot.css'

export interface IntervalRow {
  readonly name: string
  readonly estimate?: number | undefined
  readonly lower?: number | undefined
  readonly upper?: number | undefined
  /** Places that decide, such as zero or a margin: dashed lines. */
  readonly limits: readonly number[]
  /** The numbers, with their unit. */
  readonly told: string
  readonly tone: Tone
  readonly verdict: string
  readonly reason?: string | undefined
}

const width = 320
const height = 32
const edge = 12

export function IntervalPlot({ rows }: { readonly rows: readonly IntervalRow[] }): ReactNode {
  return (
    <ul className="intervals">
      {rows.map((row) => (
        <li key={row.name}>
          <span>
            <UntrustedText text={row.name} />
          </span>
          <Picture row={row} />
          <span className="mono">{row.told}</span>
          <Status tone={row.tone}>{row.verdict}</Status>
          {row.reason !== undefined && (
            <span className="intervals-reason dim">
              <UntrustedText text={row.reason} />
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}

function Picture({
  row: { estimate, lower, upper, limits, tone },
}: {
  readonly row: IntervalRow
}): ReactNode {
  const marks = [estimate, lower, upper, ...limits].filter((value) => value !== undefined)
  if (estimate === undefined || marks.length < 2) return <span className="dim">no interval</span>
  const least = Math.min(...marks)
  const span = Math.max(...marks) - least || 1
  const x = (value: number) => edge + ((value - least) / span) * (width - 2 * edge)
  const color = `var(--${tone === 'none' ? 'text-2' : tone})`
  const middle = height / 2
  return (
    <svg viewBox={`0 0 ${width} ${height}`} width="100%" height={height} aria-hidden="true">
      <line x1="0" x2={width} y1={middle} y2={middle} stroke="var(--line)" />
      {limits.map((limit) => (
        <line
          key={limit}
          x1={x(limit)}
          x2={x(limit)}
          y1="2"
          y2={height - 2}
          stroke="var(--text-3)"
          strokeDasharray={limit === 0 ? undefined : '3 3'}
        />
      ))}
      {(lower !== undefined || upper !== undefined) && (
        <line
          x1={x(lower ?? estimate)}
          x2={x(upper ?? estimate)}
          y1={middle}
          y2={middle}
          stroke={color}
          strokeWidth="6"
          opacity="0.45"
        />
      )}
      <circle cx={x(estimate)} cy={middle} r="5" fill={color} />
    </svg>
  )
}

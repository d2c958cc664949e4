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
  /** What must not be reached: below or above that place. */
  readonly bad?: { readonly side: 'below' | 'above'; readonly of: number } | undefined
  /** How the ends of the scale read; without it they are not told. */
  readonly scale?: ((value: number) => string) | undefined
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
          <Scaled row={row} />
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

function Scaled({ row }: { readonly row: IntervalRow }): ReactNode {
  const ends = endsOf(row)
  if (!ends) return <span className="dim">no interval</span>
  return (
    <span className="intervals-picture">
      <Picture row={row} ends={ends} />
      {row.scale && (
        <span className="intervals-scale" aria-hidden="true">
          <span>{row.scale(ends.least)}</span>
          <span>{row.scale(ends.most)}</span>
        </span>
      )}
    </span>
  )
}

interface Ends {
  readonly least: number
  readonly most: number
}

/** Where the scale of a row begins and ends; undefined where there is nothing to draw. */
function endsOf({ estimate, lower, upper, limits }: IntervalRow): Ends | undefined {
  const marks = [estimate, lower, upper, ...limits].filter((value) => value !== undefined)
  if (estimate === undefined || marks.length < 2) return undefined
  return { least: Math.min(...marks), most: Math.max(...marks) }
}

function Picture({ row, ends }: { readonly row: IntervalRow; readonly ends: Ends }): ReactNode {
  const { estimate = 0, lower, upper, limits, bad, tone } = row
  const { least, most } = ends
  const span = most - least || 1
  const x = (value: number) => edge + ((value - least) / span) * (width - 2 * edge)
  const color = `var(--${tone === 'none' ? 'text-2' : tone})`
  const middle = height / 2
  const bound = bad && x(bad.of)
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      width="100%"
      height={height}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {bad && bound !== undefined && (
        <>
          <rect
            x={bad.side === 'below' ? 0 : bound}
            width={bad.side === 'below' ? bound : width - bound}
            height={height}
            fill="var(--bad-tint)"
          />
          <rect
            x={bad.side === 'below' ? bound : 0}
            width={bad.side === 'below' ? width - bound : bound}
            height={height}
            fill="var(--ok-tint)"
          />
        </>
      )}
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
          opacity="0.55"
        />
      )}
      <line
        x1={x(estimate)}
        x2={x(estimate)}
        y1={middle - 7}
        y2={middle + 7}
        stroke={color}
        strokeWidth="4"
      />
    </svg>
  )
}

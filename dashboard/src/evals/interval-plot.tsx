/** Estimates with their bounds beside what is asked for: a row and a scale for each part of a gate. */

import type { ReactNode } from 'react'
import { Status } from '../ui/status.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { type GatePart, verdictTone } from './report.ts'
import './evals.css'

const width = 320
const height = 32
const edge = 12

export function IntervalPlot({ parts }: { readonly parts: readonly GatePart[] }): ReactNode {
  return (
    <ul className="intervals">
      {parts.map((part) => (
        <li key={part.name}>
          <span>
            <UntrustedText text={part.name} />
          </span>
          <Picture part={part} />
          <span className="mono">{told(part)}</span>
          <Status tone={verdictTone[part.verdict]}>{part.verdict}</Status>
          {part.reason !== undefined && (
            <span className="intervals-reason dim">
              <UntrustedText text={part.reason} />
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}

function Picture({
  part: { estimate, lower, upper, bound, verdict },
}: {
  readonly part: GatePart
}): ReactNode {
  const marks = [estimate, lower, upper, bound].filter((value) => value !== undefined)
  if (estimate === undefined || marks.length < 2) return <span className="dim">no interval</span>
  const least = Math.min(...marks)
  const span = Math.max(...marks) - least || 1
  const x = (value: number) => edge + ((value - least) / span) * (width - 2 * edge)
  const color = `var(--${verdictTone[verdict]})`
  const middle = height / 2
  return (
    <svg viewBox={`0 0 ${width} ${height}`} width="100%" height={height} aria-hidden="true">
      <line x1="0" x2={width} y1={middle} y2={middle} stroke="var(--line)" />
      {bound !== undefined && (
        <line
          x1={x(bound)}
          x2={x(bound)}
          y1="2"
          y2={height - 2}
          stroke="var(--text-3)"
          strokeDasharray="3 3"
        />
      )}
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

function told({ estimate, lower, upper, bound }: GatePart): string {
  const number = (value: number | undefined) =>
    value === undefined ? '-' : String(Number(value.toPrecision(3)))
  const interval = lower === undefined && upper === undefined ? '' : ` [${number(lower)}, ${number(upper)}]`
  const limit = bound === undefined ? '' : `, asked for ${number(bound)}`
  return `${number(estimate)}${interval}${limit}`
}

/** The difference of two pass rates as a small picture with its number: zero, what is asked, the interval, the estimate. */

import type { ReactNode } from 'react'
import { formatPoints } from './gate-text.ts'
import type { Run } from './queries.ts'
import { verdictTone } from './report.ts'
import './evals.css'

interface DrawnDifferenceProps {
  readonly difference: NonNullable<Run['difference']>
  readonly verdict: Run['verdict']
}

const width = 96
const height = 18
/** A picture shows at least so much to both sides of zero. */
const leastSpan = 0.05

export function DrawnDifference({ difference, verdict }: DrawnDifferenceProps): ReactNode {
  const { estimate, lower = estimate, upper = estimate, bound } = difference
  const span = Math.max(leastSpan, ...[estimate, lower, upper, bound ?? 0].map(Math.abs))
  const x = (value: number) => width / 2 + (value / span) * (width / 2 - 3)
  const color = `var(--${verdict === undefined ? 'text-2' : verdictTone[verdict]})`
  const line = (at: number, dashes?: string) => (
    <line x1={x(at)} x2={x(at)} y1="1" y2={height - 1} stroke="var(--text-3)" strokeDasharray={dashes} />
  )
  return (
    <span className="drawn-difference">
      <svg width={width} height={height} aria-hidden="true">
        {line(0)}
        {bound !== undefined && line(bound, '2 2')}
        <line
          x1={x(lower)}
          x2={x(upper)}
          y1={height / 2}
          y2={height / 2}
          stroke={color}
          strokeWidth="4"
          opacity="0.5"
        />
        <circle cx={x(estimate)} cy={height / 2} r="3" fill={color} />
      </svg>
      <span>{formatPoints(estimate)}</span>
    </span>
  )
}

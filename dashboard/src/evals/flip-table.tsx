/** Pairs of answers to the same repeat of the same case: where both arms agree, and where only one passed. */

import type { ReactNode } from 'react'
import { formatCount } from '../format/number.ts'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import type { Flips } from './outcomes.ts'
import './evals.css'

interface FlipTableProps {
  readonly flips: Flips
  readonly candidate: string
  readonly baseline: string
  /** McNemar's, where each case was asked once. */
  readonly p: number | undefined
}

export function FlipTable({ flips, candidate, baseline, p }: FlipTableProps): ReactNode {
  const { bothPassed, onlyBaseline, onlyCandidate, bothFailed } = flips
  return (
    <div className="flip-table">
      <table>
        <caption className="only-read">Pairs of answers</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">
              <UntrustedText text={candidate} /> passed
            </th>
            <th scope="col">failed</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">
              <UntrustedText text={baseline} /> passed
            </th>
            <td>{formatCount(bothPassed)}</td>
            <td data-flip={onlyBaseline > 0 ? 'worse' : undefined}>{formatCount(onlyBaseline)}</td>
          </tr>
          <tr>
            <th scope="row">failed</th>
            <td data-flip={onlyCandidate > 0 ? 'better' : undefined}>{formatCount(onlyCandidate)}</td>
            <td>{formatCount(bothFailed)}</td>
          </tr>
        </tbody>
      </table>
      <p className="dim">
        {formatCount(onlyBaseline)} pairs got worse, {formatCount(onlyCandidate)} better
        {p !== undefined && ` (McNemar p ${p < 0.001 ? '< .001' : p.toFixed(3)})`}.
      </p>
    </div>
  )
}

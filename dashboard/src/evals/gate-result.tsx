/** What the gate says of one candidate: every part with its interval beside what is asked of it. */

import type { ReactNode } from 'react'
import { formatCount } from '../format/number.ts'
import { IntervalPlot, type IntervalRow } from '../ui/interval-plot.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { casesLacking, isCeiling, partText, partWriter } from './gate-text.ts'
import { type Gate, type GatePart, verdictTone } from './report.ts'
import './evals.css'

interface GateResultProps {
  readonly candidate: string
  readonly gate: Gate | undefined
}

export function GateResult({ candidate, gate }: GateResultProps): ReactNode {
  if (!gate) return <p className="dim">No gate is set: the figures below decide nothing.</p>
  const lacking = casesLacking(gate)
  return (
    <div className="gate-result">
      <p>
        <UntrustedText text={candidate} />: {formatCount(gate.cases)} cases were compared.
        {lacking !== undefined && ` About ${formatCount(lacking)} more cases would decide.`}
      </p>
      <IntervalPlot rows={gate.parts.map(toInterval)} />
    </div>
  )
}

function toInterval(part: GatePart): IntervalRow {
  const { name, estimate, lower, upper, bound, verdict, reason } = part
  return {
    name,
    estimate,
    lower,
    upper,
    limits: [...(bound === undefined ? [] : [bound]), ...(name === 'pass rate' ? [0] : [])],
    bad: bound === undefined ? undefined : { side: isCeiling(part) ? 'above' : 'below', of: bound },
    scale: partWriter(part),
    told: partText(part),
    tone: verdictTone[verdict],
    verdict,
    reason,
  }
}

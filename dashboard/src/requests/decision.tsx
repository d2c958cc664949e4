/** How the route chose: its targets in the order in which they were to be tried. */

import type { ReactNode } from 'react'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import type { RequestDetail } from '../api/request-detail.ts'

export function Decision({
  decision,
}: {
  readonly decision: NonNullable<RequestDetail['decision']>
}): ReactNode {
  return (
    <>
      <p>
        <strong>{decision.strategy}</strong>: <UntrustedText text={decision.reason} />
      </p>
      <ol>
        {decision.candidates.map(({ target, score, skipped_because: why }) => (
          <li key={target}>
            <UntrustedText text={target} />
            <span className="dim">
              {score !== undefined && ` · score ${score.toPrecision(3)}`}
              {why !== undefined && <UntrustedText text={` · skipped: ${why}`} />}
            </span>
          </li>
        ))}
      </ol>
    </>
  )
}

/** How far a run is, or what it found. */

import type { ReactNode } from 'react'
import { formatCount } from '../format/number.ts'
import { Status } from '../ui/status.tsx'
import type { Run } from './queries.ts'
import { verdictTone } from './report.ts'

export function RunState({ run }: { readonly run: Run }): ReactNode {
  const { status, verdict, progress } = run
  if (progress) {
    const { done, total } = progress
    return <Status tone="info">{`${status}, ${formatCount(done)} of ${formatCount(total)}`}</Status>
  }
  if (status !== 'finished') return <Status tone={status === 'failed' ? 'bad' : 'none'}>{status}</Status>
  if (verdict === undefined) return <Status tone="none">{status}</Status>
  return <Status tone={verdictTone[verdict]}>{verdict}</Status>
}

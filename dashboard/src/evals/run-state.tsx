/** How far a run is, or what it found. */

import type { ReactNode } from 'react'
import type { Item } from '../api/client.ts'
import { Status } from '../ui/status.tsx'
import { verdictTone } from './report.ts'

export function RunState({ run }: { readonly run: Item<'GET /evals'> }): ReactNode {
  const { status, verdict, progress } = run
  if (verdict !== undefined) return <Status tone={verdictTone[verdict]}>{verdict}</Status>
  if (progress) return <Status tone="info">{`${status}, ${progress.done} of ${progress.total}`}</Status>
  return <Status tone={status === 'failed' ? 'bad' : 'none'}>{status}</Status>
}

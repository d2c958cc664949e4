/** One of the first steps, ticked when it is done. */

import type { ReactNode } from 'react'
import { Panel } from '../ui/panel.tsx'
import { Status } from '../ui/status.tsx'

interface StepProps {
  readonly number: number
  readonly title: string
  readonly isDone: boolean
  readonly children: ReactNode
}

export function Step({ number, title, isDone, children }: StepProps): ReactNode {
  return (
    <Panel
      title={`${number}. ${title}`}
      aside={<Status tone={isDone ? 'ok' : 'none'}>{isDone ? 'done' : 'to do'}</Status>}
    >
      <div className="stack">{children}</div>
    </Panel>
  )
}

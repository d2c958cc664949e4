/** How a request ended, in icon, number and word. */

import type { ReactNode } from 'react'
import { Status, type Tone } from '../ui/status.tsx'

interface RequestStatusProps {
  readonly status: number
  readonly code: string | undefined
  readonly isClientGone: boolean
}

export function RequestStatus({ status, code, isClientGone }: RequestStatusProps): ReactNode {
  const tone: Tone = status < 400 ? (isClientGone ? 'warn' : 'ok') : status < 500 ? 'warn' : 'bad'
  const word = code ?? (isClientGone ? 'client left' : 'ok')
  return (
    // Where it is cut, whoever points at it reads the whole.
    <span title={`${status} ${word}`}>
      <Status tone={tone}>
        {status} {word}
      </Status>
    </span>
  )
}

/** What could not be loaded, why, and the way to try again. */

import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { ApiError } from '../api/client.ts'
import { UntrustedText } from './untrusted-text.tsx'
import './notice.css'

interface LoadFaultProps {
  /** Completes "Could not load". */
  readonly what: string
  readonly error: Error
  retry(): void
}

export function LoadFault({ what, error, retry }: LoadFaultProps): ReactNode {
  const requestId = error instanceof ApiError ? error.requestId : undefined
  return (
    <div className="notice" role="alert">
      <strong>Could not load {what}.</strong>
      <UntrustedText text={error.message} />
      {requestId !== undefined && (
        <span className="dim">
          Request <code>{requestId}</code>
        </span>
      )}
      <Button variant="default" onClick={retry}>
        Try again
      </Button>
    </div>
  )
}

/** What stands in for a page that failed. */

import type { ErrorComponentProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { LoadFault } from '../ui/load-fault.tsx'

export function RouteFault({ error, reset }: ErrorComponentProps): ReactNode {
  return (
    <LoadFault
      what="this page"
      error={error instanceof Error ? error : new Error(String(error))}
      retry={reset}
    />
  )
}

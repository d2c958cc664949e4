/** What was asked for once it is there; before that its place, and in its stead what went wrong. */

import { Skeleton } from '@mantine/core'
import type { ReactNode } from 'react'
import { LoadFault } from './load-fault.tsx'

export interface Asked<Data> {
  readonly data: Data | undefined
  readonly error: Error | null
  refetch(): unknown
}

interface LoadedProps<Data> {
  readonly query: Asked<Data>
  /** Completes "Could not load". */
  readonly what: string
  /** Of the place that is kept, in pixels. */
  readonly height?: number
  children(data: Data): ReactNode
}

export function Loaded<Data>({ query, what, height = 240, children }: LoadedProps<Data>): ReactNode {
  const { data, error, refetch } = query
  if (data !== undefined) return children(data)
  if (error) return <LoadFault what={what} error={error} retry={() => void refetch()} />
  return <Skeleton height={height} />
}

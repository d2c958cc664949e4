/** Asks why something is done, for whoever reads of it later. */

import { Textarea } from '@mantine/core'
import type { ReactNode } from 'react'

interface ReasonFieldProps {
  readonly label?: string
  readonly value: string
  onChange(reason: string): void
}

export function ReasonField({ label = 'Why', value, onChange }: ReasonFieldProps): ReactNode {
  return (
    <Textarea
      label={label}
      required
      data-autofocus
      maxLength={2_000}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}

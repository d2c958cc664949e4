/** A field whose text stands in the address. */

import { TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTyped } from './use-typed.ts'

interface AddressFieldProps {
  readonly label: string
  readonly value: string
  /** Puts it into the address. */
  write(text: string): Promise<unknown>
}

export function AddressField({ label, value, write }: AddressFieldProps): ReactNode {
  const [text, type] = useTyped(value, write)
  return (
    <TextInput
      size="xs"
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={(event) => type(event.currentTarget.value)}
    />
  )
}

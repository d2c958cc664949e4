/** Asks before something is done that cannot be taken back, and names what it does. */

import { TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { FormDialog } from './form-dialog.tsx'

interface ConfirmProps {
  readonly title: string
  /** What it does, to what. */
  readonly effect: ReactNode
  /** On the button. */
  readonly verb: string
  /** Has to be typed first. */
  readonly typed?: string
  readonly isPending: boolean
  readonly error: Error | null
  onConfirm(): void
  onClose(): void
}

export function Confirm(props: ConfirmProps): ReactNode {
  const { title, effect, verb, typed, isPending, error, onConfirm, onClose } = props
  const [text, setText] = useState('')
  return (
    <FormDialog
      title={title}
      verb={verb}
      isDanger
      isPending={isPending}
      error={error}
      isDisabled={typed !== undefined && text !== typed}
      onSubmit={onConfirm}
      onClose={onClose}
    >
      <div>{effect}</div>
      {typed !== undefined && (
        <TextInput
          label={`Type ${typed} to confirm`}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          autoComplete="off"
        />
      )}
    </FormDialog>
  )
}

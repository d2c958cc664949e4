/** Asks before something is done that cannot be taken back, and names what it does. */

import { Button, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Dialog } from './dialog.tsx'

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
    <Dialog onClose={onClose} title={title}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          onConfirm()
        }}
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
        {error && <span role="alert">{error.message}</span>}
        <div className="row dialog-actions">
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button
            type="submit"
            color="red"
            loading={isPending}
            disabled={typed !== undefined && text !== typed}
          >
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

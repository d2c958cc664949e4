/** A dialog with a form in it, which says what is wrong when it cannot be done. */

import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { Dialog } from './dialog.tsx'

interface FormDialogProps {
  readonly title: string
  /** On the button. */
  readonly verb: string
  readonly isPending: boolean
  readonly error: Error | null
  readonly isDisabled?: boolean
  /** For settings and what differs of them. */
  readonly isWide?: boolean
  /** What it does cannot be taken back: it begins at Cancel. */
  readonly isDanger?: boolean
  onSubmit(): void
  onClose(): void
  readonly children: ReactNode
}

export function FormDialog(props: FormDialogProps): ReactNode {
  const { title, verb, isPending, error, isDisabled = false, isDanger = false, onSubmit, onClose } = props
  return (
    <Dialog onClose={onClose} title={title} {...(props.isWide && { size: 'xl' })}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          onSubmit()
        }}
      >
        {props.children}
        {error && <span role="alert">{error.message}</span>}
        <div className="row dialog-actions">
          <Button variant="default" onClick={onClose} data-autofocus={isDanger || undefined}>
            Cancel
          </Button>
          <Button type="submit" loading={isPending} disabled={isDisabled} {...(isDanger && { color: 'red' })}>
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

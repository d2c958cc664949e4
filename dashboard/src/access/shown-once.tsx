/** A dialog with a secret that is shown this one time. */

import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { Dialog } from '../ui/dialog.tsx'
import { SecretBox } from '../ui/secret-box.tsx'

interface ShownOnceProps {
  readonly title: string
  readonly secret: string
  /** What it is, in the sentence that says to copy it. */
  readonly what?: string
  onClose(): void
}

export function ShownOnce({ title, secret, what, onClose }: ShownOnceProps): ReactNode {
  return (
    <Dialog onClose={onClose} title={title} closeOnClickOutside={false}>
      <div className="stack">
        <SecretBox secret={secret} {...(what !== undefined && { what })} />
        <div className="row dialog-actions">
          <Button variant="default" onClick={onClose}>
            Done
          </Button>
        </div>
      </div>
    </Dialog>
  )
}

/** Makes the link with which a user chooses a password, and shows it once. */

import type { ReactNode } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import type { User } from '../api/owners.ts'
import { visible } from '../format/visible.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { ShownOnce } from './shown-once.tsx'

interface InviteUserProps {
  readonly user: User
  onClose(): void
}

export function InviteUser({ user: { id, name, email }, onClose }: InviteUserProps): ReactNode {
  const { data, isPending, error, mutate } = useChange({
    change: () => ask('POST /users/{id}/invitation', { params: { id } }),
    stale: ['users'],
  })
  const title = `Invite ${visible(name)}`
  if (data) {
    return (
      <ShownOnce
        title={title}
        what="link"
        secret={data.url ?? `${location.origin}${data.path}`}
        onClose={onClose}
      />
    )
  }
  return (
    <FormDialog
      title={title}
      verb="Make the link"
      isPending={isPending}
      error={error}
      isDisabled={email === undefined}
      onSubmit={mutate}
      onClose={onClose}
    >
      <p>
        {email === undefined
          ? 'This user has no e-mail address to sign in by: edit the user first.'
          : `Whoever opens the link within three days chooses the password of ${visible(email)}. Send it only to them.`}
      </p>
    </FormDialog>
  )
}

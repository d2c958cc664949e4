/** Ends that a user may sign in; their keys stay. */

import type { ReactNode } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import type { User } from '../api/owners.ts'
import { Confirm } from '../ui/confirm.tsx'

interface EndAccountProps {
  readonly user: User
  onClose(): void
}

export function EndAccount({ user: { id, name }, onClose }: EndAccountProps): ReactNode {
  const { isPending, error, mutate } = useChange({
    change: () => ask('DELETE /users/{id}/account', { params: { id } }),
    stale: ['users'],
    onDone: onClose,
  })
  return (
    <Confirm
      title={`End the account of ${name}`}
      effect={`${name} is signed out and may not sign in any more. Their keys stay.`}
      verb="End the account"
      isPending={isPending}
      error={error}
      onConfirm={mutate}
      onClose={onClose}
    />
  )
}

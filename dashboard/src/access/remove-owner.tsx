/** Removes a team or a user, and with them their keys. */

import type { ReactNode } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import { Confirm } from '../ui/confirm.tsx'

interface RemoveOwnerProps {
  readonly kind: 'teams' | 'users'
  readonly owner: { readonly id: string; readonly name: string }
  onClose(): void
}

export function RemoveOwner({ kind, owner, onClose }: RemoveOwnerProps): ReactNode {
  const { isPending, error, mutate } = useChange({
    change: () => ask(`DELETE /${kind}/{id}`, { params: { id: owner.id } }) as Promise<unknown>,
    stale: ['keys', 'teams', 'users'],
    onDone: onClose,
  })
  return (
    <Confirm
      title={`Remove ${owner.name}`}
      effect={`Every key of ${owner.name} is revoked. This cannot be undone.`}
      verb="Remove"
      typed={owner.name}
      isPending={isPending}
      error={error}
      onConfirm={mutate}
      onClose={onClose}
    />
  )
}

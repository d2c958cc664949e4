/** Removes a team or a user, and with them their keys. */

import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask } from '../api/client.ts'
import { Confirm } from '../ui/confirm.tsx'

interface RemoveOwnerProps {
  readonly kind: 'teams' | 'users'
  readonly owner: { readonly id: string; readonly name: string }
  onClose(): void
}

export function RemoveOwner({ kind, owner, onClose }: RemoveOwnerProps): ReactNode {
  const queries = useQueryClient()
  const { isPending, error, mutate } = useMutation({
    mutationFn: async () => {
      await ask(`DELETE /${kind}/{id}`, { params: { id: owner.id } })
    },
    async onSuccess() {
      await Promise.all(
        ['keys', 'teams', 'users'].map((name) => queries.invalidateQueries({ queryKey: [name] })),
      )
      onClose()
    },
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

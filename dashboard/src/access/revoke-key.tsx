/** Revokes a key, for good. */

import type { ReactNode } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import { Confirm } from '../ui/confirm.tsx'
import type { ApiKey } from '../api/owners.ts'

export function RevokeKey({
  revoked,
  onClose,
}: {
  readonly revoked: ApiKey
  readonly onClose: () => void
}): ReactNode {
  const { isPending, error, mutate } = useChange({
    change: () => ask('DELETE /keys/{id}', { params: { id: revoked.id } }),
    stale: ['keys'],
    onDone: onClose,
  })
  return (
    <Confirm
      title={`Revoke ${revoked.name}`}
      effect={`Calls with ${revoked.name} fail within 5 s. This cannot be undone.`}
      verb="Revoke key"
      typed={revoked.name}
      isPending={isPending}
      error={error}
      onConfirm={mutate}
      onClose={onClose}
    />
  )
}

/** Revokes a key, for good. */

import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask } from '../api/client.ts'
import { Confirm } from '../ui/confirm.tsx'
import { type ApiKey, keysQuery } from '../api/owners.ts'

export function RevokeKey({
  revoked,
  onClose,
}: {
  readonly revoked: ApiKey
  readonly onClose: () => void
}): ReactNode {
  const queries = useQueryClient()
  const { isPending, error, mutate } = useMutation({
    mutationFn: () => ask('DELETE /keys/{id}', { params: { id: revoked.id } }),
    async onSuccess() {
      await queries.invalidateQueries({ queryKey: keysQuery.queryKey })
      onClose()
    },
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

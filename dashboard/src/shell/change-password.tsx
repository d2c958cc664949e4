/** Changes one's own password, which ends all of one's sessions. */

import { PasswordInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { ask } from '../api/client.ts'
import { signedInKey } from '../api/queries.ts'
import { FormDialog } from '../ui/form-dialog.tsx'

export function ChangePassword({ onClose }: { readonly onClose: () => void }): ReactNode {
  const queries = useQueryClient()
  const [present, setPresent] = useState('')
  const [password, setPassword] = useState('')
  const { isPending, error, mutate } = useMutation({
    mutationFn: () => ask('PUT /me/password', { body: { present, password } }),
    onSuccess() {
      onClose()
      queries.setQueryData(signedInKey, false)
    },
  })
  return (
    <FormDialog
      title="Change password"
      verb="Change"
      isPending={isPending}
      error={error}
      onSubmit={mutate}
      onClose={onClose}
    >
      <p>You are signed out everywhere, and sign in again with the new one.</p>
      <PasswordInput
        label="Present password"
        name="present"
        autoComplete="current-password"
        required
        data-autofocus
        value={present}
        onChange={(event) => setPresent(event.currentTarget.value)}
      />
      <PasswordInput
        label="New password"
        name="new"
        description="12 characters or more."
        autoComplete="new-password"
        minLength={12}
        required
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
    </FormDialog>
  )
}

/** Makes a user, or changes one. */

import { TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { OwnerSelect } from './owner-select.tsx'
import { teamsQuery, type User } from '../api/owners.ts'

interface UserFormProps {
  /** Absent: a new one. */
  readonly user?: User
  onClose(): void
}

export function UserForm({ user, onClose }: UserFormProps): ReactNode {
  const [name, setName] = useState(user?.name ?? '')
  const [email, setEmail] = useState(user?.email ?? '')
  const [team, setTeam] = useState(user?.team ?? '')
  const { isPending, error, mutate } = useChange({
    async change() {
      const address = email.trim()
      if (user) {
        const body = { name, email: address === '' ? null : address, team: team === '' ? null : team }
        await ask('PATCH /users/{id}', { params: { id: user.id }, body })
      } else {
        await ask('POST /users', {
          body: { name, ...(address !== '' && { email: address }), ...(team !== '' && { team }) },
        })
      }
    },
    stale: ['users'],
    onDone: onClose,
  })
  return (
    <FormDialog
      title={user ? `Edit ${user.name}` : 'Create user'}
      verb={user ? 'Save' : 'Create user'}
      isPending={isPending}
      error={error}
      onSubmit={mutate}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        required
        maxLength={200}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label="E-mail"
        type="email"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <OwnerSelect label="Team" query={teamsQuery} value={team} onChange={setTeam} />
    </FormDialog>
  )
}

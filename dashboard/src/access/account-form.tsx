/** Says who a user is here: with which roles they may sign in, in the whole organisation or in teams. */

import { Button, NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask, type Reply } from '../api/client.ts'
import { teamsQuery } from '../api/owners.ts'
import { visible } from '../format/visible.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { type Grant, type Me, mayGive, type Role, roleNames } from './rights.ts'
import './access.css'

interface AccountFormProps {
  readonly me: Me
  readonly user: Reply<'GET /users/{id}'>
  onClose(): void
}

export function AccountForm({ me, user, onClose }: AccountFormProps): ReactNode {
  const { id, name, roles, ceiling } = user
  const [grants, setGrants] = useState<readonly Grant[]>(roles ?? [firstOf(me)])
  const { isPending, error, mutate } = useChange({
    change: () =>
      ask('PUT /users/{id}/account', {
        params: { id },
        body: { roles: [...grants], ...(ceiling && { ceiling }) },
      }),
    stale: ['users', 'me'],
    onDone: onClose,
  })
  return (
    <FormDialog
      title={`Roles of ${visible(name)}`}
      verb="Save"
      isPending={isPending}
      error={error}
      isDisabled={grants.length === 0}
      onSubmit={mutate}
      onClose={onClose}
    >
      {grants.map((grant, index) => (
        // A row is the grant at its place, whatever becomes of it.
        <div key={index} className="grant-row">
          <GrantFields
            me={me}
            grant={grant}
            number={index + 1}
            onChange={(next) => setGrants(grants.with(index, next))}
          />
          <Button
            variant="subtle"
            aria-label={`Take role ${index + 1} away`}
            onClick={() => setGrants(grants.filter((_, at) => at !== index))}
          >
            ✕
          </Button>
        </div>
      ))}
      <Button variant="default" onClick={() => setGrants([...grants, firstOf(me)])}>
        Add a role
      </Button>
      <p className="dim">Sessions that are open get the new roles at once.</p>
    </FormDialog>
  )
}

/** The weakest, where they have it to give: in the organisation, or in their first team. */
function firstOf({ roles }: Me): Grant {
  const isWide = roles.some(({ role, team }) => team === undefined && (role === 'owner' || role === 'admin'))
  const team = roles.find((grant) => grant.team !== undefined)?.team
  return { role: 'viewer', ...(!isWide && team !== undefined && { team }) }
}

interface GrantFieldsProps {
  readonly me: Me
  readonly grant: Grant
  readonly number: number
  onChange(grant: Grant): void
}

function GrantFields({ me, grant, number, onChange }: GrantFieldsProps): ReactNode {
  const teams = useQuery(teamsQuery).data?.data ?? []
  const given = (Object.keys(roleNames) as Role[]).filter((role) => mayGive(me, { ...grant, role }))
  const places = [
    { value: '', label: 'the whole organisation' },
    ...teams.map(({ id, name }) => ({ value: id, label: `team ${visible(name)}` })),
  ]
  const within = places.filter(({ value }) =>
    mayGive(me, { role: 'viewer', ...(value !== '' && { team: value }) }),
  )
  return (
    <>
      <NativeSelect
        label={`Role ${number}`}
        data={given.map((role) => ({ value: role, label: roleNames[role] }))}
        value={grant.role}
        onChange={(event) => onChange({ ...grant, role: event.currentTarget.value as Role })}
      />
      <NativeSelect
        label="In"
        data={within}
        value={grant.team ?? ''}
        onChange={({ currentTarget: { value } }) =>
          onChange({ role: grant.role, ...(value !== '' && { team: value }) })
        }
      />
    </>
  )
}

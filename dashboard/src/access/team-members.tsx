/** Who is in a team: adds somebody, and takes somebody out. */

import { Button, NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import { teamsQuery, type User, usersQuery } from '../api/owners.ts'
import { visible } from '../format/visible.ts'
import { May } from '../session/may.tsx'
import { meQuery } from '../session/me.ts'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { nameColumn } from './name-column.tsx'
import { mayChangeUser } from './rights.ts'
import { rolesText } from './user-texts.ts'

export function TeamMembers({ team }: { readonly team: string }): ReactNode {
  const users = useQuery(usersQuery)
  const teams = useQuery(teamsQuery).data?.data
  const [isAdding, setAdding] = useState(false)
  const columns: readonly Column<User>[] = [
    nameColumn('user'),
    {
      title: 'E-mail',
      narrow: 'fact',
      cell: ({ email }) => (email === undefined ? '-' : <UntrustedText text={email} />),
    },
    { title: 'Roles', narrow: 'fact', cell: ({ roles }) => rolesText(roles, teams) },
    { title: 'Actions', narrow: 'action', isUntitled: true, cell: (user) => <TakeOut user={user} /> },
  ]
  return (
    <>
      <TablePanel
        title="Members"
        query={users}
        what="the members"
        columns={columns}
        idOf={({ id }) => id}
        pick={(all) => all.filter((user) => user.team === team)}
        aside={
          <May call="POST /users">
            <Button variant="default" onClick={() => setAdding(true)}>
              Add a member…
            </Button>
          </May>
        }
        empty={<Empty title="Nobody yet." />}
      />
      {isAdding && <AddMember team={team} onClose={() => setAdding(false)} />}
    </>
  )
}

function TakeOut({ user }: { readonly user: User }): ReactNode {
  const me = useQuery(meQuery).data
  const { isPending, error, mutate } = useChange({
    change: () => ask('PATCH /users/{id}', { params: { id: user.id }, body: { team: null } }),
    stale: ['users'],
    undo: {
      text: `${user.name} was taken out.`,
      change: () => ask('PATCH /users/{id}', { params: { id: user.id }, body: { team: user.team ?? null } }),
    },
  })
  // Whoever has a role in this team alone would lose sight of the user by it.
  const isWide = me?.roles.some(
    ({ role, team }) => team === undefined && (role === 'owner' || role === 'admin'),
  )
  if (!me || !isWide || !mayChangeUser(me, user)) return null
  return (
    <div className="row">
      {error && <span role="alert">{error.message}</span>}
      <Button
        variant="subtle"
        loading={isPending}
        aria-label={`Take out ${visible(user.name)}`}
        onClick={() => mutate()}
      >
        Take out
      </Button>
    </div>
  )
}

interface AddMemberProps {
  readonly team: string
  onClose(): void
}

function AddMember({ team, onClose }: AddMemberProps): ReactNode {
  const me = useQuery(meQuery).data
  const users = useQuery(usersQuery).data?.data ?? []
  const others = users.filter((user) => user.team !== team && me && mayChangeUser(me, user))
  const [picked, setPicked] = useState('')
  const id = picked === '' ? (others[0]?.id ?? '') : picked
  const { isPending, error, mutate } = useChange({
    change: () => ask('PATCH /users/{id}', { params: { id }, body: { team } }),
    stale: ['users'],
    onDone: onClose,
  })
  return (
    <FormDialog
      title="Add a member"
      verb="Add"
      isPending={isPending}
      error={error}
      isDisabled={id === ''}
      onSubmit={mutate}
      onClose={onClose}
    >
      {others.length === 0 ? (
        <p>Every user whom you may change is in the team already.</p>
      ) : (
        <NativeSelect
          label="User"
          description="A user is in one team: they leave the one that they are in."
          data={others.map((user) => ({ value: user.id, label: visible(user.name) }))}
          value={id}
          onChange={(event) => setPicked(event.currentTarget.value)}
        />
      )}
    </FormDialog>
  )
}

/** The users: who owns keys, and in which team? */

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { WhoMay } from '../session/who-may.tsx'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { RowMenu } from '../ui/row-menu.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { keysQuery, nameOf, teamsQuery, type User, usersQuery } from '../api/owners.ts'
import { RemoveOwner } from './remove-owner.tsx'
import { UserForm } from './user-form.tsx'

type Action =
  | { readonly verb: 'create' }
  | { readonly verb: 'edit'; readonly user: User }
  | { readonly verb: 'remove'; readonly user: User }

export function UsersPage(): ReactNode {
  const users = useQuery(usersQuery)
  const teams = useQuery(teamsQuery).data?.data
  const keys = useQuery(keysQuery).data?.data
  const [action, setAction] = useState<Action>()
  const end = () => setAction(undefined)
  const columns: Column<User>[] = [
    {
      title: 'Name',
      text: ({ name }) => name,
      cell: ({ id, name }) => (
        <Link to="/requests" search={{ user: id }}>
          <UntrustedText text={name} />
        </Link>
      ),
    },
    {
      title: 'E-mail',
      text: ({ email }) => email ?? '',
      cell: ({ email }) => (email === undefined ? '-' : <UntrustedText text={email} />),
    },
    { title: 'Team', cell: ({ team }) => nameOf(teams, team) },
    {
      title: 'Active keys',
      isNumber: true,
      cell: ({ id }) =>
        keys ? String(keys.filter(({ user, status }) => user === id && status === 'active').length) : '-',
    },
    { title: 'Created', text: ({ created_at: at }) => at, cell: ({ created_at: at }) => <When at={at} /> },
    {
      title: 'Actions',
      isUntitled: true,
      cell: (user) => (
        <WhoMay policy="users:write">
          <RowMenu
            of={user.name}
            actions={[
              { label: 'Edit…', run: () => setAction({ verb: 'edit', user }) },
              { label: 'Remove…', isDanger: true, run: () => setAction({ verb: 'remove', user }) },
            ]}
          />
        </WhoMay>
      ),
    },
  ]
  return (
    <Page
      title="Users"
      name="Users"
      action={
        <WhoMay policy="users:write">
          <Button onClick={() => setAction({ verb: 'create' })}>Create user</Button>
        </WhoMay>
      }
    >
      <TablePanel
        title="Users"
        query={users}
        what="the users"
        columns={columns}
        idOf={({ id }) => id}
        fileName="users"
        empty={<Empty title="No users yet.">A user owns keys, and their requests are told apart.</Empty>}
      />
      {action?.verb === 'create' && <UserForm onClose={end} />}
      {action?.verb === 'edit' && <UserForm user={action.user} onClose={end} />}
      {action?.verb === 'remove' && <RemoveOwner kind="users" owner={action.user} onClose={end} />}
    </Page>
  )
}

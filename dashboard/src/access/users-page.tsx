/** The users: who owns keys, and in which team? */

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useCreating } from '../api/creating.ts'
import { May } from '../session/may.tsx'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { keysQuery, nameOf, teamsQuery, type User, usersQuery } from '../api/owners.ts'
import { nameColumn } from './name-column.tsx'
import { costColumn, dearestFirst, lastUsedColumn, useOwnerFigures } from './owner-figures.tsx'
import { UserForm } from './user-form.tsx'
import { UserMenu } from './user-menu.tsx'
import { rolesText, signInText } from './user-texts.ts'

const route = getRouteApi('/users')

export function UsersPage(): ReactNode {
  const { team: ofTeam } = route.useSearch()
  const users = useQuery(usersQuery)
  const teams = useQuery(teamsQuery).data?.data
  const keys = useQuery(keysQuery).data?.data
  const figures = useOwnerFigures('user')
  const [isCreating, setCreating] = useCreating()
  const columns: Column<User>[] = [
    nameColumn('user'),
    {
      title: 'E-mail',
      narrow: 'none',
      text: ({ email }) => email ?? '',
      cell: ({ email }) => (email === undefined ? '-' : <UntrustedText text={email} />),
    },
    { title: 'Team', narrow: 'none', cell: ({ team }) => nameOf(teams, team) },
    {
      title: 'Active keys',
      narrow: 'none',
      isNumber: true,
      cell: ({ id }) =>
        keys ? String(keys.filter(({ user, status }) => user === id && status === 'active').length) : '-',
    },
    costColumn(figures),
    lastUsedColumn('Last seen', figures),
    { title: 'Roles', narrow: 'fact', cell: ({ roles }) => rolesText(roles, teams) },
    { title: 'Signs in', narrow: 'none', cell: signInText },
    {
      title: 'Created',
      narrow: 'none',
      order: { name: 'created', of: ({ created_at: at }) => at },
      text: ({ created_at: at }) => at,
      cell: ({ created_at: at }) => <When at={at} />,
    },
    {
      title: 'Actions',
      narrow: 'action',
      isUntitled: true,
      cell: (user) => <UserMenu user={user} />,
    },
  ]
  return (
    <Page
      title="Users"
      name="Users"
      action={
        <May call="POST /users">
          <Button onClick={() => setCreating(true)}>Create user</Button>
        </May>
      }
    >
      <TablePanel
        title="Users"
        query={users}
        what="the users"
        columns={columns}
        idOf={({ id }) => id}
        pick={(all) =>
          dearestFirst(
            all.filter(({ team }) => ofTeam === undefined || team === ofTeam),
            figures,
          )
        }
        fileName="users"
        empty={
          ofTeam === undefined ? (
            <Empty title="No users yet.">A user owns keys, and their requests are told apart.</Empty>
          ) : (
            <Empty title="Nobody is in this team." />
          )
        }
      />
      {isCreating && <UserForm onClose={() => setCreating(false)} />}
    </Page>
  )
}

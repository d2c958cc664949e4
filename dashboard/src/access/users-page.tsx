/** The users: who owns keys, and in which team? */

import { Button, Modal, NativeSelect, Skeleton, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { ask } from '../api/client.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { keysQuery, nameOf, teamsQuery, type User, usersQuery } from './owners.ts'
import { RemoveOwner } from './remove-owner.tsx'

export function UsersPage(): ReactNode {
  const users = useQuery(usersQuery)
  const teams = useQuery(teamsQuery).data?.data
  const keys = useQuery(keysQuery).data?.data
  const [isCreating, setCreating] = useState(false)
  const [removed, setRemoved] = useState<User>()
  const columns: Column<User>[] = [
    {
      title: 'Name',
      cell: ({ id, name }) => (
        <Link to="/requests" search={{ user: id }}>
          <UntrustedText text={name} />
        </Link>
      ),
    },
    { title: 'E-mail', cell: ({ email }) => (email === undefined ? '-' : <UntrustedText text={email} />) },
    { title: 'Team', cell: ({ team }) => nameOf(teams, team) },
    {
      title: 'Active keys',
      isNumber: true,
      cell: ({ id }) =>
        keys ? String(keys.filter(({ user, status }) => user === id && status === 'active').length) : '-',
    },
    { title: 'Created', cell: ({ created_at: at }) => <When at={at} /> },
    {
      title: 'Actions',
      isUntitled: true,
      cell: (user) => (
        <Button
          variant="subtle"
          color="red"
          aria-label={`Remove ${user.name}`}
          onClick={() => setRemoved(user)}
        >
          Remove…
        </Button>
      ),
    },
  ]
  return (
    <Page title="Users" name="Users" action={<Button onClick={() => setCreating(true)}>Create user</Button>}>
      {users.error ? (
        <LoadFault what="the users" error={users.error} retry={() => void users.refetch()} />
      ) : (
        <Panel title="Users" isFlush>
          {!users.data ? (
            <Skeleton height={240} />
          ) : users.data.data.length > 0 ? (
            <DataTable caption="Users" columns={columns} things={users.data.data} idOf={({ id }) => id} />
          ) : (
            <Empty title="No users yet.">A user owns keys, and their requests are told apart.</Empty>
          )}
        </Panel>
      )}
      {isCreating && <CreateUser onClose={() => setCreating(false)} />}
      {removed && <RemoveOwner kind="users" owner={removed} onClose={() => setRemoved(undefined)} />}
    </Page>
  )
}

function CreateUser({ onClose }: { readonly onClose: () => void }): ReactNode {
  const queries = useQueryClient()
  const teams = useQuery(teamsQuery).data?.data ?? []
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [team, setTeam] = useState('')
  const { isPending, error, mutate } = useMutation({
    mutationFn: () =>
      ask('POST /users', {
        body: { name, ...(email.trim() !== '' && { email: email.trim() }), ...(team !== '' && { team }) },
      }),
    async onSuccess() {
      await queries.invalidateQueries({ queryKey: usersQuery.queryKey })
      onClose()
    },
  })
  return (
    <Modal opened onClose={onClose} title="Create user">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          mutate()
        }}
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
        <NativeSelect
          label="Team"
          data={[{ value: '', label: 'None' }, ...teams.map(({ id, name: label }) => ({ value: id, label }))]}
          value={team}
          onChange={(event) => setTeam(event.currentTarget.value)}
        />
        {error && <span role="alert">{error.message}</span>}
        <div className="row dialog-actions">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isPending}>
            Create user
          </Button>
        </div>
      </form>
    </Modal>
  )
}

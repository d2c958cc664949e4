/** The keys: who may call, with what, and until when? */

import { Button, SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useCreating } from '../api/creating.ts'
import { May } from '../session/may.tsx'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { type ApiKey, keysQuery, nameOf, teamsQuery, usersQuery } from '../api/owners.ts'
import { CreateKey } from './key-forms.tsx'
import { KeyMenu } from './key-menu.tsx'
import { KeyState, limitsText } from './key-state.tsx'

type KeyStatus = ApiKey['status'] | 'all'

export function KeysPage(): ReactNode {
  const keys = useQuery(keysQuery)
  const teams = useQuery(teamsQuery)
  const users = useQuery(usersQuery)
  const [status, setStatus] = useState<KeyStatus>('active')
  const [isCreating, setCreating] = useCreating()
  const columns: Column<ApiKey>[] = [
    {
      title: 'Name',
      text: ({ name }) => name,
      cell: ({ id, name }) => (
        <Link to="/keys/$id" params={{ id }}>
          <UntrustedText text={name} />
        </Link>
      ),
    },
    { title: 'Id', text: ({ id }) => id, cell: ({ id }) => <code>{id}</code> },
    {
      title: 'State',
      text: (key) => key.status,
      cell: (key) => <KeyState shown={key} />,
    },
    { title: 'Team', cell: ({ team }) => nameOf(teams.data?.data, team) },
    { title: 'User', cell: ({ user }) => nameOf(users.data?.data, user) },
    { title: 'Models', cell: ({ models }) => (models ? <UntrustedText text={models.join(', ')} /> : 'all') },
    { title: 'Limits', cell: (key) => limitsText(key) },
    {
      title: 'Created',
      cell: ({ created_at: at, source }) => (at === undefined ? `in the ${source}` : <When at={at} />),
    },
    { title: 'Expires', cell: ({ expires_at: at }) => (at === undefined ? 'never' : <When at={at} />) },
    {
      title: 'Actions',
      isUntitled: true,
      cell: (key) => <KeyMenu shown={key} />,
    },
  ]
  return (
    <Page
      title="Keys"
      name="Keys"
      action={
        <May call="POST /keys">
          <Button onClick={() => setCreating(true)}>Create key</Button>
        </May>
      }
    >
      <TablePanel
        title="API keys"
        query={keys}
        what="the keys"
        columns={columns}
        idOf={({ id }) => id}
        pick={(all) => all.filter((key) => status === 'all' || key.status === status)}
        fileName="keys"
        aside={<StatusPicker value={status} onChange={setStatus} />}
        empty={
          <Empty title={keys.data?.data.length === 0 ? 'No keys yet.' : `No key is ${status}.`}>
            Give each application its own.
          </Empty>
        }
      />
      {isCreating && <CreateKey onClose={() => setCreating(false)} />}
    </Page>
  )
}

interface StatusPickerProps {
  readonly value: KeyStatus
  onChange(status: KeyStatus): void
}

function StatusPicker({ value, onChange }: StatusPickerProps): ReactNode {
  return (
    <SegmentedControl
      size="xs"
      aria-label="State"
      value={value}
      onChange={(status) => onChange(status as KeyStatus)}
      data={['active', 'expired', 'revoked', 'all']}
    />
  )
}

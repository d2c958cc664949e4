/** The keys: who may call, with what, and until when? */

import { Button, SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { formatCount, formatUsd } from '../format/number.ts'
import { WhoMay } from '../session/who-may.tsx'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { type RowAction, RowMenu } from '../ui/row-menu.tsx'
import { Status } from '../ui/status.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { CreateKey, EditKey } from './key-forms.tsx'
import { type ApiKey, keysQuery, nameOf, teamsQuery, usersQuery } from '../api/owners.ts'
import { RevokeKey } from './revoke-key.tsx'
import { RotateKey } from './rotate-key.tsx'

type Verb = 'edit' | 'rotate' | 'revoke'
type KeyStatus = ApiKey['status'] | 'all'
type Action = { readonly verb: 'create' } | { readonly verb: Verb; readonly key: ApiKey }

const tones = { active: 'ok', expired: 'warn', revoked: 'none' } as const

export function KeysPage(): ReactNode {
  const keys = useQuery(keysQuery)
  const teams = useQuery(teamsQuery)
  const users = useQuery(usersQuery)
  const [status, setStatus] = useState<KeyStatus>('active')
  const [action, setAction] = useState<Action>()
  const end = () => setAction(undefined)
  const columns: Column<ApiKey>[] = [
    {
      title: 'Name',
      text: ({ name }) => name,
      cell: ({ id, name }) => (
        <Link to="/requests" search={{ key: id }}>
          <UntrustedText text={name} />
        </Link>
      ),
    },
    { title: 'Id', text: ({ id }) => id, cell: ({ id }) => <code>{id}</code> },
    {
      title: 'State',
      text: (key) => key.status,
      cell: (key) => <Status tone={tones[key.status]}>{key.status}</Status>,
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
      cell: (key) => <KeyMenu keyShown={key} onPick={(verb) => setAction({ verb, key })} />,
    },
  ]
  return (
    <Page
      title="Keys"
      name="Keys"
      action={
        <WhoMay policy="keys:write">
          <Button onClick={() => setAction({ verb: 'create' })}>Create key</Button>
        </WhoMay>
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
      {action?.verb === 'create' && <CreateKey onClose={end} />}
      {action?.verb === 'edit' && <EditKey edited={action.key} onClose={end} />}
      {action?.verb === 'rotate' && <RotateKey rotated={action.key} onClose={end} />}
      {action?.verb === 'revoke' && <RevokeKey revoked={action.key} onClose={end} />}
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

interface KeyMenuProps {
  readonly keyShown: ApiKey
  onPick(verb: Verb): void
}

function KeyMenu({ keyShown: { name, source, status }, onPick }: KeyMenuProps): ReactNode {
  // What the configuration declares is changed there, and a revoked key stays so.
  if (source === 'configuration' || status === 'revoked') return null
  const actions: readonly RowAction[] = [
    { label: 'Edit…', run: () => onPick('edit') },
    { label: 'Rotate…', run: () => onPick('rotate') },
    { label: 'Revoke…', isDanger: true, run: () => onPick('revoke') },
  ]
  return (
    <WhoMay policy="keys:write">
      <RowMenu of={name} actions={actions} />
    </WhoMay>
  )
}

function limitsText({ limits, max_usd_per_request: maxUsd }: ApiKey): string {
  const parts = [
    limits?.rpm === undefined ? undefined : `${formatCount(limits.rpm)} requests/min`,
    limits?.tpm === undefined ? undefined : `${formatCount(limits.tpm)} tokens/min`,
    limits?.concurrency === undefined ? undefined : `${limits.concurrency} at once`,
    maxUsd === undefined ? undefined : `${formatUsd(Number(maxUsd))} a request`,
  ].filter((part) => part !== undefined)
  return parts.length === 0 ? 'none' : parts.join(', ')
}

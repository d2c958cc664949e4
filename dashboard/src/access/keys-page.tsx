/** The keys: who may call, with what, and until when? */

import { Button, NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
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
import { KeyState } from './key-state.tsx'
import { nameColumn } from './name-column.tsx'
import {
  budgetColumn,
  costColumn,
  lastUsedColumn,
  lastUsedFirst,
  type OwnerFigures,
  useOwnerFigures,
} from './owner-figures.tsx'

const views = {
  active: 'Active',
  expiring: 'Expiring',
  near: 'Over 80 %',
  expired: 'Expired',
  revoked: 'Revoked',
  all: 'All',
} as const

type KeyView = keyof typeof views

const weekMs = 7 * 86_400_000
/** Of a cap: from here on it is worth a look. */
const nearShare = 0.8

const route = getRouteApi('/keys')

export function KeysPage(): ReactNode {
  const { team: ofTeam } = route.useSearch()
  const keys = useQuery(keysQuery)
  const teams = useQuery(teamsQuery)
  const users = useQuery(usersQuery)
  const figures = useOwnerFigures('key')
  const [view, setView] = useState<KeyView>('active')
  const [isCreating, setCreating] = useCreating()
  const columns: Column<ApiKey>[] = [
    nameColumn('key'),
    { title: 'Id', narrow: 'none', text: ({ id }) => id, cell: ({ id }) => <code>{id}</code> },
    { title: 'Team', narrow: 'none', cell: ({ team }) => nameOf(teams.data?.data, team) },
    { title: 'User', narrow: 'none', cell: ({ user }) => nameOf(users.data?.data, user) },
    {
      title: 'Models',
      narrow: 'none',
      cell: ({ models }) => (models ? <UntrustedText text={models.join(', ')} /> : 'all'),
    },
    budgetColumn(figures),
    costColumn(figures),
    lastUsedColumn('Last used', figures),
    {
      title: 'Expires',
      narrow: 'none',
      order: { name: 'expires', of: ({ expires_at: at }) => at },
      cell: ({ expires_at: at }) => (at === undefined ? 'never' : <When at={at} />),
    },
    {
      title: 'State',
      narrow: 'fact',
      text: (key) => key.status,
      cell: (key) => <KeyState shown={key} />,
    },
    {
      title: 'Actions',
      narrow: 'action',
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
        pick={(all) =>
          lastUsedFirst(
            all.filter(
              (key) => (ofTeam === undefined || key.team === ofTeam) && isInView(key, view, figures),
            ),
            figures,
          )
        }
        fileName="keys"
        aside={<ViewPicker value={view} onChange={setView} />}
        empty={
          keys.data?.data.length === 0 ? (
            <Empty title="No keys yet.">Give each application its own.</Empty>
          ) : (
            <Empty title={emptyTexts[view]} />
          )
        }
      />
      {isCreating && <CreateKey onClose={() => setCreating(false)} />}
    </Page>
  )
}

const emptyTexts: Readonly<Record<KeyView, string>> = {
  active: 'No key is active.',
  expiring: 'No key ends within a week.',
  near: 'No key has used more than 80 % of a budget.',
  expired: 'No key has expired.',
  revoked: 'No key was revoked.',
  all: 'No keys yet.',
}

function isInView(key: ApiKey, view: KeyView, { capOf }: OwnerFigures): boolean {
  if (view === 'all') return true
  if (view === 'expired' || view === 'revoked') return key.status === view
  if (key.status !== 'active') return false
  if (view === 'near') return (capOf(key.id)?.share ?? 0) > nearShare
  if (view === 'expiring')
    return key.expires_at !== undefined && Date.parse(key.expires_at) - Date.now() < weekMs
  return true
}

interface ViewPickerProps {
  readonly value: KeyView
  onChange(view: KeyView): void
}

function ViewPicker({ value, onChange }: ViewPickerProps): ReactNode {
  return (
    <NativeSelect
      size="xs"
      aria-label="Which keys"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value as KeyView)}
      data={Object.entries(views).map(([view, label]) => ({ value: view, label }))}
    />
  )
}

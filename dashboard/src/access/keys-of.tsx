/** The keys of a team or a user. */

import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { type ApiKey, keysQuery } from '../api/owners.ts'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { KeyMenu } from './key-menu.tsx'
import { KeyState, limitsText } from './key-state.tsx'
import { nameColumn } from './name-column.tsx'

interface KeysOfProps {
  readonly owner: { readonly team: string } | { readonly user: string }
}

const columns: readonly Column<ApiKey>[] = [
  nameColumn('key'),
  {
    title: 'State',
    narrow: 'main',
    text: ({ status }) => status,
    cell: (shown) => <KeyState shown={shown} />,
  },
  {
    title: 'Models',
    narrow: 'none',
    cell: ({ models }) => (models ? <UntrustedText text={models.join(', ')} /> : 'all'),
  },
  { title: 'Limits', narrow: 'fact', cell: (shown) => limitsText(shown) },
  {
    title: 'Expires',
    narrow: 'fact',
    cell: ({ expires_at: at }) => (at === undefined ? 'never' : <When at={at} />),
  },
  { title: 'Actions', narrow: 'action', isUntitled: true, cell: (shown) => <KeyMenu shown={shown} /> },
]

export function KeysOf({ owner }: KeysOfProps): ReactNode {
  const keys = useQuery(keysQuery)
  const isOwn = ({ team, user }: ApiKey) => ('team' in owner ? team === owner.team : user === owner.user)
  return (
    <TablePanel
      title="Keys"
      query={keys}
      what="the keys"
      columns={columns}
      idOf={({ id }) => id}
      pick={(all) => all.filter((key) => isOwn(key) && key.status !== 'revoked')}
      empty={<Empty title="No keys." />}
    />
  )
}

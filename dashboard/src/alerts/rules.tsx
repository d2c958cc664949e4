/** What is watched, from when it is an alert, and where that is told. */

import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask, type Item } from '../api/client.ts'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'

type Rule = Item<'GET /alert-rules'>

const columns: readonly Column<Rule>[] = [
  { title: 'Kind', cell: ({ kind }) => kind },
  { title: 'Watched', narrow: 'line', cell: ({ watches }) => watches },
  { title: 'Limit', narrow: 'fact', cell: ({ limit }) => limit ?? '-' },
  {
    title: 'Set in',
    narrow: 'none',
    cell: ({ setting }) => (setting === undefined ? '-' : <code>{setting}</code>),
  },
  {
    title: 'Told to',
    narrow: 'fact',
    cell: ({ channels }) => <UntrustedText text={channels.length > 0 ? channels.join(', ') : 'nobody'} />,
  },
]

export function Rules(): ReactNode {
  const rules = useQuery({
    queryKey: ['alert-rules'],
    queryFn: ({ signal }) => ask('GET /alert-rules', { signal }),
    staleTime: 60_000,
  })
  return (
    <TablePanel
      title="Rules"
      query={rules}
      what="the rules"
      columns={columns}
      idOf={({ kind }) => kind}
      empty={<Empty title="Nothing is watched." />}
    />
  )
}

/** What moved a route, by whom and why, the newest first. */

import type { ReactNode } from 'react'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import type { Move } from './route-queries.ts'

const columns: readonly Column<Move>[] = [
  { title: 'When', cell: ({ at }) => <When at={at} /> },
  { title: 'What', narrow: 'main', cell: ({ kind }) => kind },
  { title: 'From', isNumber: true, cell: ({ from }) => (from === undefined ? '-' : `@${from}`) },
  { title: 'To', isNumber: true, cell: ({ to }) => `@${to}` },
  { title: 'Who', cell: ({ actor }) => <UntrustedText text={actor} /> },
  {
    title: 'Why',
    narrow: 'line',
    cell: ({ reason }) => (reason === undefined ? '' : <UntrustedText text={reason} />),
  },
]

export function RouteMoves({ moves }: { readonly moves: readonly Move[] }): ReactNode {
  if (moves.length === 0) return <Empty title="Nothing has moved it yet." />
  return (
    <DataTable
      caption="Moves of the route"
      columns={columns}
      things={moves}
      idOf={({ at, kind, to }) => `${at} ${kind} ${to}`}
    />
  )
}

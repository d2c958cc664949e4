/** The teams: who shares keys, and what they are charged? */

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { formatUsd } from '../format/number.ts'
import { useCreating } from '../api/creating.ts'
import { May } from '../session/may.tsx'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { When } from '../ui/when.tsx'
import { keysQuery, type Team, teamsQuery, usersQuery } from '../api/owners.ts'
import { nameColumn } from './name-column.tsx'
import { budgetColumn, costColumn, dearestFirst, useOwnerFigures } from './owner-figures.tsx'
import { TeamForm } from './team-form.tsx'
import { TeamMenu } from './team-menu.tsx'

export function TeamsPage(): ReactNode {
  const teams = useQuery(teamsQuery)
  const users = useQuery(usersQuery).data?.data
  const keys = useQuery(keysQuery).data?.data
  const figures = useOwnerFigures('team')
  const [isCreating, setCreating] = useCreating()
  const counted = (things: readonly { team?: string | undefined }[] | undefined, { id }: Team) =>
    things ? String(things.filter(({ team }) => team === id).length) : '-'
  const active = keys?.filter(({ status }) => status === 'active')
  const columns: Column<Team>[] = [
    nameColumn('team'),
    { title: 'Members', narrow: 'fact', isNumber: true, cell: (team) => counted(users, team) },
    { title: 'Active keys', narrow: 'fact', isNumber: true, cell: (team) => counted(active, team) },
    costColumn(figures),
    budgetColumn(figures),
    {
      title: 'Mark-up',
      narrow: 'none',
      isNumber: true,
      cell: ({ markup_percent: percent }) => `${percent} %`,
    },
    {
      title: 'Credit',
      narrow: 'none',
      isNumber: true,
      cell: ({ credit_usd: usd }) => (usd === undefined ? 'billed afterwards' : formatUsd(Number(usd))),
    },
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
      cell: (team) => <TeamMenu team={team} />,
    },
  ]
  return (
    <Page
      title="Teams"
      name="Teams"
      action={
        <May call="POST /teams">
          <Button onClick={() => setCreating(true)}>Create team</Button>
        </May>
      }
    >
      <TablePanel
        title="Teams"
        query={teams}
        what="the teams"
        columns={columns}
        idOf={({ id }) => id}
        pick={(all) => dearestFirst(all, figures)}
        fileName="teams"
        empty={<Empty title="No teams yet.">A team shares keys, a mark-up and a credit.</Empty>}
      />
      {isCreating && <TeamForm onClose={() => setCreating(false)} />}
    </Page>
  )
}

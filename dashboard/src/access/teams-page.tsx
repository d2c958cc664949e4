/** The teams: who shares keys, and what they are charged? */

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { formatUsd } from '../format/number.ts'
import { WhoMay } from '../session/who-may.tsx'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { RowMenu } from '../ui/row-menu.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { keysQuery, type Team, teamsQuery, usersQuery } from '../api/owners.ts'
import { RemoveOwner } from './remove-owner.tsx'
import { TeamForm } from './team-form.tsx'

type Action =
  | { readonly verb: 'create' }
  | { readonly verb: 'edit'; readonly team: Team }
  | { readonly verb: 'remove'; readonly team: Team }

export function TeamsPage(): ReactNode {
  const teams = useQuery(teamsQuery)
  const users = useQuery(usersQuery).data?.data
  const keys = useQuery(keysQuery).data?.data
  const [action, setAction] = useState<Action>()
  const end = () => setAction(undefined)
  const counted = (things: readonly { team?: string | undefined }[] | undefined, { id }: Team) =>
    things ? String(things.filter(({ team }) => team === id).length) : '-'
  const active = keys?.filter(({ status }) => status === 'active')
  const columns: Column<Team>[] = [
    {
      title: 'Name',
      text: ({ name }) => name,
      cell: ({ name }) => (
        <Link to="/spend" search={{ by: 'team' }}>
          <UntrustedText text={name} />
        </Link>
      ),
    },
    { title: 'Members', isNumber: true, cell: (team) => counted(users, team) },
    { title: 'Active keys', isNumber: true, cell: (team) => counted(active, team) },
    { title: 'Mark-up', isNumber: true, cell: ({ markup_percent: percent }) => `${percent} %` },
    {
      title: 'Credit',
      isNumber: true,
      cell: ({ credit_usd: usd }) => (usd === undefined ? 'billed afterwards' : formatUsd(Number(usd))),
    },
    { title: 'Created', text: ({ created_at: at }) => at, cell: ({ created_at: at }) => <When at={at} /> },
    {
      title: 'Actions',
      isUntitled: true,
      cell: (team) => (
        <WhoMay policy="teams:write">
          <RowMenu
            of={team.name}
            actions={[
              { label: 'Edit…', run: () => setAction({ verb: 'edit', team }) },
              { label: 'Remove…', isDanger: true, run: () => setAction({ verb: 'remove', team }) },
            ]}
          />
        </WhoMay>
      ),
    },
  ]
  return (
    <Page
      title="Teams"
      name="Teams"
      action={
        <WhoMay policy="teams:write">
          <Button onClick={() => setAction({ verb: 'create' })}>Create team</Button>
        </WhoMay>
      }
    >
      <TablePanel
        title="Teams"
        query={teams}
        what="the teams"
        columns={columns}
        idOf={({ id }) => id}
        fileName="teams"
        empty={<Empty title="No teams yet.">A team shares keys, a mark-up and a credit.</Empty>}
      />
      {action?.verb === 'create' && <TeamForm onClose={end} />}
      {action?.verb === 'edit' && <TeamForm team={action.team} onClose={end} />}
      {action?.verb === 'remove' && <RemoveOwner kind="teams" owner={action.team} onClose={end} />}
    </Page>
  )
}

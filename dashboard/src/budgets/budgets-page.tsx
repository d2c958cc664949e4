/** The budgets: who will hit a cap? */

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { exactly } from '../api/filter-text.ts'
import { useCreating } from '../api/creating.ts'
import { useRefreshOn } from '../api/live-refresh.ts'
import { budgetsQuery } from '../api/shared-queries.ts'
import { keysQuery, nameOf, teamsQuery, usersQuery } from '../api/owners.ts'
import { formatShare, formatUsd } from '../format/number.ts'
import { visible } from '../format/visible.ts'
import { May } from '../session/may.tsx'
import { BudgetBar } from '../ui/budget-bar.tsx'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { RowMenu } from '../ui/row-menu.tsx'
import { Status } from '../ui/status.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { When } from '../ui/when.tsx'
import { BudgetForm } from './budget-form.tsx'
import { type Budget, type BudgetRow, isOfTeam, periodText, rowsOf, shareOf } from './budget-rows.ts'
import { paceOf } from './pace.ts'
import { RemoveBudget } from './remove-budget.tsx'

type Action =
  | { readonly verb: 'edit'; readonly budget: Budget }
  | { readonly verb: 'remove'; readonly budget: Budget }

const liveNames = ['budgets']

const route = getRouteApi('/budgets')

export function BudgetsPage(): ReactNode {
  const { team } = route.useSearch()
  const budgets = useQuery(budgetsQuery)
  useRefreshOn('request', liveNames, 3_000)
  // A threshold that is reached is told at once.
  useRefreshOn('budget', liveNames, 1_000)
  const keys = useQuery(keysQuery).data?.data ?? []
  const users = useQuery(usersQuery).data?.data ?? []
  const teams = useQuery(teamsQuery).data?.data ?? []
  const owners = { key: keys, user: users, team: teams }
  const [action, setAction] = useState<Action>()
  const [isCreating, setCreating] = useCreating()
  const end = () => setAction(undefined)
  const query = { ...budgets, data: budgets.data && { data: rowsOf(budgets.data.data) } }
  return (
    <Page
      title="Budgets"
      name="Budgets"
      action={
        <May call="POST /budgets">
          <Button onClick={() => setCreating(true)}>Create budget</Button>
        </May>
      }
    >
      <TablePanel
        title="Budgets"
        query={query}
        what="the budgets"
        columns={columnsOf(owners, budgets.dataUpdatedAt, setAction)}
        idOf={({ id }) => id}
        pick={(rows) =>
          team === undefined ? rows : rows.filter((row) => isOfTeam(row, team, { keys, users }))
        }
        fileName="budgets"
        empty={
          team === undefined ? (
            <Empty title="No budgets.">A hard cap is never crossed, even by parallel calls.</Empty>
          ) : (
            <Empty title="No budget bounds this team, its users or its keys." />
          )
        }
      />
      {isCreating && <BudgetForm onClose={() => setCreating(false)} />}
      {action?.verb === 'edit' && <BudgetForm budget={action.budget} onClose={end} />}
      {action?.verb === 'remove' && <RemoveBudget budget={action.budget} onClose={end} />}
    </Page>
  )
}

type NamedOwners = Readonly<
  Record<'team' | 'user' | 'key', readonly { readonly id: string; readonly name: string }[]>
>

function subjectText({ budget: { scope }, subject }: BudgetRow, owners: NamedOwners): string {
  if (scope === 'organisation') return 'Everything'
  if (subject === undefined) return `each ${scope}`
  const isOwner = scope === 'team' || scope === 'user' || scope === 'key'
  return `${scope} ${isOwner ? nameOf(owners[scope], subject) : visible(subject)}`
}

/** `nowMs`: when the budgets were asked for. */
function columnsOf(
  owners: NamedOwners,
  nowMs: number,
  onPick: (action: Action) => void,
): Column<BudgetRow>[] {
  const subjectOf = (row: BudgetRow) => subjectText(row, owners)
  return [
    { title: 'Whose', text: subjectOf, cell: (row) => <Whose row={row} owners={owners} /> },
    { title: 'Period', narrow: 'fact', cell: ({ budget }) => periodText(budget) },
    {
      title: 'Used',
      narrow: 'line',
      order: { name: 'used', of: shareOf },
      text: (row) => formatShare(shareOf(row)),
      cell: (row) => <Used row={row} nowMs={nowMs} />,
    },
    {
      title: 'Spent',
      narrow: 'main',
      isNumber: true,
      order: { name: 'spent', of: ({ spentUsd }) => spentUsd },
      text: ({ spentUsd }) => String(spentUsd),
      cell: (row) => <Spent row={row} />,
    },
    { title: 'Reserved', narrow: 'none', isNumber: true, cell: ({ reservedUsd }) => formatUsd(reservedUsd) },
    {
      title: 'Cap',
      narrow: 'fact',
      isNumber: true,
      order: { name: 'cap', of: ({ capUsd }) => capUsd },
      cell: ({ capUsd }) => formatUsd(capUsd),
    },
    {
      title: 'Left',
      narrow: 'fact',
      isNumber: true,
      order: { name: 'left', of: ({ leftUsd }) => leftUsd },
      cell: ({ leftUsd }) => formatUsd(leftUsd),
    },
    {
      title: 'Resets',
      narrow: 'none',
      text: ({ budget }) => budget.period_ends_at ?? '',
      cell: ({ budget: { period_ends_at: at, window } }) =>
        at === undefined ? window === 'rolling' ? 'rolling' : 'never' : <When at={at} />,
    },
    {
      title: 'Mode',
      narrow: 'fact',
      text: ({ budget }) => budget.cap,
      cell: (row) => <Mode row={row} />,
    },
    {
      title: 'Actions',
      narrow: 'action',
      isUntitled: true,
      cell: (row) => <BudgetMenu row={row} name={subjectOf(row)} onPick={onPick} />,
    },
  ]
}

const ownerPages = { team: '/teams/$id', user: '/users/$id', key: '/keys/$id' } as const

interface WhoseProps {
  readonly row: BudgetRow
  readonly owners: NamedOwners
}

/** It leads to the key, the team or the user, where it is of one that is known. */
function Whose({ row, owners }: WhoseProps): ReactNode {
  const { subject: id } = row
  const { scope } = row.budget
  const name = subjectText(row, owners)
  if (scope !== 'team' && scope !== 'user' && scope !== 'key') return name
  if (id === undefined || !owners[scope].some((owner) => owner.id === id)) return name
  return (
    <Link to={ownerPages[scope]} params={{ id }}>
      {name}
    </Link>
  )
}

interface UsedProps {
  readonly row: BudgetRow
  /** When the budgets were asked for. */
  readonly nowMs: number
}

function Used({ row, nowMs }: UsedProps): ReactNode {
  const { budget, spentUsd, reservedUsd, capUsd } = row
  const pace = paceOf(budget, spentUsd, nowMs)
  return (
    <span className="budget-used">
      <BudgetBar
        spent={spentUsd}
        reserved={reservedUsd}
        cap={capUsd}
        warnAt={Math.min(1, ...budget.alert_at)}
        pace={pace}
      />
      {formatShare(shareOf(row))}
      {pace !== undefined && pace > 0 && (
        <small data-over={pace > capUsd}>est. {formatUsd(pace)} at the end</small>
      )}
    </span>
  )
}

/** Of a month it leads to what it was spent on. */
function Spent({ row: { budget, subject, spentUsd } }: { readonly row: BudgetRow }): ReactNode {
  const { scope, period, window } = budget
  const isMonth = period === 'month' && window === 'calendar'
  // Of a model the budget has the provider's name too.
  if (!isMonth || scope === 'model' || subject?.includes('*')) return formatUsd(spentUsd)
  return (
    <Link
      to="/spend"
      search={scope === 'organisation' || subject === undefined ? {} : { [scope]: exactly(subject) }}
    >
      {formatUsd(spentUsd)}
    </Link>
  )
}

/** What it does when it is used up, and whether that is so now. */
function Mode({ row }: { readonly row: BudgetRow }): ReactNode {
  const { cap, fallback } = row.budget
  const isReached = shareOf(row) >= 1
  if (cap === 'hard')
    return isReached ? (
      <Status tone="bad">hard, refuses now</Status>
    ) : (
      <Status tone="info">hard, refuses</Status>
    )
  const effect = fallback === undefined ? 'soft, tells' : `soft, goes to ${visible(fallback)}`
  return isReached ? <Status tone="warn">{effect}</Status> : effect
}

interface BudgetMenuProps {
  readonly row: BudgetRow
  readonly name: string
  onPick(action: Action): void
}

function BudgetMenu({ row: { budget }, name, onPick }: BudgetMenuProps): ReactNode {
  // What the configuration declares, or a team's credit, is changed there.
  if (budget.origin !== 'stored') return <span className="dim">{budget.origin}</span>
  return (
    <May call="PUT /budgets/{id}">
      <RowMenu
        of={`the budget of ${name}`}
        actions={[
          { label: 'Edit…', run: () => onPick({ verb: 'edit', budget }) },
          { label: 'Remove…', isDanger: true, run: () => onPick({ verb: 'remove', budget }) },
        ]}
      />
    </May>
  )
}

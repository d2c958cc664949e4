/** What the pages of a key, a team and a user show alike: what was spent, what bounds it, and what was asked last. */

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask, type Item } from '../api/client.ts'
import { exactly } from '../api/filter-text.ts'
import { costOf, usageQuery } from '../api/usage.ts'
import { formatMs, formatUsd, usdTicks } from '../format/number.ts'
import { visible } from '../format/visible.ts'
import { ranges } from '../ranges.ts'
import { useMay } from '../session/me.ts'
import { BudgetBar } from '../ui/budget-bar.tsx'
import { DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Panel } from '../ui/panel.tsx'
import { Status } from '../ui/status.tsx'
import { TimeChart } from '../ui/time-chart.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'

interface OwnerPanelsProps extends OwnerProps {
  readonly facts: ReactNode
  /** On the right of their heading. */
  readonly state?: ReactNode
  readonly limits?: ReactNode
}

const titles = { key: 'Key', team: 'Team', user: 'User' } as const

interface OwnerProps {
  readonly scope: 'key' | 'team' | 'user'
  readonly id: string
}

const dayMs = 86_400_000
const shownRequests = 10

export function OwnerPanels({ scope, id, facts, state, limits }: OwnerPanelsProps): ReactNode {
  const seesTraffic = useMay('GET /budgets')
  return (
    <div className="grid">
      <Panel title={titles[scope]} className="four" aside={state}>
        {facts}
      </Panel>
      <Panel title="Cost, 30 days" className="eight">
        <OwnerSpend scope={scope} id={id} />
      </Panel>
      {limits !== undefined && (
        <Panel title="Limits" className="four">
          {limits}
        </Panel>
      )}
      {seesTraffic && (
        <Panel title="Budgets" className={limits === undefined ? '' : 'eight'}>
          <OwnerBudgets scope={scope} id={id} />
        </Panel>
      )}
    </div>
  )
}

function OwnerSpend({ scope, id }: OwnerProps): ReactNode {
  const usage = useQuery(usageQuery({ range: '30d' }, 'day', { [scope]: exactly(id) }))
  return (
    <Loaded query={usage} what="the cost" height={244}>
      {({ data }) => {
        const toMs = Math.ceil(usage.dataUpdatedAt / dayMs) * dayMs
        const days = ranges['30d'].spanMs / dayMs
        const fromMs = toMs - days * dayMs
        const values = Array.from({ length: days }, () => 0)
        for (const one of data) {
          const index = Math.round((Date.parse(one.day ?? '') - fromMs) / dayMs)
          if (index >= 0 && index < days) values[index] = costOf(one)
        }
        const total = values.reduce((sum, value) => sum + value, 0)
        if (total === 0) return <Empty title="No cost in 30 days." />
        return (
          <TimeChart
            kind="bars"
            caption={`${formatUsd(total)} in 30 days, at most ${formatUsd(Math.max(...values))} a day.`}
            fromMs={fromMs}
            bucketMs={dayMs}
            format={formatUsd}
            formatTicks={usdTicks}
            series={[{ name: 'Charged', color: 'var(--series-1)', values }]}
          />
        )
      }}
    </Loaded>
  )
}

function OwnerBudgets({ scope, id }: OwnerProps): ReactNode {
  const budgets = useQuery({
    queryKey: ['budgets', 'of', scope],
    queryFn: ({ signal }) => ask('GET /budgets', { query: { scope, limit: 1_000 }, signal }),
    refetchInterval: 15_000,
  })
  return (
    <Loaded query={budgets} what="the budgets" height={120}>
      {({ data }) => {
        const own = data.flatMap((budget) => {
          const state = budget.states.find(({ subject }) => subject === id)
          return state ? [{ budget, state }] : []
        })
        if (own.length === 0) return <Empty title="No budget has counted anything here yet." />
        return (
          <ul className="owner-budgets">
            {own.map(({ budget, state }) => (
              <li key={budget.id}>
                <span>
                  {formatUsd(Number(state.spent_usd))} of {formatUsd(Number(budget.usd))}{' '}
                  {budget.period === 'total' ? 'in total' : `a ${budget.period}`}
                </span>
                <BudgetBar
                  spent={Number(state.spent_usd)}
                  reserved={Number(state.reserved_usd)}
                  cap={Number(budget.usd)}
                  warnAt={Math.min(1, ...budget.alert_at)}
                />
              </li>
            ))}
          </ul>
        )
      }}
    </Loaded>
  )
}

type RequestRow = Item<'GET /requests'>

export function LastRequests({ scope, id }: OwnerProps): ReactNode {
  const may = useMay('GET /requests')
  const requests = useQuery({
    queryKey: ['requests', 'last', scope, id],
    queryFn: ({ signal }) => ask('GET /requests', { query: { [scope]: id, limit: shownRequests }, signal }),
    enabled: may,
  })
  if (!may) return null
  return (
    <Panel
      title="Last requests"
      isFlush
      aside={
        <Link to="/requests" search={{ [scope]: id }}>
          All requests
        </Link>
      }
    >
      <Loaded query={requests} what="the requests" height={200}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title="No requests yet." />
          ) : (
            <DataTable
              caption="Last requests"
              things={data}
              idOf={(row: RequestRow) => row.id}
              columns={[
                {
                  title: 'When',
                  cell: (row) => (
                    <Link to="/requests/$id" params={{ id: row.id }}>
                      <When at={row.created_at} />
                    </Link>
                  ),
                },
                {
                  title: 'Status',
                  narrow: 'main',
                  cell: ({ status, code }) => (
                    <Status tone={status < 400 ? 'ok' : status < 500 ? 'warn' : 'bad'}>
                      {status} {code ?? 'ok'}
                    </Status>
                  ),
                },
                {
                  title: 'Asked for',
                  narrow: 'fact',
                  cell: (row) => <UntrustedText text={row.requested_model} />,
                },
                {
                  title: 'Answered by',
                  narrow: 'none',
                  cell: ({ provider, model = '' }) =>
                    provider === undefined ? '-' : visible(`${provider}/${model}`),
                },
                { title: 'Total', narrow: 'fact', isNumber: true, cell: (row) => formatMs(row.duration_ms) },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  )
}

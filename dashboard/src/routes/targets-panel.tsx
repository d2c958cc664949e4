/** The targets in force of a route: which part of the attempts each had in a day, how many failed, and how long it took. */

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { exactly } from '../api/filter-text.ts'
import { usageQuery } from '../api/usage.ts'
import { formatMs, formatShare } from '../format/number.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Panel } from '../ui/panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { useRouteSums } from './route-sums.ts'
import { attemptsOf, type Target, type TargetAttempts, targetFilter } from './target-figures.ts'

interface Row extends Target, Partial<TargetAttempts> {
  readonly order: number
  readonly p95Ms: number | undefined
}

interface TargetsPanelProps {
  readonly route: string
  readonly targets: readonly Target[]
}

export function TargetsPanel({ route, targets }: TargetsPanelProps): ReactNode {
  const usage = useQuery(usageQuery({ range: '24h' }, 'provider,model', { route: exactly(route) }))
  const groups = useRouteSums(route)?.groups ?? []
  const times = new Map(groups.map(({ provider, model, duration_ms: of }) => [`${provider}/${model}`, of]))
  const attempts = usage.data && attemptsOf(usage.data.data)
  const rows = targets.map((target, index) => ({
    ...target,
    ...attempts?.get(target.target),
    order: index + 1,
    p95Ms: times.get(target.target)?.p95,
  }))
  return (
    <Panel title="Targets" className="six" isFlush>
      <DataTable
        caption="Targets in force"
        columns={columnsOf(route)}
        things={rows}
        idOf={({ order }) => String(order)}
      />
    </Panel>
  )
}

function columnsOf(route: string): Column<Row>[] {
  return [
    {
      title: 'Target',
      cell: ({ order, target }) => (
        <>
          <span className="dim">{order}.</span> <UntrustedText text={target} />
        </>
      ),
    },
    {
      title: 'Weight',
      isNumber: true,
      cell: ({ weight }) => (weight === undefined ? '-' : String(weight)),
    },
    {
      title: 'Share, 24 h',
      isNumber: true,
      cell: ({ target, share }) =>
        share === undefined ? (
          '-'
        ) : (
          <Link to="/requests" search={{ route: exactly(route), ...targetFilter(target) }}>
            {formatShare(share)}
          </Link>
        ),
    },
    {
      title: 'Failed',
      isNumber: true,
      cell: ({ failed }) => (failed === undefined ? '-' : formatShare(failed)),
    },
    { title: 'p95', isNumber: true, cell: ({ p95Ms }) => (p95Ms === undefined ? '-' : formatMs(p95Ms)) },
  ]
}

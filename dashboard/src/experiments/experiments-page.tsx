/** The experiments on live traffic: is another arm safe, and better yet? */

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask } from '../api/client.ts'
import { formatCount } from '../format/number.ts'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { type Experiment, metricNames, stateOf, unitsOf } from './experiment-view.ts'

const columns: readonly Column<Experiment>[] = [
  {
    title: 'Route',
    text: ({ route }) => route,
    cell: ({ route }) => (
      <Link to="/experiments/$route" params={{ route }}>
        <UntrustedText text={route} />
      </Link>
    ),
  },
  { title: 'Name', text: ({ name }) => name, cell: ({ name }) => <UntrustedText text={name} /> },
  {
    title: 'State',
    narrow: 'main',
    text: (experiment) => stateOf(experiment).word,
    cell: (experiment) => <ExperimentState experiment={experiment} />,
  },
  { title: 'Decided by', cell: ({ metric }) => metricNames[metric] },
  { title: 'Arms', isNumber: true, cell: ({ arms }) => String(arms.length) },
  { title: 'Units', isNumber: true, cell: (experiment) => formatCount(unitsOf(experiment)) },
  { title: 'Began', text: ({ started_at: at }) => at, cell: ({ started_at: at }) => <When at={at} /> },
]

export function ExperimentsPage(): ReactNode {
  const experiments = useQuery({
    queryKey: ['experiments'],
    queryFn: ({ signal }) => ask('GET /experiments', { signal }),
    refetchInterval: 10_000,
  })
  return (
    <Page title="Experiments" name="Experiments">
      <TablePanel
        title="Experiments"
        query={experiments}
        what="the experiments"
        columns={columns}
        idOf={({ route, name }) => `${route} ${name}`}
        fileName="experiments"
        empty={
          <Empty title="No experiments.">
            <span>
              Set <code>strategy: experiment</code> on a route.
            </span>
          </Empty>
        }
      />
    </Page>
  )
}

export function ExperimentState({ experiment }: { readonly experiment: Experiment }): ReactNode {
  const { tone, word } = stateOf(experiment)
  return (
    <Status tone={tone}>
      <UntrustedText text={word} />
    </Status>
  )
}

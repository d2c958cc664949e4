/** The evaluations: which runs were there, and what did they find? */

import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask, type Item } from '../api/client.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { RunState } from './run-state.tsx'

type Run = Item<'GET /evals'>

const runningRefetchMs = 2_000

const columns: readonly Column<Run>[] = [
  {
    title: 'Suite',
    cell: ({ id, name }) => (
      <Link to="/evals/$id" params={{ id }}>
        <UntrustedText text={name} />
      </Link>
    ),
  },
  { title: 'Verdict', cell: (run) => <RunState run={run} /> },
  { title: 'Why', cell: ({ reason }) => (reason === undefined ? '-' : <UntrustedText text={reason} />) },
  { title: 'Started', cell: ({ created_at: at }) => <When at={at} /> },
  { title: 'Run', cell: ({ id }) => <code>{id}</code> },
]

export function EvalsPage(): ReactNode {
  const runs = useQuery({
    queryKey: ['evals'],
    queryFn: ({ signal }) => ask('GET /evals', { query: { limit: 100 }, signal }),
    refetchInterval: ({ state }) =>
      state.data?.data.some(({ status }) => status === 'running') ? runningRefetchMs : false,
  })
  return (
    <Page title="Evaluations" name="Evaluations">
      {runs.error ? (
        <LoadFault what="the runs" error={runs.error} retry={() => void runs.refetch()} />
      ) : (
        <Panel title="Runs" isFlush>
          {!runs.data ? (
            <Skeleton height={240} />
          ) : runs.data.data.length > 0 ? (
            <DataTable caption="Runs" columns={columns} things={runs.data.data} idOf={({ id }) => id} />
          ) : (
            <Empty title="No runs yet.">
              <span>
                Try <code>bin/weir eval run SUITE.yaml</code>.
              </span>
            </Empty>
          )}
        </Panel>
      )}
    </Page>
  )
}

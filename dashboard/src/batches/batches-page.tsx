/** The batches: when is each done, and what went wrong? */

import { Progress } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask } from '../api/client.ts'
import { useRefreshOn } from '../api/live-refresh.ts'
import { formatCount, formatMs, formatShare, formatUsd } from '../format/number.ts'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { type Batch, doneOf, isRunning, leftMsOf, rateOf, rateText, toneOf } from './batch-view.ts'
import './batches.css'

const runningRefetchMs = 2_000
const idleRefetchMs = 15_000
const liveNames = ['batches']

export function BatchesPage(): ReactNode {
  const batches = useQuery({
    queryKey: ['batches'],
    queryFn: ({ signal }) => ask('GET /batches', { query: { limit: 200 }, signal }),
    refetchInterval: ({ state }) =>
      state.data?.data.some(isRunning) === true ? runningRefetchMs : idleRefetchMs,
  })
  useRefreshOn('batch', liveNames, 1_000)
  return (
    <Page title="Batches" name="Batches">
      <TablePanel
        title="Batches"
        query={batches}
        what="the batches"
        columns={columnsAt(batches.dataUpdatedAt)}
        idOf={({ id }) => id}
        fileName="batches"
        empty={
          <Empty title="No batches.">
            <span>
              <code>POST /v1/batches</code> works with your SDK.
            </span>
          </Empty>
        }
      />
    </Page>
  )
}

function columnsAt(nowMs: number): Column<Batch>[] {
  return [
    {
      title: 'Batch',
      text: ({ id }) => id,
      cell: ({ id }) => (
        <Link to="/batches/$id" params={{ id }}>
          <code>{id}</code>
        </Link>
      ),
    },
    {
      title: 'State',
      narrow: 'main',
      text: ({ status }) => status,
      cell: (batch) => <BatchState batch={batch} />,
    },
    {
      title: 'Done',
      narrow: 'line',
      text: (batch) => `${doneOf(batch)} of ${batch.total}`,
      cell: (batch) => <BatchProgress batch={batch} />,
    },
    { title: 'Failed', isNumber: true, cell: ({ failed }) => formatCount(failed) },
    { title: 'Rate', isNumber: true, cell: (batch) => rateText(rateOf(batch, nowMs)) },
    {
      title: 'Cost',
      isNumber: true,
      cell: ({ cost_usd: cost, max_usd: max }) =>
        `${formatUsd(Number(cost))}${max === undefined ? '' : ` of ${formatUsd(Number(max))}`}`,
    },
    {
      title: 'Left',
      isNumber: true,
      cell: (batch) => {
        const leftMs = leftMsOf(batch, nowMs)
        return leftMs === undefined ? '-' : formatMs(leftMs)
      },
    },
    {
      title: 'Key',
      text: ({ key_name: name }) => name,
      cell: ({ key_name: name }) => <UntrustedText text={name} />,
    },
    { title: 'Created', text: ({ created_at: at }) => at, cell: ({ created_at: at }) => <When at={at} /> },
  ]
}

export function BatchState({ batch }: { readonly batch: Batch }): ReactNode {
  return <Status tone={toneOf(batch)}>{batch.paused ? 'paused' : batch.status.replace('_', ' ')}</Status>
}

export function BatchProgress({ batch }: { readonly batch: Batch }): ReactNode {
  const share = batch.total === 0 ? 0 : doneOf(batch) / batch.total
  return (
    <span className="batch-progress">
      <Progress value={share * 100} size="md" aria-label={`${formatShare(share)} done`} />
      {formatCount(doneOf(batch))} of {formatCount(batch.total)}
    </span>
  )
}

/** One batch: how far is it, what does it cost, and which lines failed? */

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import { useRefreshOn } from '../api/live-refresh.ts'
import { formatCount, formatMs, formatShare, formatUsd } from '../format/number.ts'
import { May } from '../session/may.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { DetailPage } from '../ui/detail-page.tsx'
import { Facts } from '../ui/facts.tsx'
import { Figure } from '../ui/figure.tsx'
import { FigureGrid } from '../ui/figure-grid.tsx'
import { Panel } from '../ui/panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { type Batch, doneOf, isRunning, leftMsOf, rateOf, rateText } from './batch-view.ts'
import { BatchProgress, BatchState } from './batches-page.tsx'
import { FailedLines } from './failed-lines.tsx'
import { Throughput } from './throughput.tsx'
import './batches.css'

const route = getRouteApi('/batches/$id')

const runningRefetchMs = 1_000
const liveNames = ['batches']

export function BatchPage(): ReactNode {
  const { id } = route.useParams()
  const batch = useQuery({
    queryKey: ['batches', id],
    queryFn: ({ signal }) => ask('GET /batches/{id}', { params: { id }, signal }),
    refetchInterval: ({ state }) => (state.data && isRunning(state.data) ? runningRefetchMs : false),
  })
  useRefreshOn('batch', liveNames, 1_000)
  return (
    <DetailPage
      above={[{ label: 'Batches', link: { to: '/batches' } }]}
      kind="Batch"
      name={id}
      query={batch}
      action={
        batch.data &&
        isRunning(batch.data) && (
          <May call="POST /batches/{id}/cancel">
            <BatchActions batch={batch.data} />
          </May>
        )
      }
    >
      {(found) => <Found batch={found} nowMs={batch.dataUpdatedAt} />}
    </DetailPage>
  )
}

type Fault = Batch['faults'][number]

const faultColumns: readonly Column<Fault>[] = [
  { title: 'Line', isNumber: true, cell: ({ line }) => (line === undefined ? '-' : String(line)) },
  { title: 'Code', cell: ({ code }) => code },
  { title: 'What', narrow: 'line', cell: ({ message }) => <UntrustedText text={message} /> },
]

function Found({ batch, nowMs }: { readonly batch: Batch; readonly nowMs: number }): ReactNode {
  const leftMs = leftMsOf(batch, nowMs)
  const cost = Number(batch.cost_usd)
  return (
    <>
      <FigureGrid columns="three">
        <Figure
          label="Done"
          value={batch.total === 0 ? '-' : formatShare(doneOf(batch) / batch.total)}
          note={`${formatCount(doneOf(batch))} of ${formatCount(batch.total)} lines`}
        />
        <Figure label="Failed" value={formatCount(batch.failed)} note="lines" />
        <Figure
          label="Rate"
          value={rateText(rateOf(batch, nowMs))}
          note={leftMs === undefined ? '' : `${formatMs(leftMs)} left`}
        />
        <Figure
          label="Cost"
          value={formatUsd(cost)}
          note={batch.max_usd === undefined ? 'no cap' : `of ${formatUsd(Number(batch.max_usd))}`}
        />
      </FigureGrid>
      <Panel title="Progress" aside={<BatchState batch={batch} />}>
        <BatchProgress batch={batch} />
        <Facts
          facts={[
            ['Key', <UntrustedText key="key" text={batch.key_name} />],
            ['Endpoint', <code key="endpoint">{batch.endpoint}</code>],
            ['Created', <When key="created" at={batch.created_at} />],
            ['Started', batch.started_at && <When key="started" at={batch.started_at} />],
            ['Ended', batch.ended_at && <When key="ended" at={batch.ended_at} />],
            ['Expires', <When key="expires" at={batch.expires_at} />],
            ['Stopped because', batch.stop],
            ['Answers', batch.output_file_id && <code key="answers">{batch.output_file_id}</code>],
            ['Errors', batch.error_file_id && <code key="errors">{batch.error_file_id}</code>],
          ]}
        />
      </Panel>
      <Throughput batch={batch} nowMs={nowMs} />
      {batch.failed > 0 && (
        <May call="GET /batches/{id}/results">
          <FailedLines batch={batch} />
        </May>
      )}
      {batch.faults.length > 0 && (
        <Panel title="Faults of the file" isFlush>
          <DataTable
            caption="Faults of the file"
            columns={faultColumns}
            things={batch.faults}
            idOf={({ line, code, message }) => `${line} ${code} ${message}`}
          />
        </Panel>
      )}
    </>
  )
}

function BatchActions({ batch }: { readonly batch: Batch }): ReactNode {
  const [isCancelling, setCancelling] = useState(false)
  const params = { id: batch.id }
  const pause = useChange({
    change: () => ask(batch.paused ? 'POST /batches/{id}/resume' : 'POST /batches/{id}/pause', { params }),
    stale: ['batches'],
  })
  const cancel = useChange({
    change: () => ask('POST /batches/{id}/cancel', { params }),
    stale: ['batches'],
    onDone: () => setCancelling(false),
  })
  const done = doneOf(batch)
  return (
    <div className="row">
      {pause.error && <span role="alert">{pause.error.message}</span>}
      <Button variant="default" loading={pause.isPending} onClick={() => pause.mutate()}>
        {batch.paused ? 'Go on' : 'Pause'}
      </Button>
      <Button color="red" variant="outline" onClick={() => setCancelling(true)}>
        Cancel…
      </Button>
      {isCancelling && (
        <Confirm
          title="Cancel the batch"
          effect={`${formatCount(done)} lines are kept. ${formatCount(batch.total - done)} will not run.`}
          verb="Cancel the batch"
          isPending={cancel.isPending}
          error={cancel.error}
          onConfirm={cancel.mutate}
          onClose={() => setCancelling(false)}
        />
      )}
    </div>
  )
}

/** How many lines of a batch began in a second, while it ran: from the records of its requests. */

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask, type Reply } from '../api/client.ts'
import { exactly } from '../api/filter-text.ts'
import { formatCount } from '../format/number.ts'
import { Empty } from '../ui/empty.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Panel } from '../ui/panel.tsx'
import { TimeChart } from '../ui/time-chart.tsx'
import { type Batch, isRunning, rateText } from './batch-view.ts'

type Summary = Reply<'GET /requests/summary'>

const refetchMs = 5_000

interface ThroughputProps {
  readonly batch: Batch
  readonly nowMs: number
}

export function Throughput({ batch, nowMs }: ThroughputProps): ReactNode {
  const { id, started_at: startedAt, ended_at: endedAt } = batch
  const tag = exactly(`batch:${id}`)
  const isOn = isRunning(batch)
  const summary = useQuery({
    queryKey: ['requests-summary', 'batch', id, endedAt],
    queryFn: ({ signal }) =>
      ask('GET /requests/summary', {
        query: { tag, from: startedAt, ...(endedAt !== undefined && { to: endedAt }) },
        signal,
      }),
    enabled: startedAt !== undefined,
    refetchInterval: isOn && refetchMs,
  })
  if (startedAt === undefined) return null
  return (
    <Panel
      title="Throughput"
      aside={
        <Link to="/requests" search={{ tag, from: startedAt, to: endedAt ?? new Date(nowMs).toISOString() }}>
          Open its requests
        </Link>
      }
    >
      <Loaded query={summary} what="the throughput">
        {(found) =>
          found.requests > 0 ? (
            <Lines summary={found} isOn={isOn} />
          ) : (
            <Empty title={isOn ? 'No line is answered yet.' : 'No request of it is recorded.'}>
              Lines that a provider answers in batches of its own are told only when it is done.
            </Empty>
          )
        }
      </Loaded>
    </Panel>
  )
}

function Lines({ summary, isOn }: { readonly summary: Summary; readonly isOn: boolean }): ReactNode {
  const { from, step_ms: stepMs, steps, requests, errors } = summary
  const rates = (of: 'requests' | 'errors') => steps.map((step) => (1_000 * step[of]) / stepMs)
  const most = Math.max(...rates('requests'))
  return (
    <TimeChart
      kind="lines"
      caption={`${formatCount(requests)} lines began, at most ${rateText(most)}; ${formatCount(errors)} of them failed.`}
      fromMs={Date.parse(from)}
      bucketMs={stepMs}
      format={(rate) => rateText(rate)}
      runningAt={isOn ? steps.length - 1 : undefined}
      series={[
        { name: 'Lines', color: 'var(--series-1)', values: rates('requests') },
        ...(errors > 0 ? [{ name: 'Failed', color: 'var(--bad)', values: rates('errors') }] : []),
      ]}
    />
  )
}

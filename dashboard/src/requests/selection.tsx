/** What the requests of a selection come to: how many, how many failed, what they cost, how long they took, and when they came. */

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask, type Reply } from '../api/client.ts'
import { useRefreshOn } from '../api/live-refresh.ts'
import { formatCount, formatMs, formatShare, formatUsd } from '../format/number.ts'
import { Figure } from '../ui/figure.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { filterQuery, type Filters } from './filters.ts'
import { boundsOf, isLive, type Span } from '../ranges.ts'
import { TimeHistogram } from './time-histogram.tsx'
import '../ui/panel.css'
import './requests.css'

type Summary = Reply<'GET /requests/summary'>

const liveNames = ['requests-summary'] as const

interface SelectionProps {
  readonly span: Span
  readonly filters: Filters
  onZoom(fromMs: number, toMs: number): void
}

export function Selection({ span, filters, onZoom }: SelectionProps): ReactNode {
  const summary = useQuery({
    queryKey: ['requests-summary', span, filters],
    queryFn: ({ signal }) => {
      const { fromMs, toMs } = boundsOf(span, Date.now())
      return ask('GET /requests/summary', {
        query: { ...filterQuery(filters), from: String(fromMs), ...(!isLive(span) && { to: String(toMs) }) },
        signal,
      })
    },
    placeholderData: keepPreviousData,
  })
  useRefreshOn('request', liveNames)
  if (summary.error && !summary.data)
    return <LoadFault what="the selection" error={summary.error} retry={() => void summary.refetch()} />
  const { data } = summary
  return (
    <div className="selection">
      <div className="selection-figures">
        <Figures summary={data} />
      </div>
      <section className="panel selection-histogram" aria-label="Requests over time">
        {data && (
          <TimeHistogram
            fromMs={Date.parse(data.from)}
            stepMs={data.step_ms}
            steps={data.steps}
            onZoom={onZoom}
          />
        )}
      </section>
    </div>
  )
}

function Figures({ summary }: { readonly summary: Summary | undefined }): ReactNode {
  const failedNote =
    summary && summary.requests > 0 ? formatShare(summary.errors / summary.requests) : undefined
  const unknown = summary?.costs_unknown ?? 0
  return (
    <>
      <Figure label="Requests" value={summary && formatCount(summary.requests)} note="in this selection" />
      <Figure
        label="Failed"
        value={summary && formatCount(summary.errors)}
        note={failedNote === undefined ? ' ' : `${failedNote} of them`}
      />
      <Figure
        label="Cost"
        value={summary && formatUsd(Number(summary.cost_usd))}
        note={unknown > 0 ? `${formatCount(unknown)} of unknown cost` : ' '}
      />
      <Figure
        label="Total p95"
        value={summary && (summary.duration_ms ? formatMs(summary.duration_ms.p95) : '-')}
        note="of those answered"
      />
    </>
  )
}

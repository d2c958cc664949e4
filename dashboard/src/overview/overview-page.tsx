/** The overview: is it healthy, and what does it cost now? */

import { useInterval } from '@mantine/hooks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useCallback, useMemo, useRef, useState } from 'react'
import type { LiveEvent, RequestRow } from '../api/live-feed.ts'
import { useLiveEvents } from '../api/live-feed-context.ts'
import { defaultRange, type RangeName, ranges } from '../ranges.ts'
import { Empty } from '../ui/empty.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { RangePicker } from '../ui/range-picker.tsx'
import { Attention } from './attention.tsx'
import { FigureRow } from './figure-row.tsx'
import { addToHistory, ledgerHistory, type LedgerLine, requestHistory } from './history.ts'
import { LatencyChart } from './latency-chart.tsx'
import { ProviderHealth } from './provider-health.tsx'
import { figuresOf, lineAtMs, requestAtMs, type SpanRows, within } from './summary.ts'
import { TopLists } from './top-lists.tsx'
import { TrafficChart } from './traffic-chart.tsx'

const route = getRouteApi('/overview')

const tickMs = 2_000
const ledgerRefreshMs = 5_000
const none: readonly never[] = []

export function OverviewPage(): ReactNode {
  const { range = defaultRange } = route.useSearch()
  const navigate = route.useNavigate()
  const nowMs = useNow()
  const requests = useQuery(requestHistory(range))
  const ledger = useQuery(ledgerHistory(range))
  useLiveHistory(range)
  const { now, before } = useSpans(requests.data?.rows ?? none, ledger.data?.rows ?? none, nowMs, range)
  const isWhole = requests.data?.isWhole === true && ledger.data?.isWhole === true
  const isLoading = requests.isPending || ledger.isPending
  const error = requests.error ?? ledger.error
  return (
    <Page
      title="Overview"
      name="Overview"
      action={
        <RangePicker
          value={range}
          onChange={(next) => void navigate({ search: next === defaultRange ? {} : { range: next } })}
        />
      }
    >
      {error && <LoadFault what="the requests" error={error} retry={() => void requests.refetch()} />}
      <FigureRow
        now={isLoading ? undefined : now}
        before={isWhole && before.rows.length > 0 ? figuresOf(before.rows, before.lines) : undefined}
      />
      {requests.data?.isWhole === false && (
        <p className="dim">
          These figures are of the newest {requests.data.rows.length.toLocaleString('en-US')} requests.
        </p>
      )}
      <Attention />
      {requests.data && now.rows.length === 0 ? (
        <Panel title="Requests">
          <Empty title={`No requests in the last ${ranges[range].label}.`}>
            <span>
              Point a client at <code>{location.origin}/v1</code>.
            </span>
          </Empty>
        </Panel>
      ) : (
        <div className="grid">
          <Panel title="Requests" className="eight">
            <TrafficChart {...now} />
          </Panel>
          <Panel title="Providers" className="four">
            <ProviderHealth />
          </Panel>
          <Panel title="Latency">
            <LatencyChart {...now} />
          </Panel>
          <TopLists {...now} range={range} />
        </div>
      )}
    </Page>
  )
}

function useSpans(
  rows: readonly RequestRow[],
  lines: readonly LedgerLine[],
  nowMs: number,
  range: RangeName,
): { now: SpanRows; before: SpanRows } {
  return useMemo(() => {
    const { spanMs, bucketMs } = ranges[range]
    const endMs = Math.ceil(nowMs / bucketMs) * bucketMs
    const of = (toMs: number): SpanRows => {
      const span = { fromMs: toMs - spanMs, toMs, bucketMs }
      return { span, rows: within(rows, span, requestAtMs), lines: within(lines, span, lineAtMs) }
    }
    return { now: of(endMs), before: of(endMs - spanMs) }
  }, [rows, lines, nowMs, range])
}

function useNow(): number {
  // A little ahead, so that what ends this second is in the last bucket.
  const [nowMs, setNowMs] = useState(() => Date.now() + tickMs)
  useInterval(() => setNowMs(Date.now() + tickMs), tickMs, { autoInvoke: true })
  return nowMs
}

function useLiveHistory(range: RangeName): void {
  const queries = useQueryClient()
  const refreshedAtMs = useRef(-Infinity)
  const take = useCallback(
    (events: readonly LiveEvent[]) => {
      addToHistory(queries, range, events)
      const nowMs = performance.now()
      if (nowMs - refreshedAtMs.current < ledgerRefreshMs) return
      refreshedAtMs.current = nowMs
      void queries.invalidateQueries({ queryKey: ledgerHistory(range).queryKey })
    },
    [queries, range],
  )
  useLiveEvents(take)
}

/** The overview: is it healthy, and what does it cost now? */

import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useRefreshOn } from '../api/live-refresh.ts'
import { formatShare, formatUsd } from '../format/number.ts'
import { defaultRange, ranges } from '../ranges.ts'
import { May } from '../session/may.tsx'
import { Empty } from '../ui/empty.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { RangePicker } from '../ui/range-picker.tsx'
import { Attention } from './attention.tsx'
import { FigureRow } from './figure-row.tsx'
import { type Figures, figuresQuery } from '../api/figures.ts'
import { LatencyMap } from './latency-map.tsx'
import { ProviderHealth } from './provider-health.tsx'
import { spendingQuery } from './spending.ts'
import { TopLists } from './top-lists.tsx'
import { TrafficChart } from './traffic-chart.tsx'

const route = getRouteApi('/overview')

/** What was spent comes more slowly: it is sums of a ledger. */
const liveNames = ['figures']

export function OverviewPage(): ReactNode {
  const { range = defaultRange } = route.useSearch()
  const navigate = route.useNavigate()
  const figures = useQuery(figuresQuery(range))
  const spending = useQuery(spendingQuery(range))
  useRefreshOn('request', liveNames)
  const error = figures.error ?? spending.error
  const retry = () => void Promise.all([figures.refetch(), spending.refetch()])
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
      {error && <LoadFault what="the figures" error={error} retry={retry} />}
      <FigureRow range={range} figures={figures.data} spending={spending.data} />
      {spending.data?.isWhole === false && (
        <p className="dim">Cost and tokens are of the newest 5,000 calls; choose 24 h for whole sums.</p>
      )}
      <Attention />
      {figures.data?.now.requests === 0 ? (
        <NoRequests label={ranges[range].label} />
      ) : (
        <div className="grid">
          <Panel title="Requests" className="eight">
            {figures.data ? <TrafficChart figures={figures.data} /> : <Skeleton height={244} />}
          </Panel>
          <Panel title="Providers" className="four">
            <May call="GET /providers">
              <ProviderHealth />
            </May>
            {figures.data && <CacheSavings now={figures.data.now} />}
          </Panel>
          <Panel title="Latency">
            {figures.data ? <LatencyMap figures={figures.data} /> : <Skeleton height={244} />}
          </Panel>
          {spending.data && <TopLists named={spending.data.named} range={range} />}
        </div>
      )}
    </Page>
  )
}

function NoRequests({ label }: { readonly label: string }): ReactNode {
  return (
    <Panel title="Requests">
      <Empty title={`No requests in the last ${label}.`}>
        <span>
          Point a client at <code>{location.origin}/v1</code>. <Link to="/welcome">Open the guide</Link>
        </span>
      </Empty>
    </Panel>
  )
}

function CacheSavings({ now }: { readonly now: Figures }): ReactNode {
  const { cache_hits: hits, cache_misses: misses, cache_saved_usd: saved } = now
  if (hits + misses === 0) return null
  return (
    <p className="cache-savings">
      <Link to="/cache">Cache</Link> saved {formatUsd(Number(saved))}, {formatShare(hits / (hits + misses))}{' '}
      hits
    </p>
  )
}

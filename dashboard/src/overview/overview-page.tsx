/** The overview: is it healthy, and what does it cost now? */

import { Button, Skeleton } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense } from 'react'
import { ask } from '../api/client.ts'
import { type Figures, figuresQuery } from '../api/figures.ts'
import { useRefreshOn } from '../api/live-refresh.ts'
import { dimensions, readUsageFilter, type UsageFilter } from '../api/usage.ts'
import { formatShare, formatUsd } from '../format/number.ts'
import { spanText } from '../format/span.ts'
import { isLive, readSpanSearch, type Span, spanSearch } from '../ranges.ts'
import { May } from '../session/may.tsx'
import { Empty } from '../ui/empty.tsx'
import { FilterChips } from '../ui/filter-chips.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { useSpan } from '../use-span.ts'
import { Attention } from './attention.tsx'
import { FigureRow } from './figure-row.tsx'
import { LatencyMap } from './latency-map.tsx'
import { ProviderHealth } from './provider-health.tsx'
import { spendingQuery } from './spending.ts'
import { TopLists } from './top-lists.tsx'
import { TrafficChart } from './traffic-chart.tsx'

/** It brings a library of its own. */
const LiveTraffic = lazy(async () => ({ default: (await import('./live-traffic.tsx')).LiveTraffic }))

const route = getRouteApi('/overview')

/** What was spent comes more slowly: it is sums of a ledger. */
const liveNames = ['figures']

export function OverviewPage(): ReactNode {
  const { span, isCompared } = useSpan()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const where = readUsageFilter(search)
  const { team, ...chips } = where
  const figures = useQuery(figuresQuery(span, where, isCompared))
  const spending = useQuery(spendingQuery(span, where, isCompared))
  useRefreshOn('request', liveNames)
  const error = figures.error ?? spending.error
  const retry = () => void Promise.all([figures.refetch(), spending.refetch()])
  const setFilters = (next: UsageFilter) =>
    void navigate({ search: { ...readSpanSearch(search), team, ...next }, resetScroll: false })
  const isRunning = isLive(span)
  const isBySecond = 'range' in span && span.range === '15m'
  // What waits for a person comes first where not all is in view.
  const isNarrow = useMediaQuery('(max-width: 640px)', undefined, { getInitialValueInEffect: false })
  return (
    <Page title="Overview" name="Overview">
      <FilterChips titles={dimensions} filters={chips} onChange={setFilters} />
      {error && <LoadFault what="the figures" error={error} retry={retry} />}
      {isNarrow && <Attention />}
      <FigureRow span={span} where={where} figures={figures.data} spending={spending.data} />
      {spending.data?.isWhole === false && (
        <p className="dim">
          Cost and tokens are of the newest 5,000 calls; choose a longer range for whole sums.
        </p>
      )}
      {!isNarrow && <Attention />}
      {figures.data?.now.requests === 0 ? (
        <NoRequests span={span} where={where} clear={() => setFilters({})} />
      ) : (
        <div className="grid">
          <Panel title={isBySecond ? 'Requests /s' : 'Requests'} className="eight">
            {isBySecond ? (
              <Suspense fallback={<Skeleton height={244} />}>
                <LiveTraffic where={where} />
              </Suspense>
            ) : figures.data ? (
              <TrafficChart figures={figures.data} isRunning={isRunning} />
            ) : (
              <Skeleton height={244} />
            )}
          </Panel>
          <Panel title="Providers" className="four">
            <May call="GET /providers">
              <ProviderHealth span={span} where={where} />
            </May>
            {figures.data && <CacheSavings now={figures.data.now} span={span} />}
          </Panel>
          <Panel title="Latency">
            {figures.data ? (
              <LatencyMap figures={figures.data} isRunning={isRunning} />
            ) : (
              <Skeleton height={244} />
            )}
          </Panel>
          {spending.data && <TopLists named={spending.data.named} span={span} where={where} />}
        </div>
      )}
    </Page>
  )
}

interface NoRequestsProps {
  readonly span: Span
  readonly where: UsageFilter
  clear(): void
}

/** Says whether there are none at all, none in this time, or none that match. */
function NoRequests({ span, where, clear }: NoRequestsProps): ReactNode {
  const any = useQuery({
    queryKey: ['requests', 'any'],
    queryFn: ({ signal }) => ask('GET /requests', { query: { limit: 1 }, signal }),
  })
  if (!any.data) return <Skeleton height={120} />
  const isFiltered = Object.values(where).some((value) => value !== undefined)
  if (any.data.data.length === 0) {
    return (
      <Panel title="Requests">
        <Empty title="No requests yet.">
          <span>
            Point a client at <code>{location.origin}/v1</code>. <Link to="/welcome">Open the guide</Link>
          </span>
        </Empty>
      </Panel>
    )
  }
  return (
    <Panel title="Requests">
      {isFiltered ? (
        <Empty title={`Nothing matches these filters ${spanText(span)}.`}>
          <Button variant="default" onClick={clear}>
            Clear filters
          </Button>
        </Empty>
      ) : (
        <Empty title={`No requests ${spanText(span)}.`}>
          <Link to="/overview" search={{ range: '30d' }}>
            Look back on 30 days
          </Link>
        </Empty>
      )}
    </Panel>
  )
}

interface CacheSavingsProps {
  readonly now: Figures
  readonly span: Span
}

function CacheSavings({ now, span }: CacheSavingsProps): ReactNode {
  const { cache_hits: hits, cache_misses: misses, cache_saved_usd: saved } = now
  if (hits + misses === 0) return null
  return (
    <p className="cache-savings">
      <Link to="/cache" search={spanSearch(span)}>
        Cache saved {formatUsd(Number(saved))}
      </Link>
      , {formatShare(hits / (hits + misses))} hits
    </p>
  )
}

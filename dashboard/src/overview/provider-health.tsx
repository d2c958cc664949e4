/** Each provider in a line: is it up, and how long do its answers take? */

import { Skeleton } from '@mantine/core'
import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask } from '../api/client.ts'
import { exactly } from '../api/filter-text.ts'
import { providers } from '../api/shared-queries.ts'
import { standingOf } from '../api/provider-standing.ts'
import type { UsageFilter } from '../api/usage.ts'
import { formatMs } from '../format/number.ts'
import { boundsOf, isLive, type Span, spanSearch } from '../ranges.ts'
import { LoadFault } from '../ui/load-fault.tsx'
import { Status } from '../ui/status.tsx'
import './provider-health.css'

interface ProviderHealthProps {
  readonly span: Span
  readonly where: UsageFilter
}

export function ProviderHealth({ span, where }: ProviderHealthProps): ReactNode {
  const { data, error, refetch } = useQuery(providers)
  const sums = useQuery(sumsQuery(span, where)).data?.groups
  const p95Of = (name: string) => sums?.find(({ provider }) => provider === name)?.duration_ms?.p95
  if (error) return <LoadFault what="the providers" error={error} retry={() => void refetch()} />
  if (!data) return <Skeleton height={160} />
  return (
    <ul className="provider-health">
      {data.data.map((provider) => {
        const { tone, word } = standingOf(provider)
        return (
          <li key={provider.name}>
            <Link to="/providers" hash={provider.name}>
              {provider.name}
            </Link>
            <span className="provider-health-facts">
              <Status tone={tone}>{word}</Status>
              <Slowness provider={provider.name} p95Ms={p95Of(provider.name)} span={span} where={where} />
            </span>
          </li>
        )
      })}
    </ul>
  )
}

const refreshMs = 60_000

const sumsQuery = (span: Span, where: UsageFilter) =>
  queryOptions({
    queryKey: ['provider-sums', span, where],
    queryFn: ({ signal }) => {
      const { fromMs, toMs } = boundsOf(span, Date.now())
      const query = { ...where, by: 'provider', from: String(fromMs), to: String(toMs) } as const
      return ask('GET /requests/summary', { query, signal })
    },
    refetchInterval: isLive(span) && refreshMs,
    placeholderData: keepPreviousData,
  })

interface SlownessProps extends ProviderHealthProps {
  readonly provider: string
  /** Undefined where nothing was answered. */
  readonly p95Ms: number | undefined
}

/** It leads to the requests that it is of. */
function Slowness({ provider, p95Ms, span, where }: SlownessProps): ReactNode {
  return (
    <span className="provider-health-p95">
      {p95Ms !== undefined && (
        <Link
          to="/requests"
          search={{ ...where, ...spanSearch(span), provider: exactly(provider), sort: '-duration' }}
        >
          p95 {formatMs(p95Ms)}
        </Link>
      )}
    </span>
  )
}

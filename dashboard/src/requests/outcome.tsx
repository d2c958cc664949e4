/** How a request ended: what it asked for, who answered, what it cost and how long it took. */

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { exactly } from '../api/filter-text.ts'
import type { RequestDetail } from '../api/request-detail.ts'
import { formatMs, formatUsd } from '../format/number.ts'
import { formatMoment } from '../format/time.ts'
import { type Fact, Facts } from '../ui/facts.tsx'
import { UntrustedBlock, UntrustedText } from '../ui/untrusted-text.tsx'
import { chargedOf } from './cost.tsx'
import { linesQuery } from './request-queries.ts'
import { RequestStatus } from './request-status.tsx'

export function Outcome({ request }: { readonly request: RequestDetail }): ReactNode {
  const lines = useQuery(linesQuery(request.id))
  const costUsd = lines.data ? chargedOf(lines.data.data) : undefined
  return (
    <div className="stack">
      <Facts facts={outcomeFacts(request, costUsd)} />
      {request.message !== undefined && <UntrustedBlock text={request.message} />}
    </div>
  )
}

function outcomeFacts(request: RequestDetail, costUsd: number | undefined): Fact[] {
  const text = (value: string | undefined) =>
    value === undefined ? undefined : <UntrustedText text={value} />
  const answeredBy = request.provider === undefined ? undefined : `${request.provider}/${request.model ?? ''}`
  return [
    [
      'Status',
      <RequestStatus
        key="status"
        status={request.status}
        code={request.code}
        isClientGone={request.client_gone}
      />,
    ],
    ['Asked for', text(request.requested_model)],
    [
      'Route',
      request.route === undefined ? undefined : (
        <Link key="route" to="/routes/$name" params={{ name: request.route }}>
          <UntrustedText text={request.revision ?? request.route} />
        </Link>
      ),
    ],
    ['Answered by', text(answeredBy)],
    ['Cost', costUsd === undefined ? undefined : formatUsd(costUsd)],
    ['First token', request.first_token_ms === undefined ? undefined : formatMs(request.first_token_ms)],
    ['Total', formatMs(request.duration_ms)],
    ['In the gateway', request.overhead_ms === undefined ? undefined : formatMs(request.overhead_ms)],
    ['At', formatMoment(Date.parse(request.created_at))],
    ['Dialect', `${request.dialect}${request.stream ? ', streamed' : ''}`],
    ['Key', filtered('key', request.key_name)],
    ['User', filtered('user', request.user)],
    [
      'Session',
      request.session === undefined ? undefined : (
        <Link key="session" to="/sessions/$id" params={{ id: request.session }}>
          <UntrustedText text={request.session} />
        </Link>
      ),
    ],
    ['Tags', request.tags.length === 0 ? undefined : text(request.tags.join(', '))],
    ['Finish', text(request.finish)],
    ['Contract', text(request.contract)],
    ['Cache', request.cache && cacheText(request.cache)],
    ['Experiment', request.experiment && text(`${request.experiment.name}, ${request.experiment.arm}`)],
    ['Repeats', text(request.replay_of)],
    ['Client', text(request.client_address)],
  ]
}

/** The way to the requests of the same. */
function filtered(name: 'key' | 'user', value: string | undefined): ReactNode {
  if (value === undefined) return undefined
  return (
    <Link key={name} to="/requests" search={{ [name]: exactly(value) }}>
      <UntrustedText text={value} />
    </Link>
  )
}

function cacheText({ outcome, saved_usd: saved, similarity }: NonNullable<RequestDetail['cache']>): string {
  return [
    outcome,
    saved === undefined ? undefined : `saved ${formatUsd(Number(saved))}`,
    similarity === undefined ? undefined : `likeness ${similarity.toFixed(3)}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ')
}

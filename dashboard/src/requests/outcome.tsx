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
import { UserCell } from './user-cell.tsx'
import './requests.css'

export function Outcome({ request }: { readonly request: RequestDetail }): ReactNode {
  const lines = useQuery(linesQuery(request.id))
  const costUsd = lines.data ? chargedOf(lines.data.data) : undefined
  return (
    <div className="stack">
      <Head request={request} costUsd={costUsd} />
      <Facts facts={outcomeFacts(request)} />
      {request.message !== undefined && <UntrustedBlock text={request.message} />}
    </div>
  )
}

interface HeadProps {
  readonly request: RequestDetail
  /** Undefined until it is known. */
  readonly costUsd: number | undefined
}

/** What is asked first, in one line. */
function Head({ request, costUsd }: HeadProps): ReactNode {
  const { status, code, client_gone: isClientGone, usage, first_token_ms: firstMs } = request
  return (
    <ul className="outcome-head">
      <li>
        <RequestStatus status={status} code={code} isClientGone={isClientGone} />
      </li>
      <li>
        <Way request={request} />
      </li>
      {costUsd !== undefined && <li>{formatUsd(costUsd)}</li>}
      {usage && (
        <li>
          {usage.input_tokens.toLocaleString('en-US')} in, {usage.output_tokens.toLocaleString('en-US')} out
        </li>
      )}
      {firstMs !== undefined && <li>First token {formatMs(firstMs)}</li>}
      <li>{formatMs(request.duration_ms)}</li>
    </ul>
  )
}

/** `assistant@7 › claude/sonnet`. */
function Way({ request }: { readonly request: RequestDetail }): ReactNode {
  const { route, revision = route, requested_model: asked, provider, model = '' } = request
  return (
    <>
      {route === undefined ? (
        <UntrustedText text={asked} />
      ) : (
        <Link to="/routes/$name" params={{ name: route }}>
          <UntrustedText text={revision ?? route} />
        </Link>
      )}
      {provider !== undefined && `${provider}/${model}` !== asked && (
        <UntrustedText text={` › ${provider}/${model}`} />
      )}
    </>
  )
}

function outcomeFacts(request: RequestDetail): Fact[] {
  const text = (value: string | undefined) =>
    value === undefined ? undefined : <UntrustedText text={value} />
  return [
    ['Asked for', text(request.requested_model)],
    ['In the gateway', request.overhead_ms === undefined ? undefined : formatMs(request.overhead_ms)],
    ['At', formatMoment(Date.parse(request.created_at))],
    ['Dialect', `${request.dialect}${request.stream ? ', streamed' : ''}`],
    [
      'Key',
      <Link key="key" to="/requests" search={{ key: exactly(request.key_name) }}>
        <UntrustedText text={request.key_name} />
      </Link>,
    ],
    [
      'User',
      request.user === undefined ? undefined : (
        <Link key="user" to="/requests" search={{ user: exactly(request.user) }}>
          <UserCell user={request.user} isClaimed={request.user_claimed === true} />
        </Link>
      ),
    ],
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

function cacheText({ outcome, saved_usd: saved, similarity }: NonNullable<RequestDetail['cache']>): string {
  return [
    outcome,
    saved === undefined ? undefined : `saved ${formatUsd(Number(saved))}`,
    similarity === undefined ? undefined : `likeness ${similarity.toFixed(3)}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ')
}

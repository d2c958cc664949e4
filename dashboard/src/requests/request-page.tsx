/** One request: why was it slow, dear or failed? */

import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask } from '../api/client.ts'
import { formatCount, formatMs, formatUsd } from '../format/number.ts'
import { formatMoment } from '../format/time.ts'
import { DetailPage } from '../ui/detail-page.tsx'
import { Empty } from '../ui/empty.tsx'
import { Facts, type Fact } from '../ui/facts.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { Panel } from '../ui/panel.tsx'
import { UntrustedBlock, UntrustedText } from '../ui/untrusted-text.tsx'
import { AttemptTimeline } from '../ui/attempt-timeline.tsx'
import { Decision } from './decision.tsx'
import { GuardDecisions } from './guard-decisions.tsx'
import { LedgerLines } from './ledger-lines.tsx'
import { RecordedPayload } from './recorded-payload.tsx'
import type { RequestDetail } from '../api/request-detail.ts'
import { RequestStatus } from './request-status.tsx'

const route = getRouteApi('/requests/$id')

export function RequestPage(): ReactNode {
  const { id } = route.useParams()
  const request = useQuery({
    queryKey: ['requests', 'one', id],
    queryFn: ({ signal }) => ask('GET /requests/{id}', { params: { id }, signal }),
  })
  return (
    <DetailPage
      list={{ to: '/requests', label: 'Requests' }}
      kind="Request"
      name={id}
      query={request}
      unknown="It may be older than the retention of the records."
    >
      {(found) => <Found request={found} />}
    </DetailPage>
  )
}

function Found({ request }: { readonly request: RequestDetail }): ReactNode {
  const { id, decision, guardrails, dropped } = request
  const lines = useQuery({
    queryKey: ['ledger', 'of', id],
    queryFn: ({ signal }) => ask('GET /ledger', { query: { request: id }, signal }),
  })
  return (
    <>
      <Panel title="Outcome">
        <Outcome request={request} costUsd={lines.data && costOf(lines.data.data)} />
      </Panel>
      <Panel title={`Timeline, ${formatMs(request.duration_ms)}`}>
        <AttemptTimeline request={request} />
      </Panel>
      <div className="grid">
        <Panel title="Tokens" className="four">
          <Tokens request={request} />
        </Panel>
        <Panel title="Ledger" className="eight" isFlush>
          {lines.error ? (
            <LoadFault what="the ledger's lines" error={lines.error} retry={() => void lines.refetch()} />
          ) : (
            <LedgerLines lines={lines.data?.data} />
          )}
        </Panel>
        {decision && (
          <Panel title="Decision" className="six">
            <Decision decision={decision} />
          </Panel>
        )}
        <Panel title={`Dropped parameters (${dropped.length})`} className={decision ? 'six' : ''}>
          <Dropped names={dropped} />
        </Panel>
        {guardrails && guardrails.length > 0 && (
          <Panel title="Guardrails" isFlush>
            <GuardDecisions made={guardrails} />
          </Panel>
        )}
      </div>
      <RecordedPayload id={id} />
    </>
  )
}

function Outcome({ request, costUsd }: { request: RequestDetail; costUsd: number | undefined }): ReactNode {
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
    ['Route', text(request.revision ?? request.route)],
    ['Answered by', text(answeredBy)],
    ['Cost', costUsd === undefined ? undefined : formatUsd(costUsd)],
    ['First token', request.first_token_ms === undefined ? undefined : formatMs(request.first_token_ms)],
    ['Total', formatMs(request.duration_ms)],
    ['In the gateway', request.overhead_ms === undefined ? undefined : formatMs(request.overhead_ms)],
    ['At', formatMoment(Date.parse(request.created_at))],
    ['Dialect', `${request.dialect}${request.stream ? ', streamed' : ''}`],
    ['Key', text(request.key_name)],
    ['User', text(request.user)],
    ['Session', text(request.session)],
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

function Tokens({ request: { usage } }: { readonly request: RequestDetail }): ReactNode {
  if (!usage) return <Empty title="No usage was told." />
  const count = (value: number | undefined) => (value === undefined ? undefined : formatCount(value))
  return (
    <Facts
      isList
      facts={[
        ['Input', formatCount(usage.input_tokens)],
        ['of these read from cache', count(usage.cache_read_tokens)],
        ['of these written to cache', count(usage.cache_write_tokens)],
        ['Output', formatCount(usage.output_tokens)],
        ['of these reasoning', count(usage.reasoning_tokens)],
        ['Web searches', count(usage.web_searches)],
      ]}
    />
  )
}

function Dropped({ names }: { readonly names: readonly string[] }): ReactNode {
  if (names.length === 0) return <Empty title="None: the target carries all of them." />
  return (
    <ul>
      {names.map((name) => (
        <li key={name}>
          <code>
            <UntrustedText text={name} />
          </code>
        </li>
      ))}
    </ul>
  )
}

function costOf(lines: readonly { readonly charged_usd: string }[]): number {
  return lines.reduce((sum, { charged_usd: usd }) => sum + Number(usd), 0)
}

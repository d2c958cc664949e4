/** One request: why was it slow, dear or failed? */

import { Button, Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ApiError } from '../api/client.ts'
import type { RequestDetail } from '../api/request-detail.ts'
import { ChooseRequest } from '../datasets/choose-request.tsx'
import { formatMs } from '../format/number.ts'
import { AttemptTimeline } from '../ui/attempt-timeline.tsx'
import { DetailPage } from '../ui/detail-page.tsx'
import { Empty } from '../ui/empty.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { Panel } from '../ui/panel.tsx'
import { Steps } from '../ui/steps.tsx'
import { UntrustedBlock, UntrustedText } from '../ui/untrusted-text.tsx'
import { AnswerHeaders } from './answer-headers.tsx'
import { Cost } from './cost.tsx'
import { Decision } from './decision.tsx'
import { readFilters } from './filters.ts'
import { GuardDecisions } from './guard-decisions.tsx'
import { LedgerLines } from './ledger-lines.tsx'
import { Outcome } from './outcome.tsx'
import { RecordedPayload } from './recorded-payload.tsx'
import { besideQuery, linesQuery, requestQuery } from './request-queries.ts'
import { readSpanSearch } from '../ranges.ts'
import { readTab } from './addresses.ts'
import { Tokens } from './tokens.tsx'

const route = getRouteApi('/requests/$id')

export function RequestPage(): ReactNode {
  const { id } = route.useParams()
  const request = useQuery(requestQuery(id))
  const { error } = request
  return (
    <DetailPage
      above={[{ label: 'Requests', link: { to: '/requests' } }]}
      kind="Request"
      name={id}
      query={request}
      unknown={error instanceof ApiError && <UntrustedText text={error.message} />}
      action={<Ways id={id} request={request.data} />}
    >
      {(found) => <Found request={found} />}
    </DetailPage>
  )
}

/** To the requests before and after this one in the list it was found in, and to what can be done with it. */
function Ways({
  id,
  request,
}: {
  readonly id: string
  readonly request: RequestDetail | undefined
}): ReactNode {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const beside = useQuery({ ...besideQuery(id, search), enabled: request !== undefined })
  const { newer, older } = beside.data ?? {}
  const way = (to: string | undefined) =>
    to === undefined ? undefined : () => void navigate({ to: '/requests/$id', params: { id: to }, search })
  return (
    <div className="row">
      {request?.operation === 'generate' && (
        <>
          <ChooseRequest id={id} />
          <Button
            variant="default"
            renderRoot={(props) => (
              <Link to="/playground" search={{ target: request.requested_model, like: id }} {...props} />
            )}
          >
            Open in playground
          </Button>
        </>
      )}
      {request && <Steps of="request" back={way(newer)} on={way(older)} />}
    </div>
  )
}

function Found({ request }: { readonly request: RequestDetail }): ReactNode {
  const { id, decision } = request
  return (
    <>
      <Panel title="Outcome">
        <Outcome request={request} />
      </Panel>
      <Panel title={`Timeline, ${formatMs(request.duration_ms)}`}>
        <AttemptTimeline request={request} />
      </Panel>
      <div className="grid">
        <Panel title="Decision" className="four">
          {decision ? (
            <Decision decision={decision} />
          ) : (
            <Empty title="No route was asked: the client named the target itself." />
          )}
        </Panel>
        <Panel title="Tokens by part" className="four">
          <Tokens request={request} />
        </Panel>
        <Panel title="Cost by line" className="four">
          <Cost id={id} />
        </Panel>
      </div>
      <Parts request={request} />
    </>
  )
}

function Parts({ request }: { readonly request: RequestDetail }): ReactNode {
  const search = route.useSearch()
  const { tab = 'answer' } = search
  const navigate = route.useNavigate()
  const { id, dropped, guardrails = [] } = request
  const show = (next: string | null) =>
    void navigate({
      search: { ...readSpanSearch(search), ...readFilters(search), ...readTab({ tab: next }) },
      replace: true,
      resetScroll: false,
    })
  const counted = (title: string, count: number) => (count === 0 ? title : `${title} (${count})`)
  return (
    <section className="panel" aria-label="Its parts">
      <Tabs value={tab} onChange={show} keepMounted={false} className="request-tabs">
        <Tabs.List>
          <Tabs.Tab value="answer">Answer</Tabs.Tab>
          <Tabs.Tab value="request">Request</Tabs.Tab>
          <Tabs.Tab value="headers">Headers</Tabs.Tab>
          <Tabs.Tab value="dropped">{counted('Dropped', dropped.length)}</Tabs.Tab>
          <Tabs.Tab value="guardrails">{counted('Guardrails', guardrails.length)}</Tabs.Tab>
          <Tabs.Tab value="ledger">Ledger</Tabs.Tab>
          <Tabs.Tab value="raw">Raw</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="answer">
          <RecordedPayload id={id} part="answer" />
        </Tabs.Panel>
        <Tabs.Panel value="request">
          <RecordedPayload id={id} part="request" />
        </Tabs.Panel>
        <Tabs.Panel value="headers">
          <AnswerHeaders request={request} />
        </Tabs.Panel>
        <Tabs.Panel value="dropped">
          <Dropped names={dropped} />
        </Tabs.Panel>
        <Tabs.Panel value="guardrails">
          {guardrails.length === 0 ? (
            <Empty title="No guardrail found anything." />
          ) : (
            <GuardDecisions made={guardrails} />
          )}
        </Tabs.Panel>
        <Tabs.Panel value="ledger">
          <Ledger id={id} />
        </Tabs.Panel>
        <Tabs.Panel value="raw">
          <UntrustedBlock text={JSON.stringify(request, null, 2)} />
        </Tabs.Panel>
      </Tabs>
    </section>
  )
}

function Ledger({ id }: { readonly id: string }): ReactNode {
  const lines = useQuery(linesQuery(id))
  if (lines.error)
    return <LoadFault what="the ledger's lines" error={lines.error} retry={() => void lines.refetch()} />
  return <LedgerLines lines={lines.data?.data} />
}

function Dropped({ names }: { readonly names: readonly string[] }): ReactNode {
  if (names.length === 0) return <Empty title="No parameter was dropped: the target carries all of them." />
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

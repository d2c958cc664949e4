/** The shadow traffic of one route: what did a candidate come to, request by request? */

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask, type Item } from '../api/client.ts'
import { formatCount, formatMs, formatShare, formatUsd } from '../format/number.ts'
import type { Column } from '../ui/data-table.tsx'
import { DetailPage } from '../ui/detail-page.tsx'
import { Empty } from '../ui/empty.tsx'
import { Facts } from '../ui/facts.tsx'
import { IntervalPlot } from '../ui/interval-plot.tsx'
import { PagedPanel } from '../ui/paged-panel.tsx'
import { Panel } from '../ui/panel.tsx'
import { Status } from '../ui/status.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { type Candidate, numberOf, pair, preferenceText } from './shadow-page.tsx'

const route = getRouteApi('/shadow/$route')

type Comparison = Item<'GET /shadow/{route}/comparisons'>

export function ShadowRoutePage(): ReactNode {
  const { route: name } = route.useParams()
  const summary = useQuery({
    queryKey: ['shadow', name],
    queryFn: ({ signal }) => ask('GET /shadow/{route}', { params: { route: name }, signal }),
    refetchInterval: 15_000,
  })
  return (
    <DetailPage
      above={[{ label: 'Shadow traffic', link: { to: '/shadow' } }]}
      kind="Route"
      name={name}
      query={summary}
      action={
        <Link to="/routes/$name" params={{ name }}>
          Open the route
        </Link>
      }
    >
      {({ data }) => (
        <>
          {data.map((candidate) => (
            <Panel key={candidate.target} title={candidate.target}>
              <CandidateFigures candidate={candidate} />
            </Panel>
          ))}
          <Comparisons route={name} />
        </>
      )}
    </DetailPage>
  )
}

function CandidateFigures({ candidate }: { readonly candidate: Candidate }): ReactNode {
  const { comparisons, primary, shadow, likeness, preference, swayed, spent_usd: spent } = candidate
  return (
    <>
      <Facts
        facts={[
          ['Compared', formatCount(comparisons)],
          ['Latency, live → candidate', pair(primary.mean_ms, shadow.mean_ms, formatMs)],
          [
            'Cost a request',
            pair(numberOf(primary.mean_cost_usd), numberOf(shadow.mean_cost_usd), formatUsd),
          ],
          ['Output tokens', pair(primary.mean_output_tokens, shadow.mean_output_tokens, formatCount)],
          ['Failed', pair(primary.failed, shadow.failed, formatCount)],
          ['Alike', likeness === undefined ? undefined : formatShare(likeness)],
          ['Verdicts swayed by the order', preference && formatCount(swayed)],
          ['Spent on it', formatUsd(Number(spent))],
        ]}
      />
      {preference && (
        <IntervalPlot
          rows={[
            {
              name: `Preferred by the judge, ${formatCount(preference.judged)} judged`,
              estimate: preference.mean,
              lower: preference.lower,
              upper: preference.upper,
              limits: [0.5],
              told: preferenceText(candidate),
              ...verdictOf(preference),
            },
          ]}
        />
      )}
    </>
  )
}

function verdictOf({ lower, upper }: NonNullable<Candidate['preference']>) {
  if (lower > 0.5) return { tone: 'ok', verdict: 'better' } as const
  return upper < 0.5
    ? ({ tone: 'bad', verdict: 'worse' } as const)
    : ({ tone: 'none', verdict: 'open' } as const)
}

const columns: readonly Column<Comparison>[] = [
  {
    title: 'When',
    text: ({ created_at: at }) => at,
    cell: ({ created_at: at, request_id: id }) => (
      <Link to="/requests/$id" params={{ id }}>
        <When at={at} />
      </Link>
    ),
  },
  { title: 'Candidate', text: ({ target }) => target, cell: ({ target }) => <UntrustedText text={target} /> },
  {
    title: 'Its answer',
    narrow: 'main',
    text: ({ shadow }) => shadow.code ?? shadow.status,
    cell: ({ id, shadow }) => (
      <Link to="/requests/$id" params={{ id }}>
        <Status tone={shadow.status === 'answered' ? 'ok' : 'bad'}>{shadow.code ?? shadow.status}</Status>
      </Link>
    ),
  },
  {
    title: 'Latency',
    cell: ({ primary, shadow }) => pair(primary.duration_ms, shadow.duration_ms, formatMs),
  },
  {
    title: 'Cost',
    cell: ({ primary, shadow }) => pair(numberOf(primary.cost_usd), numberOf(shadow.cost_usd), formatUsd),
  },
  {
    title: 'Alike',
    isNumber: true,
    cell: ({ likeness }) => (likeness === undefined ? '-' : formatShare(likeness)),
  },
  { title: 'Judge', cell: (comparison) => judgedText(comparison) },
]

function judgedText({ preference, swayed }: Comparison): string {
  if (preference === undefined) return '-'
  if (swayed === true) return 'swayed by the order'
  if (preference === 0.5) return 'neither'
  return preference > 0.5 ? 'candidate' : 'live'
}

function Comparisons({ route: name }: { readonly route: string }): ReactNode {
  const pages = useInfiniteQuery({
    queryKey: ['shadow', name, 'comparisons'],
    queryFn: ({ pageParam, signal }) =>
      ask('GET /shadow/{route}/comparisons', {
        params: { route: name },
        query: { limit: 100, cursor: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor,
  })
  return (
    <PagedPanel
      title="Comparisons"
      pages={pages}
      what="the comparisons"
      columns={columns}
      idOf={({ id }) => id}
      fileName="comparisons"
      empty={<Empty title="Nothing is compared yet." />}
    />
  )
}

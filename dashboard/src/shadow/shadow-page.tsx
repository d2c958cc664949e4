/** Shadow traffic: what would candidates have answered, behind the callers' backs? */

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask, type Item } from '../api/client.ts'
import { formatCount, formatMs, formatShare, formatUsd } from '../format/number.ts'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'

type RouteSummary = Item<'GET /shadow'>
export type Candidate = RouteSummary['data'][number]
type Row = Candidate & { readonly route: string }

const columns: readonly Column<Row>[] = [
  {
    title: 'Route',
    text: ({ route }) => route,
    cell: ({ route }) => (
      <Link to="/shadow/$route" params={{ route }}>
        <UntrustedText text={route} />
      </Link>
    ),
  },
  { title: 'Candidate', text: ({ target }) => target, cell: ({ target }) => <UntrustedText text={target} /> },
  { title: 'Compared', isNumber: true, cell: ({ comparisons }) => formatCount(comparisons) },
  { title: 'Preferred', narrow: 'main', cell: (candidate) => preferenceText(candidate) },
  {
    title: 'Alike',
    isNumber: true,
    cell: ({ likeness }) => (likeness === undefined ? '-' : formatShare(likeness)),
  },
  { title: 'Latency', cell: ({ primary, shadow }) => pair(primary.mean_ms, shadow.mean_ms, formatMs) },
  {
    title: 'Cost',
    cell: ({ primary, shadow }) =>
      pair(numberOf(primary.mean_cost_usd), numberOf(shadow.mean_cost_usd), formatUsd),
  },
  { title: 'Failed', cell: ({ primary, shadow }) => pair(primary.failed, shadow.failed, formatCount) },
  { title: 'Spent', isNumber: true, cell: ({ spent_usd: usd }) => formatUsd(Number(usd)) },
]

export function ShadowPage(): ReactNode {
  const routes = useQuery({
    queryKey: ['shadow'],
    queryFn: ({ signal }) => ask('GET /shadow', { signal }),
    refetchInterval: 15_000,
  })
  const rows = routes.data?.data.flatMap(({ route, data }) => data.map((one): Row => ({ ...one, route })))
  return (
    <Page title="Shadow traffic" name="Shadow traffic">
      <p className="dim">Live → candidate: means over the newest 1,000 comparisons of a route.</p>
      <TablePanel
        title="Candidates"
        query={{ ...routes, data: rows && { data: rows } }}
        what="the candidates"
        columns={columns}
        idOf={({ route, target }) => `${route} ${target}`}
        fileName="shadow"
        empty={
          <Empty title="Nothing is compared yet.">
            <span>
              Name a <code>route</code> and a candidate under <code>shadow</code> in <code>weir.yaml</code>.
            </span>
          </Empty>
        }
      />
    </Page>
  )
}

/** How often the judge preferred the candidate's answer. */
export function preferenceText({ preference }: Candidate): string {
  if (!preference) return 'not judged'
  const { mean, lower, upper } = preference
  return `${formatShare(mean)} [${formatShare(lower)}, ${formatShare(upper)}]`
}

export function numberOf(usd: string | undefined): number | undefined {
  return usd === undefined ? undefined : Number(usd)
}

export function pair(
  live: number | undefined,
  candidate: number | undefined,
  format: (value: number) => string,
): string {
  const told = (value: number | undefined) => (value === undefined ? '-' : format(value))
  return `${told(live)} → ${told(candidate)}`
}

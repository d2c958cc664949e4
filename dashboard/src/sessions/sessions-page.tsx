/** The sessions: which conversations grow expensive? */

import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask, type Item } from '../api/client.ts'
import { exactly } from '../api/filter-text.ts'
import { formatCount, formatShare, formatUsd, usdFormatter } from '../format/number.ts'
import { spanText } from '../format/span.ts'
import { boundsOf, isLive, type Span, spanSearch } from '../ranges.ts'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { PagedPanel } from '../ui/paged-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { useSpan } from '../use-span.ts'
import { growthText } from './session-rows.ts'

type Listed = Item<'GET /sessions'>

const route = getRouteApi('/sessions')

export function SessionsPage(): ReactNode {
  const { span } = useSpan()
  const { team } = route.useSearch()
  const pages = useInfiniteQuery({
    queryKey: ['sessions', 'list', span, team],
    queryFn: ({ pageParam, signal }) => {
      const { fromMs, toMs } = boundsOf(span, Date.now())
      const query = { from: String(fromMs), to: String(toMs), limit: 100, cursor: pageParam, team }
      return ask('GET /sessions', { query, signal })
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: isLive(span) && 15_000,
  })
  const shown = pages.data?.pages.flatMap(({ data }) => data) ?? []
  return (
    <Page title="Sessions" name="Sessions">
      <PagedPanel
        title="Sessions"
        pages={pages}
        more="Show cheaper ones"
        what="the sessions"
        columns={columnsOf(span, shown)}
        idOf={({ id }) => id}
        fileName="sessions"
        empty={
          <Empty title={`No sessions ${spanText(span)}.`}>
            <span>
              Send <code>x-weir-session</code> to group a conversation.
            </span>
          </Empty>
        }
      />
    </Page>
  )
}

function columnsOf(span: Span, shown: readonly Listed[]): Column<Listed>[] {
  const cost = usdFormatter(shown.map(({ charged_usd: usd }) => Number(usd)))
  return [
    {
      title: 'Session',
      text: ({ id }) => id,
      cell: ({ id }) => (
        <Link to="/sessions/$id" params={{ id }}>
          <UntrustedText text={id} />
        </Link>
      ),
    },
    {
      title: 'User',
      narrow: 'fact',
      text: ({ user = '' }) => user,
      cell: ({ user, user_name: name }) => <UntrustedText text={name ?? user ?? '-'} />,
    },
    {
      title: 'Turns',
      narrow: 'fact',
      isNumber: true,
      text: ({ turns }) => String(turns),
      cell: ({ id, turns }) => (
        <Link to="/requests" search={{ ...spanSearch(span), session: exactly(id) }}>
          {formatCount(turns)}
        </Link>
      ),
    },
    {
      title: 'Last prompt',
      narrow: 'none',
      isNumber: true,
      text: ({ last_prompt_tokens: tokens }) => String(tokens ?? ''),
      cell: ({ last_prompt_tokens: tokens }) => (tokens === undefined ? '-' : formatCount(tokens)),
    },
    {
      title: 'Growth per turn',
      narrow: 'fact',
      isNumber: true,
      text: ({ growth_tokens: growth }) => String(growth ?? ''),
      cell: ({ growth_tokens: growth }) => growthText(growth),
    },
    {
      title: 'Cache share',
      narrow: 'none',
      isNumber: true,
      cell: ({ cache_share: share }) => (share === undefined ? '-' : formatShare(share)),
    },
    {
      title: 'Cost',
      narrow: 'main',
      isNumber: true,
      text: ({ charged_usd: usd }) => usd,
      cell: ({ charged_usd: usd }) => <span title={formatUsd(Number(usd))}>{cost(Number(usd))}</span>,
    },
    {
      title: 'Last seen',
      narrow: 'fact',
      text: ({ last_at: at }) => at ?? '',
      cell: ({ last_at: at }) => (at === undefined ? '-' : <When at={at} />),
    },
  ]
}

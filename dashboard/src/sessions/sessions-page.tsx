/** The sessions: which conversations grow expensive? */

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { costOf, type Usage, usageQuery } from '../api/usage.ts'
import { formatCount, formatShare, formatUsd } from '../format/number.ts'
import { spanText } from '../format/span.ts'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { useSpan } from '../use-span.ts'

type SessionUsage = Usage & { readonly session: string }

const columns: readonly Column<SessionUsage>[] = [
  {
    title: 'Session',
    text: ({ session }) => session,
    cell: ({ session }) => (
      <Link to="/sessions/$id" params={{ id: session }}>
        <UntrustedText text={session} />
      </Link>
    ),
  },
  { title: 'Cost', isNumber: true, cell: (usage) => formatUsd(costOf(usage)) },
  { title: 'Turns', isNumber: true, cell: ({ requests }) => formatCount(requests) },
  {
    title: 'Cost a turn',
    isNumber: true,
    cell: (usage) => (usage.requests === 0 ? '-' : formatUsd(costOf(usage) / usage.requests)),
  },
  { title: 'Input tokens', isNumber: true, cell: (usage) => formatCount(usage.input_tokens) },
  { title: 'Output tokens', isNumber: true, cell: (usage) => formatCount(usage.output_tokens) },
  {
    title: 'Cache share',
    isNumber: true,
    cell: ({ cache_read_tokens: read, input_tokens: input }) =>
      input === 0 ? '-' : formatShare(read / input),
  },
  { title: 'Failed attempts', isNumber: true, cell: ({ errors }) => formatCount(errors) },
]

export function SessionsPage(): ReactNode {
  const { span } = useSpan()
  const sessions = useQuery(usageQuery(span, 'session'))
  return (
    <Page title="Sessions" name="Sessions">
      <TablePanel
        title="Sessions"
        query={sessions}
        what="the sessions"
        columns={columns as readonly Column<Usage>[]}
        idOf={({ session = '' }) => session}
        pick={(all) => all.filter(({ session }) => session !== undefined)}
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

/** The columns of the request list: those that everybody begins with, and those that can be added. */

import type { ReactNode } from 'react'
import type { RequestRow } from '../api/live-feed.ts'
import { formatCount, formatMs, formatUsd } from '../format/number.ts'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import type { SortName } from './addresses.ts'
import { RequestStatus } from './request-status.tsx'
import { TeamCell, UserCell } from './user-cell.tsx'

export interface RequestColumn {
  readonly id: string
  readonly title: string
  /** Of the grid. */
  readonly width: string
  readonly isNumber?: true
  /** Its head puts the list in order, by this name. */
  readonly sort?: SortName
  /** Begins hidden. */
  readonly isOptional?: true
  cell(row: RequestRow): ReactNode
}

const text = (value: string | undefined) => (value === undefined ? '-' : <UntrustedText text={value} />)
const count = (value: number | undefined) => (value === undefined ? '-' : formatCount(value))

/** After the time, which always comes first and leads to the request. */
export const requestColumns: readonly RequestColumn[] = [
  {
    id: 'status',
    title: 'Status',
    width: 'minmax(112px, 1.4fr)',
    cell: (row) => <RequestStatus status={row.status} code={row.code} isClientGone={row.client_gone} />,
  },
  {
    id: 'target',
    title: 'Route › target',
    width: 'minmax(180px, 2.4fr)',
    cell: (row) => <Target row={row} />,
  },
  { id: 'key', title: 'Key', width: 'minmax(64px, 0.8fr)', cell: ({ key_name: name }) => text(name) },
  {
    id: 'user',
    title: 'User',
    width: 'minmax(96px, 1.1fr)',
    cell: ({ user, user_claimed: isClaimed = false }) =>
      user === undefined ? '-' : <UserCell user={user} isClaimed={isClaimed} />,
  },
  {
    id: 'team',
    title: 'Team',
    width: 'minmax(64px, 1fr)',
    isOptional: true,
    cell: ({ team }) => (team === undefined ? '-' : <TeamCell team={team} />),
  },
  {
    id: 'session',
    title: 'Session',
    width: 'minmax(64px, 1fr)',
    isOptional: true,
    cell: ({ session }) => text(session),
  },
  {
    id: 'tags',
    title: 'Tags',
    width: 'minmax(64px, 1fr)',
    isOptional: true,
    cell: ({ tags }) => text(tags.length === 0 ? undefined : tags.join(', ')),
  },
  {
    id: 'cache',
    title: 'Cache',
    width: '88px',
    isOptional: true,
    cell: ({ cache }) => cache?.outcome ?? '-',
  },
  {
    id: 'contract',
    title: 'Contract',
    width: '96px',
    isOptional: true,
    cell: ({ contract }) => text(contract),
  },
  {
    id: 'attempts',
    title: 'Attempts',
    width: '64px',
    isNumber: true,
    isOptional: true,
    cell: ({ attempt_count: attempts }) => attempts,
  },
  { id: 'in', title: 'In', width: '52px', isNumber: true, cell: ({ usage }) => count(usage?.input_tokens) },
  {
    id: 'out',
    title: 'Out',
    width: '52px',
    isNumber: true,
    cell: ({ usage }) => count(usage?.output_tokens),
  },
  {
    id: 'cost',
    title: 'Cost',
    width: '84px',
    isNumber: true,
    sort: 'cost',
    cell: ({ cost_usd: usd }) => (usd === undefined ? '-' : formatUsd(Number(usd))),
  },
  {
    id: 'first',
    title: 'First token',
    width: '80px',
    isNumber: true,
    cell: ({ first_token_ms: ms }) => (ms === undefined ? '-' : formatMs(ms)),
  },
  {
    id: 'total',
    title: 'Total',
    width: '72px',
    isNumber: true,
    sort: 'duration',
    cell: ({ duration_ms: ms }) => formatMs(ms),
  },
]

export const firstColumns: readonly string[] = requestColumns.flatMap(({ id, isOptional }) =>
  isOptional ? [] : [id],
)

/** What was asked for, and who answered where that is somebody else. */
function Target({ row }: { readonly row: RequestRow }): ReactNode {
  const { route, requested_model: asked, provider, model, attempt_count: attempts } = row
  const answered = provider === undefined ? undefined : `${provider}/${model ?? ''}`
  const name = route ?? asked
  return (
    <>
      <UntrustedText text={name} />
      {answered !== undefined && answered !== name && (
        <span className="dim">
          {' › '}
          <UntrustedText text={answered} />
        </span>
      )}
      {attempts > 1 && <span className="dim"> ×{attempts}</span>}
    </>
  )
}

/** All providers beside each other, the one that fails most first. */

import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { exactly } from '../api/filter-text.ts'
import { type Provider, standingOf } from '../api/provider-standing.ts'
import { formatCount, formatMs, formatShare, formatUsd } from '../format/number.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Panel } from '../ui/panel.tsx'
import { Status } from '../ui/status.tsx'
import { credentialsText, rateLimitsOf } from './provider-view.ts'
import type { ProviderSums } from './provider-queries.ts'

interface Row {
  readonly provider: Provider
  /** Absent where it answered nothing. */
  readonly sums: ProviderSums | undefined
}

const columns: readonly Column<Row>[] = [
  { title: 'Provider', cell: ({ provider: { name } }) => <a href={`#${name}`}>{name}</a> },
  {
    title: 'State',
    narrow: 'main',
    cell: ({ provider }) => {
      const { tone, word } = standingOf(provider)
      return <Status tone={tone}>{word}</Status>
    },
  },
  { title: 'Keys', cell: ({ provider }) => credentialsText(provider) },
  {
    title: 'Requests',
    isNumber: true,
    cell: ({ provider: { name }, sums }) =>
      sums ? (
        <Link to="/requests" search={{ provider: exactly(name) }}>
          {formatCount(sums.requests)}
        </Link>
      ) : (
        '-'
      ),
  },
  {
    title: 'Failed',
    isNumber: true,
    cell: ({ provider: { name }, sums }) =>
      sums ? (
        <Link to="/requests" search={{ provider: exactly(name), status: 'error' }}>
          {formatShare(sums.errors / sums.requests)}
        </Link>
      ) : (
        '-'
      ),
  },
  {
    title: 'Total p95',
    isNumber: true,
    cell: ({ sums }) => (sums?.duration_ms ? formatMs(sums.duration_ms.p95) : '-'),
  },
  { title: '429s', isNumber: true, cell: ({ provider }) => formatCount(rateLimitsOf(provider)) },
  { title: 'Cost', isNumber: true, cell: ({ sums }) => (sums ? formatUsd(Number(sums.cost_usd)) : '-') },
]

interface ProviderTableProps {
  readonly providers: readonly Provider[]
  /** Absent while they are not known. */
  readonly sums: ReadonlyMap<string, ProviderSums> | undefined
}

export function ProviderTable({ providers, sums }: ProviderTableProps): ReactNode {
  const rows = providers.map((provider): Row => ({ provider, sums: sums?.get(provider.name) }))
  const failedOf = ({ sums: of }: Row) => (of ? of.errors / of.requests : -1)
  return (
    <Panel title="Providers, last 24 h" isFlush>
      <DataTable
        caption="Providers, last 24 h"
        columns={columns}
        things={rows.toSorted((one, other) => failedOf(other) - failedOf(one))}
        idOf={({ provider }) => provider.name}
      />
    </Panel>
  )
}

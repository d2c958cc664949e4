/** What the request cost, by line of the ledger. */

import { Skeleton } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Item } from '../api/client.ts'
import { formatCount, formatUsd } from '../format/number.ts'
import { DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'

export function LedgerLines({
  lines,
}: {
  readonly lines: readonly Item<'GET /ledger'>[] | undefined
}): ReactNode {
  if (!lines) return <Skeleton height={120} />
  if (lines.length === 0) return <Empty title="Nothing was charged." />
  return (
    <DataTable
      caption="Lines of the ledger"
      things={lines}
      idOf={({ seq }) => String(seq)}
      columns={[
        { title: 'Attempt', cell: ({ attempt, kind }) => `${attempt}, ${kind}` },
        { title: 'Target', cell: ({ provider, model }) => <UntrustedText text={`${provider}/${model}`} /> },
        { title: 'Counts from', cell: ({ usage_source: source }) => source },
        { title: 'In', isNumber: true, cell: (line) => formatCount(line.input_tokens) },
        { title: 'Out', isNumber: true, cell: (line) => formatCount(line.output_tokens) },
        { title: 'Provider cost', isNumber: true, cell: (line) => formatUsd(Number(line.provider_cost_usd)) },
        { title: 'Charged', isNumber: true, cell: (line) => formatUsd(Number(line.charged_usd)) },
      ]}
    />
  )
}

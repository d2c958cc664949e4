/** What each name cost, with its share, its change and what the providers ask for; the total is that of the headline. */

import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { exactly } from '../api/filter-text.ts'
import { costOf, type Dimension, dimensions, type Usage, type UsageFilter } from '../api/usage.ts'
import { formatCount, formatShare, formatUsd, usdFormatter } from '../format/number.ts'
import { type Span, spanSearch } from '../ranges.ts'
import { shortChangeOf } from '../ui/change.ts'
import type { Column } from '../ui/data-table.tsx'
import { downloadCsv } from '../ui/download.ts'
import { ShareBar } from '../ui/share-bar.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import type { SpendRow } from './rows.ts'

export interface SpendTableProps {
  readonly span: Span
  readonly where: UsageFilter
  readonly dimension: Dimension
  readonly rows: readonly SpendRow[]
  readonly total: Usage
  /** Undefined where it is not known. */
  readonly beforeUsd: number | undefined
}

export function SpendTable(props: SpendTableProps): ReactNode {
  const { dimension, rows } = props
  return (
    <TablePanel
      title={`By ${dimensions[dimension].toLowerCase()}`}
      query={{ data: { data: rows }, error: null, refetch: () => undefined }}
      what="the sums"
      columns={columnsOf(props)}
      idOf={({ id }) => id}
      empty={null}
    />
  )
}

/** As a file. */
export function saveSpendTable(props: SpendTableProps): void {
  downloadCsv(`spend-by-${props.dimension}`, columnsOf(props), props.rows)
}

function columnsOf({ span, where, dimension, rows, total, beforeUsd }: SpendTableProps): Column<SpendRow>[] {
  const sumUsd = costOf(total)
  const most = Math.max(0, ...rows.map(({ costUsd }) => costUsd))
  const share = (row: SpendRow) => (sumUsd === 0 ? '-' : formatShare(row.costUsd / sumUsd))
  const change = (row: SpendRow) => shortChangeOf(row.costUsd, row.beforeUsd) ?? '-'
  const charged = usdFormatter(rows.map(({ costUsd }) => costUsd))
  const provider = usdFormatter(rows.map(({ providerUsd }) => providerUsd))
  return [
    {
      title: dimensions[dimension],
      order: { name: 'name', of: ({ name }) => name },
      text: ({ name }) => name,
      cell: (row) => <Name row={row} span={span} where={where} dimension={dimension} />,
      total: 'Total',
    },
    {
      title: 'Charged',
      narrow: 'main',
      isNumber: true,
      order: { name: 'cost', of: ({ costUsd }) => costUsd },
      text: ({ costUsd }) => String(costUsd),
      cell: ({ costUsd }) => <span title={`$${costUsd}`}>{charged(costUsd)}</span>,
      total: formatUsd(sumUsd),
    },
    {
      title: 'Share',
      narrow: 'fact',
      isNumber: true,
      text: share,
      cell: (row) => <ShareBar share={most === 0 ? 0 : row.costUsd / most}>{share(row)}</ShareBar>,
      total: sumUsd === 0 ? '-' : '100 %',
    },
    {
      title: 'Change',
      narrow: 'fact',
      isNumber: true,
      order: {
        name: 'change',
        of: ({ costUsd, beforeUsd }) => (beforeUsd === undefined ? undefined : costUsd - beforeUsd),
      },
      cell: change,
      total: shortChangeOf(sumUsd, beforeUsd) ?? '-',
    },
    {
      title: 'Provider cost',
      narrow: 'none',
      isNumber: true,
      text: ({ providerUsd }) => String(providerUsd),
      cell: ({ providerUsd }) => <span title={`$${providerUsd}`}>{provider(providerUsd)}</span>,
      total: formatUsd(Number(total.provider_cost_usd)),
    },
    {
      title: 'Requests',
      narrow: 'fact',
      isNumber: true,
      order: { name: 'requests', of: ({ requests }) => requests },
      cell: ({ requests }) => formatCount(requests),
      total: formatCount(total.requests),
    },
    {
      title: 'Tokens',
      narrow: 'none',
      isNumber: true,
      order: { name: 'tokens', of: ({ tokens }) => tokens },
      cell: ({ tokens }) => formatCount(tokens),
      total: formatCount(total.input_tokens + total.output_tokens),
    },
    {
      title: 'Estimated',
      narrow: 'none',
      isNumber: true,
      order: { name: 'estimated', of: ({ estimated }) => estimated },
      cell: ({ estimated }) => formatCount(estimated),
      total: formatCount(total.estimated),
    },
  ]
}

type NameProps = Pick<SpendTableProps, 'span' | 'where' | 'dimension'> & { readonly row: SpendRow }

/** To the requests behind it; a team leads to its keys. */
function Name({ row: { name, value }, span, where, dimension }: NameProps): ReactNode {
  const text = <UntrustedText text={name} />
  if (value === undefined) return text
  if (dimension === 'team') {
    return (
      <Link to="/spend" search={{ ...where, ...spanSearch(span), by: 'key', team: exactly(value) }}>
        {text}
      </Link>
    )
  }
  return (
    <Link to="/requests" search={{ ...where, ...spanSearch(span), [dimension]: exactly(value) }}>
      {text}
    </Link>
  )
}

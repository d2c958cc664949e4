/** How the arms differ by tag. It decides nothing: with many tags some differ by chance. */

import type { ReactNode } from 'react'
import { formatCount } from '../format/number.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { formatPoints } from './gate-text.ts'
import type { Group, Report } from './report.ts'

type Tagged = readonly [tag: string, group: Group]

const columns: readonly Column<Tagged>[] = [
  { title: 'Tag', cell: ([tag]) => <UntrustedText text={tag} /> },
  { title: 'Cases', isNumber: true, cell: ([, { cases }]) => formatCount(cases) },
  { title: 'Difference', isNumber: true, cell: ([, { difference }]) => differenceText(difference) },
  {
    title: 'p',
    isNumber: true,
    cell: ([, { difference }]) => {
      const p = difference?.pHolm
      if (p === undefined) return '-'
      return p < 0.001 ? '< .001' : p.toFixed(3)
    },
  },
]

export function TagDifferences({ tags }: Pick<Report, 'tags'>): ReactNode {
  return (
    <>
      <DataTable caption="By tag" columns={columns} things={Object.entries(tags)} idOf={([tag]) => tag} />
      <p className="dim panel-note">p knows how many tags were looked at (Holm). Tags decide nothing.</p>
    </>
  )
}

function differenceText(difference: Group['difference']): string {
  if (!difference) return '-'
  const { value, lower, upper } = difference
  if (lower === undefined || upper === undefined) return formatPoints(value)
  return `${formatPoints(value)} [${formatPoints(lower)}, ${formatPoints(upper)}]`
}

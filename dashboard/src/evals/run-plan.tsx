/** What a run would ask, about what it would cost, and how likely its gate decides. */

import type { ReactNode } from 'react'
import type { Reply } from '../api/client.ts'
import { formatCount, formatShare, formatUsd } from '../format/number.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Facts } from '../ui/facts.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { PowerChart } from './power-chart.tsx'

type Plan = Reply<'POST /evals/plan'>
type Planned = Plan['arms'][number]

const columns: readonly Column<Planned>[] = [
  {
    title: 'Asked',
    cell: ({ label, target }) => <UntrustedText text={label === target ? target : `${label}: ${target}`} />,
  },
  { title: 'Calls', isNumber: true, cell: ({ calls }) => formatCount(calls) },
  {
    title: 'Cost, est.',
    isNumber: true,
    cell: ({ cost_usd: cost }) => (cost === undefined ? 'price not known' : formatUsd(Number(cost))),
  },
]

export function RunPlan({ plan }: { readonly plan: Plan }): ReactNode {
  const { name, cases, clusters, repeats, arms, judges, gate, odds } = plan
  const { least, most } = repeats
  const asked = [...arms, ...judges]
  return (
    <div className="stack">
      <Facts
        facts={[
          ['Suite', <UntrustedText key="suite" text={name} />],
          [
            'Cases',
            clusters === cases
              ? formatCount(cases)
              : `${formatCount(cases)} in ${formatCount(clusters)} clusters`,
          ],
          ['Repeats', least === most ? String(least) : `${least} to ${most}`],
          ['Margin', gate && `${Number((gate.margin * 100).toFixed(2))} pp`],
          ['Certainty', gate && formatShare(1 - gate.alpha)],
        ]}
      />
      <DataTable
        caption="Calls and their cost"
        columns={columns}
        things={asked}
        idOf={({ label, target }) => `${label} ${target}`}
      />
      {gate && odds ? (
        <PowerChart gate={gate} odds={odds} />
      ) : (
        <p className="dim">Without a baseline nothing is compared: every answer must pass.</p>
      )}
    </div>
  )
}

/** Of all calls together; undefined where a price is not known. */
export function costOf({ arms, judges }: Plan): string | undefined {
  const costs = [...arms, ...judges].map(({ cost_usd: cost }) => cost)
  if (costs.includes(undefined)) return undefined
  return formatUsd(costs.reduce((sum, cost) => sum + Number(cost), 0))
}

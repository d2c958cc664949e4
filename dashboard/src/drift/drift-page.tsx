/** The watch for drift: did a model change under its name? */

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { formatCount, formatUsd } from '../format/number.ts'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { type GoldenSet, setsQuery, verdictTone } from './drift-queries.ts'

const columns: readonly Column<GoldenSet>[] = [
  {
    title: 'Golden set',
    text: ({ name }) => name,
    cell: ({ name }) => (
      <Link to="/drift/$set" params={{ set: name }}>
        <UntrustedText text={name} />
      </Link>
    ),
  },
  { title: 'State', text: ({ last_run: run }) => run?.verdict ?? '', cell: (set) => <SetState set={set} /> },
  { title: 'Target', text: ({ target }) => target, cell: ({ target }) => <UntrustedText text={target} /> },
  { title: 'Prompts', isNumber: true, cell: ({ prompts }) => formatCount(prompts) },
  { title: 'Baseline', cell: (set) => baselineText(set) },
  {
    title: 'Last run',
    text: ({ last_run: run }) => run?.started_at ?? '',
    cell: ({ last_run: run }) => (run ? <When at={run.started_at} /> : 'never'),
  },
  {
    title: 'Next run',
    text: ({ next_run_at: at }) => at ?? '',
    cell: ({ next_run_at: at }) => (at === undefined ? 'by hand' : <When at={at} />),
  },
  {
    title: 'Cost of a run',
    isNumber: true,
    cell: ({ last_run: run }) => (run ? formatUsd(Number(run.cost_usd)) : '-'),
  },
]

export function DriftPage(): ReactNode {
  const sets = useQuery(setsQuery)
  return (
    <Page title="Drift" name="Drift">
      <TablePanel
        title="Golden sets"
        query={sets}
        what="the golden sets"
        columns={columns}
        idOf={({ name }) => name}
        fileName="golden-sets"
        empty={
          <Empty title="No golden sets.">
            <span>
              Try <code>bin/weir drift run --once examples/drift/golden.yaml</code>.
            </span>
          </Empty>
        }
      />
    </Page>
  )
}

export function SetState({ set }: { readonly set: GoldenSet }): ReactNode {
  const { alarm, last_run: run, baseline } = set
  if (alarm && alarm.state === 'open') return <Status tone="bad">alarm</Status>
  if (alarm) return <Status tone="warn">{alarm.state}</Status>
  if (!baseline || baseline.runs === 0) return <Status tone="none">no baseline</Status>
  if (run?.verdict === undefined) return <Status tone="none">no run</Status>
  return <Status tone={verdictTone[run.verdict]}>{run.verdict}</Status>
}

export function baselineText({ baseline }: GoldenSet): string {
  if (!baseline) return 'none'
  const { runs, wanted_runs: wanted, fits } = baseline
  const count = runs < wanted ? `${runs} of ${wanted} runs: limits are wider` : `${runs} runs`
  return fits ? count : `${count}, of other prompts`
}

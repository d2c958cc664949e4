/** The evaluations: which runs were there, and what did they find? */

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { formatCount, formatUsd } from '../format/number.ts'
import { May } from '../session/may.tsx'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { DrawnDifference } from './drawn-difference.tsx'
import { formatPoints } from './gate-text.ts'
import { type Run, runsQuery } from './queries.ts'
import { RunState } from './run-state.tsx'

const columns: readonly Column<Run>[] = [
  {
    title: 'Suite',
    text: ({ name }) => name,
    cell: ({ id, name }) => (
      <Link to="/evals/$id" params={{ id }}>
        <UntrustedText text={name} />
      </Link>
    ),
  },
  { title: 'Arms', narrow: 'line', text: armsText, cell: (run) => <UntrustedText text={armsText(run)} /> },
  {
    title: 'Verdict',
    narrow: 'main',
    text: ({ verdict, status }) => verdict ?? status,
    cell: (run) => <RunState run={run} />,
  },
  {
    title: 'Difference',
    narrow: 'line',
    text: ({ difference }) => (difference ? formatPoints(difference.estimate) : '-'),
    cell: ({ difference, verdict }) =>
      difference ? <DrawnDifference difference={difference} verdict={verdict} /> : '-',
  },
  {
    title: 'Cases',
    isNumber: true,
    cell: ({ cases }) => (cases === undefined ? '-' : formatCount(cases)),
  },
  {
    title: 'Cost',
    isNumber: true,
    cell: ({ cost_usd: cost, progress }) =>
      cost === undefined && !progress ? '-' : formatUsd(Number(cost ?? progress?.cost_usd)),
  },
  { title: 'When', text: ({ created_at: at }) => at, cell: ({ created_at: at }) => <When at={at} /> },
]

export function EvalsPage(): ReactNode {
  const runs = useQuery(runsQuery)
  return (
    <Page
      title="Evaluations"
      name="Evaluations"
      action={
        <May call="POST /evals">
          <Button renderRoot={(props) => <Link to="/evals/new" {...props} />}>New run</Button>
        </May>
      }
    >
      <TablePanel
        title="Runs"
        query={runs}
        what="the runs"
        columns={columns}
        idOf={({ id }) => id}
        fileName="evaluations"
        empty={
          <Empty title="No runs yet.">
            <span>
              Try: <code>bin/weir eval run examples/evals/support.yaml</code>
            </span>
          </Empty>
        }
      />
    </Page>
  )
}

/** `assistant@8 against assistant@7`. */
function armsText({ arms = [] }: Run): string {
  const labels = (isBaseline: boolean) =>
    arms.filter(({ baseline }) => baseline === isBaseline).map(({ label }) => label)
  const [candidates, baselines] = [labels(false), labels(true)]
  if (candidates.length === 0) return '-'
  return [candidates.join(', '), ...baselines].join(' against ')
}

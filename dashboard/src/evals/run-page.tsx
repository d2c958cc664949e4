/** One evaluation: may this go live? */

import { Button, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useChange } from '../api/change.ts'
import { ApiError, ask, type Reply } from '../api/client.ts'
import { formatMs, formatShare, formatUsd } from '../format/number.ts'
import { May } from '../session/may.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { IntervalPlot, type IntervalRow } from '../ui/interval-plot.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { CaseMatrix } from './case-matrix.tsx'
import { type Arm, type Figure, type Gate, type GatePart, reportOf, type Row, verdictTone } from './report.ts'
import { RunState } from './run-state.tsx'

const route = getRouteApi('/evals/$id')

type Run = Reply<'GET /evals/{id}'>

const runningRefetchMs = 2_000
const shownRows = 1_000

export function RunPage(): ReactNode {
  const { id } = route.useParams()
  const run = useQuery({
    queryKey: ['evals', id],
    queryFn: ({ signal }) => ask('GET /evals/{id}', { params: { id }, signal }),
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? runningRefetchMs : false),
  })
  const isUnknown = run.error instanceof ApiError && run.error.status === 404
  return (
    <Page
      name="Evaluation"
      title={
        <>
          <Link to="/evals">Evaluations</Link> <span className="dim">/</span>{' '}
          {run.data && <UntrustedText text={run.data.name} />}
        </>
      }
      action={
        run.data?.status === 'running' && (
          <May call="POST /evals/{id}/stop">
            <StopRun id={id} />
          </May>
        )
      }
    >
      {isUnknown && <Empty title="No such run." />}
      {run.error && !isUnknown && (
        <LoadFault what="the run" error={run.error} retry={() => void run.refetch()} />
      )}
      {run.isPending && <Skeleton height={400} />}
      {run.data && <Found run={run.data} />}
    </Page>
  )
}

function Found({ run }: { readonly run: Run }): ReactNode {
  const report = reportOf(run)
  const rows = useQuery({
    queryKey: ['evals', run.id, 'rows', run.status],
    queryFn: ({ signal }) =>
      ask('GET /evals/{id}/rows', { params: { id: run.id }, query: { limit: shownRows }, signal }),
  })
  return (
    <>
      <Panel title="Verdict" aside={<RunState run={run} />}>
        {run.reason !== undefined && (
          <p>
            <UntrustedText text={run.reason} />
          </p>
        )}
        {report?.comparisons.map(({ candidate, gate }) => (
          <GateResult key={candidate} candidate={candidate} gate={gate} />
        ))}
        {!report && <p className="dim">The report is made when the run is over.</p>}
      </Panel>
      {report && (
        <Panel title="Arms" isFlush>
          <DataTable caption="Arms" columns={armColumns} things={report.arms} idOf={({ label }) => label} />
        </Panel>
      )}
      <Panel title="Cases">
        {rows.error ? (
          <LoadFault what="the cases" error={rows.error} retry={() => void rows.refetch()} />
        ) : rows.data ? (
          <CaseMatrix rows={rows.data.data as unknown as readonly Row[]} />
        ) : (
          <Skeleton height={160} />
        )}
        {rows.data?.next_cursor !== undefined && (
          <p className="dim">The first {shownRows} answers are shown.</p>
        )}
      </Panel>
    </>
  )
}

function GateResult({ candidate, gate }: { candidate: string; gate: Gate | undefined }): ReactNode {
  if (!gate) return <p className="dim">No gate is set: the figures below decide nothing.</p>
  return (
    <>
      <p>
        <UntrustedText text={candidate} /> against the baseline, {gate.cases} paired cases.
        {gate.casesNeeded !== undefined && ` About ${gate.casesNeeded} cases would decide.`}
      </p>
      <IntervalPlot rows={gate.parts.map(toInterval)} />
    </>
  )
}

function toInterval({ name, estimate, lower, upper, bound, verdict, reason }: GatePart): IntervalRow {
  const number = (value: number | undefined) =>
    value === undefined ? '-' : String(Number(value.toPrecision(3)))
  const interval = lower === undefined && upper === undefined ? '' : ` [${number(lower)}, ${number(upper)}]`
  const asked = bound === undefined ? '' : `, asked for ${number(bound)}`
  return {
    name,
    estimate,
    lower,
    upper,
    limits: bound === undefined ? [] : [bound],
    told: `${number(estimate)}${interval}${asked}`,
    tone: verdictTone[verdict],
    verdict,
    reason,
  }
}

function StopRun({ id }: { readonly id: string }): ReactNode {
  const stop = useChange({
    change: () => ask('POST /evals/{id}/stop', { params: { id } }),
    stale: ['evals'],
  })
  return (
    <Button variant="default" loading={stop.isPending} onClick={() => stop.mutate()}>
      Stop, keep what has finished
    </Button>
  )
}

const armColumns: readonly Column<Arm>[] = [
  {
    title: 'Arm',
    cell: ({ label, isBaseline }) => <UntrustedText text={isBaseline ? `${label} (baseline)` : label} />,
  },
  { title: 'Target', cell: ({ target }) => <UntrustedText text={target} /> },
  { title: 'Pass rate', isNumber: true, cell: ({ figures }) => withBounds(figures.passRate, formatShare) },
  { title: 'Latency p95', isNumber: true, cell: ({ figures }) => withBounds(figures.totalMs.p95, formatMs) },
  { title: 'Cost a case', isNumber: true, cell: ({ figures }) => withBounds(figures.costUsd, formatUsd) },
  {
    title: 'Total cost',
    isNumber: true,
    cell: ({ figures }) => (figures.costUsd ? formatUsd(figures.totalCostUsd) : '-'),
  },
  { title: 'Answers', isNumber: true, cell: ({ figures }) => String(figures.rows) },
  { title: 'Faults', isNumber: true, cell: ({ figures }) => String(figures.errors) },
]

function withBounds(figure: Figure | undefined, format: (value: number) => string): string {
  if (!figure) return '-'
  const { value, lower, upper } = figure
  return lower === undefined || upper === undefined
    ? format(value)
    : `${format(value)} [${format(lower)}, ${format(upper)}]`
}

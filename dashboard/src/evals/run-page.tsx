/** One evaluation: may this go live? */

import { Progress } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { formatCount, formatMs, formatShare, formatUsd } from '../format/number.ts'
import { DetailPage } from '../ui/detail-page.tsx'
import { Facts } from '../ui/facts.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Panel } from '../ui/panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { CasesPanel } from './cases-panel.tsx'
import { GateResult } from './gate-result.tsx'
import { Measures } from './measures.tsx'
import { casesQuery, runQuery, type RunDetail } from './queries.ts'
import { type Report, reportOf } from './report.ts'
import { RunActions } from './run-actions.tsx'
import { RunState } from './run-state.tsx'
import { TagDifferences } from './tag-differences.tsx'

const route = getRouteApi('/evals/$id')

export function RunPage(): ReactNode {
  const { id } = route.useParams()
  const run = useQuery(runQuery(id))
  return (
    <DetailPage
      above={[{ label: 'Evaluations', link: { to: '/evals' } }]}
      kind="Run"
      name={run.data?.name ?? id}
      query={run}
      action={run.data && <RunActions run={run.data} />}
    >
      {(found) => <Found run={found} />}
    </DetailPage>
  )
}

function Found({ run }: { readonly run: RunDetail }): ReactNode {
  const report = reportOf(run)
  const cases = useQuery(casesQuery(run.id, run))
  const hasTags = report !== undefined && Object.keys(report.tags).length > 0
  return (
    <>
      <Panel title="Verdict" aside={<RunState run={run} />}>
        <div className="stack">
          <Facts facts={factsOf(run, report)} />
          {run.progress && <RunProgress progress={run.progress} />}
          {run.reason !== undefined && (
            <p>
              <UntrustedText text={run.reason} />
            </p>
          )}
          {report?.comparisons.map(({ candidate, gate }) => (
            <GateResult key={candidate} candidate={candidate} gate={gate} />
          ))}
          {!report && <p className="dim">The report is made when the run is over.</p>}
        </div>
      </Panel>
      <div className="grid">
        <Panel title="Cases" className={hasTags ? 'eight' : ''} isFlush>
          <Loaded query={cases} what="the cases" height={320}>
            {(found) => <CasesPanel run={run} cases={found} report={report} />}
          </Loaded>
        </Panel>
        {hasTags && (
          <Panel title="By tag" className="four" isFlush>
            <TagDifferences tags={report.tags} />
          </Panel>
        )}
      </div>
      {report && (
        <Panel title="Measures" isFlush>
          <Measures arms={report.arms} />
        </Panel>
      )}
    </>
  )
}

function factsOf(run: RunDetail, report: Report | undefined) {
  const labels = (isBaseline: boolean) =>
    report?.arms
      .filter((arm) => arm.isBaseline === isBaseline)
      .map(({ label }) => label)
      .join(', ') || undefined
  const [candidate, baseline] = [labels(false), labels(true)]
  const cost = run.cost_usd ?? run.progress?.cost_usd
  return [
    ['Candidate', candidate && <UntrustedText key="candidate" text={candidate} />],
    ['Baseline', baseline && <UntrustedText key="baseline" text={baseline} />],
    ['Cases', report && sizeText(report)],
    ['Cost', cost === undefined ? undefined : formatUsd(Number(cost))],
    ['Started', <When key="started" at={run.created_at} />],
    ['Took', run.ended_at && formatMs(Date.parse(run.ended_at) - Date.parse(run.created_at))],
  ] as const
}

/** `200 × 5`: cases, and how often each arm was asked. */
function sizeText({ plannedCases, plannedRows, arms }: Report): string {
  const repeats = plannedRows / Math.max(1, plannedCases * arms.length)
  return `${formatCount(plannedCases)} × ${Number(repeats.toFixed(1))}`
}

function RunProgress({ progress }: { readonly progress: NonNullable<RunDetail['progress']> }): ReactNode {
  const { done, total, errors, cost_usd: cost } = progress
  const share = total === 0 ? 0 : done / total
  return (
    <div>
      <Progress value={share * 100} size="md" aria-label={`${formatShare(share)} of the answers`} />
      <p className="dim">
        {formatCount(done)} of {formatCount(total)} answers, {formatCount(errors)} lost to faults,{' '}
        {formatUsd(Number(cost))} so far
      </p>
    </div>
  )
}

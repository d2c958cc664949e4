/** One golden set: what changed, since when, and what is to be done about it. */

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { formatUsd } from '../format/number.ts'
import { May } from '../session/may.tsx'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Facts } from '../ui/facts.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { Status } from '../ui/status.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { AcceptBaseline } from './accept-baseline.tsx'
import { AlarmBar } from './alarm-bar.tsx'
import { baselineText, SetState } from './drift-page.tsx'
import { type GoldenSet, type Run, routeOf, runsQuery, setsQuery, verdictTone } from './drift-queries.ts'
import { Evidence } from './evidence.tsx'
import { MetricCharts } from './metric-charts.tsx'
import { metricName } from './metrics.ts'
import { RouteWatch } from './route-watch.tsx'
import { RunNow } from './run-now.tsx'

const route = getRouteApi('/drift/$set')

export function SetPage(): ReactNode {
  const { set: name } = route.useParams()
  const sets = useQuery(setsQuery)
  const found = sets.data?.data.find((set) => set.name === name)
  const [isAccepting, setAccepting] = useState(false)
  return (
    <Page
      name="Golden set"
      title={<UntrustedText text={name} />}
      above={[{ label: 'Drift', link: { to: '/drift' } }]}
      action={
        found && (
          <div className="row">
            <May call="POST /drift/{set}/accept">
              <Button variant="default" onClick={() => setAccepting(true)}>
                Accept baseline…
              </Button>
            </May>
            <May call="POST /drift/runs">
              <RunNow set={name} />
            </May>
          </div>
        )
      }
    >
      <Loaded query={sets} what="the golden set" height={480}>
        {() => (found ? <Found set={found} /> : <Empty title="No such golden set." />)}
      </Loaded>
      {isAccepting && <AcceptBaseline set={name} onClose={() => setAccepting(false)} />}
    </Page>
  )
}

function Found({ set }: { readonly set: GoldenSet }): ReactNode {
  const { run } = route.useSearch()
  const runs = useQuery(runsQuery(set.name))
  const newest = runs.data?.data.find(({ kind }) => kind !== 'baseline')
  const shown = run ?? set.alarm?.run_id ?? newest?.id
  const watched = routeOf(set.target)
  return (
    <>
      {set.alarm && <AlarmBar alarm={set.alarm} target={set.target} />}
      <Panel title="Watched" aside={<SetState set={set} />}>
        <Facts
          facts={[
            ['Target', <UntrustedText key="target" text={set.target} />],
            ['Prompts', `${set.prompts}, each asked ${set.samples} times`],
            ['Baseline', baselineText(set)],
            ['Accepted', set.baseline?.reason && <UntrustedText key="accepted" text={set.baseline.reason} />],
            ['Next run', set.next_run_at ? <When key="next" at={set.next_run_at} /> : 'by hand'],
            ['Schedule', set.schedule && <Schedule key="schedule" set={set} />],
            ['When it drifts', rollbackWords[set.rollback]],
          ]}
        />
      </Panel>
      {set.baseline && set.baseline.runs < set.baseline.wanted_runs && (
        <p className="dim">
          Baseline has {set.baseline.runs} of {set.baseline.wanted_runs} runs: limits are wider.
        </p>
      )}
      <MetricCharts runs={runs.data?.data ?? []} shown={shown} />
      {shown !== undefined && <Evidence run={shown} />}
      {watched !== undefined && <RouteWatch route={watched} />}
      <TablePanel
        title="Runs"
        query={runs}
        what="the runs"
        columns={columnsFor(set.name)}
        idOf={({ id }) => id}
        fileName="golden-runs"
        empty={<Empty title="No runs yet." />}
      />
    </>
  )
}

function Schedule({ set }: { readonly set: GoldenSet }): ReactNode {
  return (
    <>
      <UntrustedText text={`${set.schedule ?? ''} ${set.timezone ?? ''}`} />
      {set.scheduled_by !== undefined && (
        <span className="dim">
          {' '}
          by <UntrustedText text={set.scheduled_by} />
        </span>
      )}
    </>
  )
}

const rollbackWords = {
  off: 'tells',
  suggest: 'tells, and suggests a revision',
  auto: 'rolls the route back',
} as const

function columnsFor(set: string): Column<Run>[] {
  return [
    {
      title: 'When',
      text: ({ started_at: at }) => at,
      cell: ({ id, started_at: at }) => (
        <Link to="/drift/$set" params={{ set }} search={{ run: id }}>
          <When at={at} />
        </Link>
      ),
    },
    { title: 'Kind', cell: ({ kind }) => kind },
    {
      title: 'Verdict',
      narrow: 'main',
      text: ({ verdict }) => verdict ?? 'running',
      cell: ({ verdict }) =>
        verdict === undefined ? (
          <Status tone="info">running</Status>
        ) : (
          <Status tone={verdictTone[verdict]}>{verdict}</Status>
        ),
    },
    {
      title: 'Alarms',
      narrow: 'line',
      cell: ({ metrics, omnibus }) => {
        const alarming = metrics.filter(({ alarm }) => alarm).map(({ metric }) => metric)
        if (omnibus?.alarm) alarming.push('texts')
        return alarming.map((metric) => metricName(metric).toLowerCase()).join(', ')
      },
    },
    {
      title: 'Answers',
      isNumber: true,
      cell: ({ valid_rows: valid, expected_rows: expected }) => `${valid} of ${expected}`,
    },
    { title: 'Cost', isNumber: true, cell: ({ cost_usd: usd }) => formatUsd(Number(usd)) },
  ]
}

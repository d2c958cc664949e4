/** One experiment: is the other arm safe, and is it better? */

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask } from '../api/client.ts'
import { formatCount, formatShare } from '../format/number.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { DetailPage } from '../ui/detail-page.tsx'
import { Empty } from '../ui/empty.tsx'
import { Facts } from '../ui/facts.tsx'
import { IntervalPlot, type IntervalRow } from '../ui/interval-plot.tsx'
import { Panel } from '../ui/panel.tsx'
import { Status } from '../ui/status.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { ExperimentActions } from './experiment-actions.tsx'
import {
  type Arm,
  type Difference,
  type ExperimentDetail,
  formatDifference,
  formatMetric,
  imbalanceOf,
  metricNames,
  outcomeOf,
  sequenceOf,
} from './experiment-view.ts'
import { ExperimentState } from './experiments-page.tsx'
import { SequenceChart } from './sequence-chart.tsx'

const route = getRouteApi('/experiments/$route')

export function ExperimentPage(): ReactNode {
  const { route: name } = route.useParams()
  const experiment = useQuery({
    queryKey: ['experiments', name],
    queryFn: ({ signal }) => ask('GET /experiments/{route}', { params: { route: name }, signal }),
    refetchInterval: 5_000,
  })
  return (
    <DetailPage
      above={[{ label: 'Experiments', link: { to: '/experiments' } }]}
      kind="Experiment"
      name={name}
      query={experiment}
      unknown="The route has none, or none any more."
      action={experiment.data?.state === 'running' && <ExperimentActions experiment={experiment.data} />}
    >
      {(found) => <Found experiment={found} />}
    </DetailPage>
  )
}

function Found({ experiment }: { readonly experiment: ExperimentDetail }): ReactNode {
  const imbalance = imbalanceOf(experiment)
  return (
    <>
      <Panel title="State" aside={<ExperimentState experiment={experiment} />}>
        <Facts facts={factsOf(experiment)} />
        {experiment.fault !== undefined && (
          <p>
            <UntrustedText text={experiment.fault} />
          </p>
        )}
      </Panel>
      <div className="grid">
        <Panel title="Arms" className="eight" isFlush>
          <DataTable
            caption="Arms"
            columns={armColumns(experiment)}
            things={experiment.arms}
            idOf={({ name }) => name}
          />
        </Panel>
        <Panel title="Dealt out as meant?" className="four">
          <SampleRatio ratios={experiment.sample_ratio} />
        </Panel>
      </div>
      {imbalance ? (
        <Panel title="Results">
          <Empty title={`Arms are unbalanced (p = ${imbalance.p.toPrecision(2)}). Results are hidden.`}>
            What they would show cannot be told from what unbalanced them.
          </Empty>
        </Panel>
      ) : (
        experiment.arms.slice(1).map((arm) => <Results key={arm.name} experiment={experiment} arm={arm} />)
      )}
    </>
  )
}

function factsOf(experiment: ExperimentDetail) {
  const { name, metric, alpha, started_at: startedAt, ended_at: endedAt, reason, revision } = experiment
  return [
    ['Name', <UntrustedText key="name" text={name} />],
    ['Decided by', metricNames[metric]],
    ['Certainty', formatShare(1 - alpha)],
    ['Began', <When key="began" at={startedAt} />],
    ['Ended', endedAt === undefined ? undefined : <When key="ended" at={endedAt} />],
    ['Because', reason === undefined ? undefined : <UntrustedText key="reason" text={reason} />],
    [
      'Became',
      revision === undefined ? undefined : (
        <Link key="revision" to="/routes/$name" params={{ name: experiment.route }}>
          <UntrustedText text={revision} />
        </Link>
      ),
    ],
  ] as const
}

function armColumns(experiment: ExperimentDetail): Column<Arm>[] {
  const { metric } = experiment
  return [
    { title: 'Arm', cell: ({ name }) => <UntrustedText text={name} /> },
    { title: 'Share', isNumber: true, cell: ({ share }) => formatShare(share) },
    { title: 'Units', isNumber: true, cell: ({ units }) => formatCount(units) },
    { title: 'Outcomes', isNumber: true, cell: ({ outcomes }) => formatCount(outcomes) },
    {
      title: metricNames[metric],
      isNumber: true,
      cell(arm) {
        const outcome = outcomeOf(experiment, arm)
        return outcome === undefined ? '-' : formatMetric(metric, outcome)
      },
    },
  ]
}

const ratioNames = { units: 'Units', outcomes: 'Units with an outcome' } as const

function SampleRatio({ ratios }: { readonly ratios: ExperimentDetail['sample_ratio'] }): ReactNode {
  if (ratios.length === 0) return <Empty title="Nobody has been dealt out yet." />
  return (
    <Facts
      isList
      facts={ratios.map(({ of, p, mismatch }) => [
        ratioNames[of],
        <span key={of}>
          <Status tone={mismatch ? 'bad' : 'ok'}>{mismatch ? 'unbalanced' : 'as meant'}</Status>{' '}
          <span className="dim">p {p.toPrecision(2)}</span>
        </span>,
      ])}
    />
  )
}

interface ResultsProps {
  readonly experiment: ExperimentDetail
  readonly arm: Arm
}

function Results({ experiment, arm }: ResultsProps): ReactNode {
  const differences = arm.differences.toSorted((a, b) => order.indexOf(a.role) - order.indexOf(b.role))
  const drawn = differences.filter(({ role }) => role !== 'shown')
  const title = `${arm.name} against ${experiment.arms[0]?.name ?? 'the control'}`
  if (differences.length === 0) {
    return (
      <Panel title={title}>
        <Empty title={`Nothing is looked at before each arm has ${experiment.min_units} units.`} />
      </Panel>
    )
  }
  return (
    <>
      <Panel title={title}>
        <IntervalPlot rows={differences.map(toInterval)} />
        <p className="dim">Looking early is safe: these intervals hold at every moment.</p>
      </Panel>
      <div className="grid">
        {drawn.map(({ metric, role, limit }) => (
          <Panel
            key={metric}
            title={`${metricNames[metric]}, ${role === 'decides' ? 'decides' : 'guards'}`}
            className={drawn.length === 1 ? '' : 'six'}
          >
            <SequenceChart
              arm={arm.name}
              metric={metric}
              points={sequenceOf(experiment, arm.name, metric)}
              limit={limit === undefined ? undefined : Number(limit)}
            />
          </Panel>
        ))}
      </div>
    </>
  )
}

/** What decides comes first. */
const order = ['decides', 'guards', 'shown']

const tones = { better: 'ok', worse: 'bad', open: 'none' } as const
const roles = { decides: 'decides', guards: 'guards', shown: 'is shown' } as const

function toInterval(found: Difference): IntervalRow {
  const { metric, role, control, verdict, limit, guardrail_crossed: isCrossed } = found
  const [difference, lower, upper] = [found.difference, found.lower, found.upper].map(Number) as [
    number,
    number,
    number,
  ]
  const told = (value: number) => formatDifference(metric, value)
  return {
    name: `${metricNames[metric]}, ${roles[role]}`,
    estimate: difference,
    lower,
    upper,
    limits: [0, ...(limit === undefined ? [] : [Number(limit)])],
    scale: told,
    told: `${told(difference)} [${told(lower)}, ${told(upper)}] from ${formatMetric(metric, Number(control))}`,
    tone: isCrossed ? 'bad' : tones[verdict],
    verdict: isCrossed ? 'crosses its guardrail' : verdict,
  }
}

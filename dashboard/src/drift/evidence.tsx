/** What a run was judged by: each metric against its baseline, and the answers that changed most. */

import { NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Facts } from '../ui/facts.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Panel } from '../ui/panel.tsx'
import { Status } from '../ui/status.tsx'
import { TextDiff } from '../ui/text-diff.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { type Metric, type RunDetail, runQuery } from './drift-queries.ts'
import { metricEffect, metricName, metricValue } from './metrics.ts'
import './drift.css'

const shownPrompts = 3

export function Evidence({ run }: { readonly run: string }): ReactNode {
  const query = useQuery(runQuery(run))
  return (
    <Loaded query={query} what="the evidence" height={320}>
      {(found) => <Found run={found} />}
    </Loaded>
  )
}

function Found({ run }: { readonly run: RunDetail }): ReactNode {
  return (
    <>
      <Panel title="Evidence" isFlush aside={<When at={run.started_at} />}>
        <div className="panel-body">
          <Reported run={run} />
        </div>
        {run.reasons.length > 0 && (
          <ul className="drift-reasons panel-body">
            {run.reasons.map(({ code, text, note }) => (
              <li key={code} className={note ? 'dim' : undefined}>
                <UntrustedText text={text} />
              </li>
            ))}
          </ul>
        )}
        {run.metrics.length > 0 && (
          <DataTable
            caption="Metrics of the run"
            columns={columns}
            things={run.metrics}
            idOf={({ metric }) => metric}
          />
        )}
      </Panel>
      <Changed run={run} />
    </>
  )
}

/** What the provider calls what has answered, and what it was called in the baseline where that is another name. */
function Reported({ run: { reported } }: { readonly run: RunDetail }): ReactNode {
  if (!reported) return null
  const { models, builds, before } = reported
  const row = (now: readonly string[], then: readonly string[]) => {
    const isNew = then.length > 0 && now.some((name) => !then.includes(name))
    return (
      now.length > 0 && <UntrustedText text={now.join(', ') + (isNew ? `, before ${then.join(', ')}` : '')} />
    )
  }
  return (
    <Facts
      facts={[
        ['Reported model', row(models, before.models)],
        ['Reported build', row(builds, before.builds)],
      ]}
    />
  )
}

const columns: readonly Column<Metric>[] = [
  {
    title: 'Metric',
    cell: ({ metric, alarm, harmful }) => (
      <>
        {metricName(metric)} {alarm && <Status tone={harmful ? 'bad' : 'warn'}>alarm</Status>}
      </>
    ),
  },
  { title: 'Before', isNumber: true, cell: ({ metric, baseline }) => metricValue(metric, baseline) },
  { title: 'Now', isNumber: true, cell: ({ metric, value }) => metricValue(metric, value) },
  {
    title: 'Effect [99 %]',
    narrow: 'line',
    isNumber: true,
    cell: ({ metric, effect, lower, upper }) =>
      `${metricEffect(metric, effect)} [${metricEffect(metric, lower)}, ${metricEffect(metric, upper)}]`,
  },
  {
    title: 'p, corrected',
    isNumber: true,
    cell: ({ adjusted_p: p }) => (p < 0.001 ? '< 0.001' : p.toFixed(3)),
  },
]

function Changed({ run }: { readonly run: RunDetail }): ReactNode {
  const known = run.evidence.filter(({ prompts }) => prompts.length > 0)
  const [picked, setPicked] = useState<string>()
  const evidence = known.find(({ metric }) => metric === picked) ?? known[0]
  if (!evidence) return null
  const { metric, prompts } = evidence
  return (
    <Panel
      title="Answers that changed most"
      aside={
        <NativeSelect
          size="xs"
          aria-label="Metric"
          data={known.map((one) => ({ value: one.metric, label: metricName(one.metric) }))}
          value={metric}
          onChange={(event) => setPicked(event.currentTarget.value)}
        />
      }
    >
      <div className="stack">
        {prompts.slice(0, shownPrompts).map((prompt) => (
          <div key={prompt.prompt}>
            <p>
              <UntrustedText text={prompt.question} />{' '}
              <span className="dim">
                {metricValue(metric, prompt.before)} before, {metricValue(metric, prompt.after)} now
              </span>
            </p>
            <TextDiff
              label={`Answer to ${prompt.prompt}, before and now`}
              before={prompt.answer_before}
              after={prompt.answer_after}
            />
          </div>
        ))}
      </div>
    </Panel>
  )
}

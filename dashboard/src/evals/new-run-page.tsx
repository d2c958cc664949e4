/** A new run: its suite and arms first, then what it would cost and could tell, and only then its start. */

import { Button, NumberInput, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import { useTargets } from '../api/targets.ts'
import { useMay } from '../session/me.ts'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { ChosenPanel } from './chosen-panel.tsx'
import { type Draft, newDraft, startBody } from './draft.ts'
import { costOf, RunPlan } from './run-plan.tsx'
import { SuiteField } from './suite-field.tsx'

const route = getRouteApi('/evals/new')

export function NewRunPage(): ReactNode {
  const may = useMay('POST /evals')
  return (
    <Page name="New run" title="New run" above={[{ label: 'Evaluations', link: { to: '/evals' } }]}>
      {may ? (
        <NewRun />
      ) : (
        <Empty title="You do not have access to this.">Ask an owner or administrator.</Empty>
      )}
    </Page>
  )
}

function NewRun(): ReactNode {
  const navigate = route.useNavigate()
  const [draft, setDraft] = useState<Draft>(newDraft)
  const plan = useMutation({ mutationFn: () => ask('POST /evals/plan', { body: startBody(draft) }) })
  const start = useChange({
    change: () => ask('POST /evals', { body: startBody(draft) }),
    stale: ['evals'],
    onDone: ({ id }) => void navigate({ to: '/evals/$id', params: { id } }),
  })
  // What was estimated is not what would be started any more.
  const change = (changed: Partial<Draft>) => {
    // Files are read for a while, in which more may be typed.
    setDraft((now) => ({ ...now, ...changed }))
    plan.reset()
    start.reset()
  }
  return (
    <>
      <ChosenPanel onSuite={change} />
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          plan.mutate()
        }}
      >
        <Panel title="What is asked">
          <div className="stack">
            <SuiteField draft={draft} onChange={change} />
            <ArmFields draft={draft} onChange={change} />
            {plan.error && <span role="alert">{plan.error.message}</span>}
            <div className="row">
              <Button
                type="submit"
                variant={plan.data ? 'default' : 'filled'}
                loading={plan.isPending}
                disabled={draft.entry === ''}
              >
                Estimate cost and power
              </Button>
              <span className="dim">Nothing is asked yet.</span>
            </div>
          </div>
        </Panel>
      </form>
      {plan.data && (
        <Panel
          title="Cost and power"
          aside={
            <div className="row">
              {start.error && <span role="alert">{start.error.message}</span>}
              <Button loading={start.isPending} onClick={() => start.mutate()}>
                {startWord(costOf(plan.data))}
              </Button>
            </div>
          }
        >
          <RunPlan plan={plan.data} />
        </Panel>
      )}
    </>
  )
}

function startWord(cost: string | undefined): string {
  return cost === undefined ? 'Start run, price not known' : `Start run for ${cost}`
}

interface FieldsProps {
  readonly draft: Draft
  onChange(changed: Partial<Draft>): void
}

function ArmFields({ draft, onChange }: FieldsProps): ReactNode {
  const targets = useTargets()
  return (
    <div className="grid">
      {(['candidate', 'baseline'] as const).map((arm) => (
        <div key={arm} className="three">
          <TextInput
            label={arm === 'candidate' ? 'Candidate' : 'Baseline'}
            description="A route, as assistant@8, or provider/model."
            placeholder="the suite's own"
            list="eval-targets"
            value={draft[arm]}
            onChange={(event) => onChange({ [arm]: event.currentTarget.value })}
          />
        </div>
      ))}
      <datalist id="eval-targets">
        {targets.map((target) => (
          <option key={target} value={target} />
        ))}
      </datalist>
      <div className="three">
        <NumberInput
          label="Repeats"
          description="Of every case, for each arm."
          placeholder="the suite's own"
          min={1}
          max={1_000}
          allowDecimal={false}
          value={draft.repeat}
          onChange={(repeat) => onChange({ repeat })}
        />
      </div>
      <div className="three">
        <TextInput
          label="Most it may cost, USD"
          description="The run stops before it costs more."
          placeholder="no limit"
          inputMode="decimal"
          value={draft.maxUsd}
          onChange={(event) => onChange({ maxUsd: event.currentTarget.value })}
        />
      </div>
    </div>
  )
}

/** The playground: which target is better, faster, cheaper? */

import { Button, NumberInput, Textarea } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { type KeyboardEvent, type ReactNode, useState } from 'react'
import type { ChatRequest } from '../api/chat.ts'
import { useTargets } from '../api/targets.ts'
import { visible } from '../format/visible.ts'
import { May } from '../session/may.tsx'
import { useMay } from '../session/me.ts'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { TextDiff } from '../ui/text-diff.tsx'
import { useTyped } from '../ui/use-typed.ts'
import { EstimateText } from './estimate-text.tsx'
import { TrialPlaces } from './trial-places.tsx'
import { type Draft, useRecordedDraft } from './recorded-draft.ts'
import { type Trial, type TrialControl, useTrial } from './use-trial.ts'
import './playground.css'

const route = getRouteApi('/playground')

const maxTargets = 4
/** Of the built-in simulator. */
const offline = 'sim/echo'

const blank: Draft = { system: '', user: '', temperature: '', maxTokens: '' }

export function PlaygroundPage(): ReactNode {
  const { target, like } = route.useSearch()
  const navigate = route.useNavigate()
  const known = useTargets()
  const [firstKnown = ''] = known
  const [names, setNames] = useTyped(target ?? firstKnown, (next) =>
    navigate({ replace: true, search: (search) => ({ ...search, target: next }) }),
  )
  const targets = names.split(',').slice(0, maxTargets)
  const [draft, setDraft] = useState(blank)
  const { note } = useRecordedDraft(like, setDraft)
  const trials = useTrials()
  const setTargets = (next: readonly string[]) => setNames(next.join(','))
  const isRunning = trials.some(({ trial }) => trial.state === 'running')
  const may = useMay('POST /keys')
  const canRun = may && draft.user.trim() !== '' && targets.some((name) => name.trim() !== '')
  const run = () => {
    targets.forEach((name, index) => {
      if (name.trim() !== '') trials[index]?.run(requestOf(name.trim(), draft))
    })
  }
  const stop = () => trials.forEach((trial) => trial.stop())
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && canRun) run()
  }
  return (
    <Page
      title="Playground"
      name="Playground"
      action={
        <div className="row">
          <Button
            variant="default"
            disabled={targets.length >= maxTargets}
            onClick={() => setTargets([...targets, ''])}
          >
            Add a target
          </Button>
          {isRunning && (
            <Button variant="default" onClick={stop}>
              Stop
            </Button>
          )}
          <May call="POST /keys">
            <Button disabled={!canRun} onClick={run}>
              Run
            </Button>
          </May>
        </div>
      }
    >
      <div className="playground" onKeyDown={onKeyDown}>
        <Panel title="Message">
          {note !== undefined && <p className="dim">{note}</p>}
          {note === undefined && draft.user === '' && (
            <p className="dim">
              Pick a target and write a message.
              {known.includes(offline) && (
                <>
                  {' '}
                  <code>{offline}</code> works offline.
                </>
              )}
            </p>
          )}
          <Message draft={draft} onChange={setDraft} />
          <EstimateText targets={targets} draft={draft} />
        </Panel>
        <TrialPlaces targets={targets} trials={trials} onTargets={setTargets} />
        <Differences targets={targets} trials={trials} />
      </div>
    </Page>
  )
}

interface DifferencesProps {
  readonly targets: readonly string[]
  readonly trials: readonly TrialControl[]
}

/** Of each further answer from the first one. */
function Differences({ targets, trials }: DifferencesProps): ReactNode {
  const [first, ...others] = targets.map((target, index) => ({ target, trial: trials[index]!.trial }))
  const isDone = (trial: Trial) => trial.state === 'done' && trial.text !== ''
  if (!first || !isDone(first.trial)) return null
  return others.map(({ target, trial }, index) =>
    isDone(trial) ? (
      // A place stays the same place when its target changes.
      <Panel key={index} title={`${visible(target)} beside ${visible(first.target)}`}>
        <TextDiff
          label={`Words that ${visible(target)} says otherwise`}
          before={first.trial.text}
          after={trial.text}
        />
      </Panel>
    ) : null,
  )
}

/** As many as there may be, since hooks have to be the same each time. */
function useTrials(): readonly TrialControl[] {
  return [useTrial(), useTrial(), useTrial(), useTrial()]
}

interface MessageProps {
  readonly draft: Draft
  onChange(draft: Draft): void
}

function Message({ draft, onChange }: MessageProps): ReactNode {
  const may = useMay('POST /keys')
  const set = (change: Partial<Draft>) => onChange({ ...draft, ...change })
  return (
    <div className="stack">
      <Textarea
        label="System"
        autosize
        minRows={2}
        maxRows={8}
        value={draft.system}
        onChange={(event) => set({ system: event.currentTarget.value })}
      />
      <Textarea
        label="Message"
        description="Ctrl-Enter runs it."
        autosize
        minRows={5}
        maxRows={16}
        value={draft.user}
        onChange={(event) => set({ user: event.currentTarget.value })}
      />
      <NumberInput
        label="Temperature"
        placeholder="the model's own"
        min={0}
        max={2}
        step={0.1}
        value={draft.temperature}
        onChange={(temperature) => set({ temperature })}
      />
      <NumberInput
        label="Longest answer, tokens"
        placeholder="the model's own"
        min={1}
        allowDecimal={false}
        value={draft.maxTokens}
        onChange={(maxTokens) => set({ maxTokens })}
      />
      <p className="dim">
        {may
          ? 'Calls go by a key named dashboard, which is made for them and ends within the hour.'
          : 'Calls go by a key that is made for them, and your role makes no keys.'}
      </p>
    </div>
  )
}

function requestOf(model: string, { system, user, temperature, maxTokens }: Draft): ChatRequest {
  return {
    model,
    messages: [
      ...(system.trim() === '' ? [] : [{ role: 'system' as const, content: system }]),
      { role: 'user', content: user },
    ],
    ...(typeof temperature === 'number' && { temperature }),
    ...(typeof maxTokens === 'number' && { maxTokens }),
  }
}

/** Makes a suite of the requests that were chosen for one: to be run as it is, or saved and added to. */

import { Button, NativeSelect } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { ask, type Reply } from '../api/client.ts'
import { useChosenRequests } from '../datasets/chosen-requests.ts'
import { formatCount } from '../format/number.ts'
import { downloadText } from '../ui/download.ts'
import { Panel } from '../ui/panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import type { Draft } from './draft.ts'

const fileName = 'chosen-requests.json'

/** What an answer that nobody disliked is good for. */
const references = [
  { value: 'none', label: 'no reference' },
  { value: 'similar', label: 'like it in meaning' },
  { value: 'factuality', label: 'the same facts' },
  { value: 'equals', label: 'the same text' },
] as const

type Reference = (typeof references)[number]['value']

interface ChosenPanelProps {
  onSuite(changed: Pick<Draft, 'files' | 'entry'>): void
}

/** Nothing where none was chosen. */
export function ChosenPanel({ onSuite }: ChosenPanelProps): ReactNode {
  const { ids, remove, clear } = useChosenRequests()
  const [reference, setReference] = useState<Reference>('none')
  const make = useMutation({
    mutationFn: () => ask('POST /evals/datasets', { body: { requests: [...ids], reference } }),
    onSuccess: ({ suite }) => onSuite({ files: { [fileName]: textOf(suite) }, entry: fileName }),
  })
  if (ids.length === 0) return null
  const { data } = make
  return (
    <Panel
      title="Chosen requests"
      aside={
        <Button variant="subtle" onClick={clear}>
          Forget them
        </Button>
      }
    >
      <div className="stack">
        <ul className="chosen-requests">
          {ids.map((id) => (
            <li key={id}>
              <Link to="/requests/$id" params={{ id }}>
                <UntrustedText text={id} />
              </Link>
              <Button
                variant="subtle"
                size="compact-xs"
                aria-label={`Remove ${id}`}
                onClick={() => remove(id)}
              >
                ✕
              </Button>
            </li>
          ))}
        </ul>
        <div className="row chosen-actions">
          <NativeSelect
            label="Of each answer that nobody disliked, hold the next one to"
            data={[...references]}
            value={reference}
            onChange={(event) => {
              setReference(event.currentTarget.value as Reference)
              make.reset()
            }}
          />
          <Button variant="default" loading={make.isPending} onClick={() => make.mutate()}>
            Make a suite of them
          </Button>
          {data && data.cases > 0 && (
            <Button variant="default" onClick={() => downloadText(fileName, textOf(data.suite))}>
              Save as a file
            </Button>
          )}
        </div>
        {make.error && <span role="alert">{make.error.message}</span>}
        {data && <p role="status">{toldOf(data)}</p>}
      </div>
    </Panel>
  )
}

function textOf(suite: Reply<'POST /evals/datasets'>['suite']): string {
  return JSON.stringify(suite, null, 2)
}

/** `3 cases. Left out: 1 offers tools, 1 not recorded.` */
function toldOf({ cases, skipped }: Reply<'POST /evals/datasets'>): string {
  const told = cases === 1 ? '1 case.' : `${formatCount(cases)} cases.`
  const reasons = Object.entries(skipped).map(([why, count]) => `${formatCount(count)} ${why}`)
  return reasons.length === 0 ? told : `${told} Left out: ${reasons.join(', ')}.`
}

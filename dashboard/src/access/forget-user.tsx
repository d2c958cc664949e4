/** Deletes what is kept of what a user asked and was answered, and says what stays. */

import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { useChange } from '../api/change.ts'
import { ask, type Reply } from '../api/client.ts'
import type { User } from '../api/owners.ts'
import { formatCount } from '../format/number.ts'
import { visible } from '../format/visible.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Facts } from '../ui/facts.tsx'

interface ForgetUserProps {
  readonly user: User
  onClose(): void
}

type Forgotten = Reply<'POST /forget'>

export function ForgetUser({ user: { id, name }, onClose }: ForgetUserProps): ReactNode {
  const { data, isPending, error, mutate } = useChange({
    change: () => ask('POST /forget', { body: { user: id } }),
    stale: ['requests', 'payload', 'sessions', 'batches'],
  })
  if (data) return <Told name={name} forgotten={data} onClose={onClose} />
  return (
    <Confirm
      title={`Forget what ${name} said`}
      effect="Prompts, answers, sessions and addresses are deleted wherever they are kept. What was charged stays. This cannot be undone."
      verb="Forget"
      typed={name}
      isPending={isPending}
      error={error}
      onConfirm={mutate}
      onClose={onClose}
    />
  )
}

const names = {
  payloads: 'Payloads',
  records: 'Records of requests',
  responses: 'Stored answers',
  repeatable_answers: 'Answers kept for repetition',
  cache_entries: 'Entries of the cache',
  feedback: 'Feedback',
  experiment_units: 'Places in experiments',
  files: 'Files',
  batches: 'Batches',
} as const satisfies Partial<Record<keyof Forgotten, string>>

interface ToldProps {
  readonly name: string
  readonly forgotten: Forgotten
  onClose(): void
}

function Told({ name, forgotten, onClose }: ToldProps): ReactNode {
  return (
    <Dialog onClose={onClose} title={`${visible(name)} is forgotten`}>
      <div className="stack">
        <Facts
          isList
          facts={(Object.keys(names) as (keyof typeof names)[]).map((of) => [
            names[of],
            formatCount(forgotten[of]),
          ])}
        />
        {forgotten.stays.length > 0 && <p>What stays: {forgotten.stays.join('; ')}.</p>}
        <div className="row dialog-actions">
          <Button onClick={onClose}>Done</Button>
        </div>
      </div>
    </Dialog>
  )
}

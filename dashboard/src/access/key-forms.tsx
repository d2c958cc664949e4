/** Makes a key and shows its secret once, or changes one. */

import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { blankKey, changeOf, draftOf, hasOneBudget, newKeyOf } from './key-draft.ts'
import { KeyFields } from './key-fields.tsx'
import type { ApiKey } from '../api/owners.ts'
import { ShownOnce } from './shown-once.tsx'

export function CreateKey({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [draft, setDraft] = useState(blankKey)
  const { data, isPending, error, mutate } = useChange({
    change: () => ask('POST /keys', { body: newKeyOf(draft) }),
    stale: ['keys'],
  })
  if (data) return <ShownOnce title={`Key ${data.name}`} secret={data.secret} onClose={onClose} />
  return (
    <FormDialog
      title="Create key"
      verb="Create key"
      isPending={isPending}
      error={error}
      onSubmit={mutate}
      onClose={onClose}
    >
      <KeyFields draft={draft} hasBudget onChange={setDraft} />
    </FormDialog>
  )
}

export function EditKey({
  edited,
  onClose,
}: {
  readonly edited: ApiKey
  readonly onClose: () => void
}): ReactNode {
  const [draft, setDraft] = useState(() => draftOf(edited))
  const { isPending, error, mutate } = useChange({
    change: () => ask('PATCH /keys/{id}', { params: { id: edited.id }, body: changeOf(draft, edited) }),
    stale: ['keys'],
    onDone: onClose,
  })
  return (
    <FormDialog
      title={`Edit ${edited.name}`}
      verb="Save"
      isPending={isPending}
      error={error}
      onSubmit={mutate}
      onClose={onClose}
    >
      <KeyFields draft={draft} hasBudget={hasOneBudget(edited)} onChange={setDraft} />
    </FormDialog>
  )
}

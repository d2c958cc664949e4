/** Makes a team, or changes one. */

import { NumberInput, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import type { Team } from '../api/owners.ts'

interface TeamFormProps {
  /** Absent: a new one. */
  readonly team?: Team
  onClose(): void
}

export function TeamForm({ team, onClose }: TeamFormProps): ReactNode {
  const [name, setName] = useState(team?.name ?? '')
  const [markup, setMarkup] = useState<number | string>(team?.markup_percent ?? 0)
  const [credit, setCredit] = useState(team?.credit_usd ?? '')
  const { isPending, error, mutate } = useChange({
    async change() {
      const wanted = { name, markup_percent: Number(markup) }
      const usd = credit.trim()
      if (team) {
        const body = { ...wanted, credit_usd: usd === '' ? null : usd }
        await ask('PATCH /teams/{id}', { params: { id: team.id }, body })
      } else {
        await ask('POST /teams', { body: { ...wanted, ...(usd !== '' && { credit_usd: usd }) } })
      }
    },
    stale: ['teams'],
    onDone: onClose,
  })
  return (
    <FormDialog
      title={team ? `Edit ${team.name}` : 'Create team'}
      verb={team ? 'Save' : 'Create team'}
      isPending={isPending}
      error={error}
      onSubmit={mutate}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        required
        maxLength={200}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <NumberInput
        label="Mark-up, percent"
        description="Charged above the provider's price."
        min={0}
        max={1000}
        decimalScale={2}
        value={markup}
        onChange={setMarkup}
      />
      <TextInput
        label="Credit, USD"
        description="Paid in advance. Empty: billed afterwards."
        inputMode="decimal"
        value={credit}
        onChange={(event) => setCredit(event.currentTarget.value)}
      />
    </FormDialog>
  )
}

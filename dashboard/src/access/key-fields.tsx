/** The fields of a key's form. */

import { NumberInput, TagsInput, TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import type { KeyDraft } from './key-draft.ts'
import { OwnerSelect } from './owner-select.tsx'
import { teamsQuery, usersQuery } from '../api/owners.ts'

interface KeyFieldsProps {
  readonly draft: KeyDraft
  onChange(draft: KeyDraft): void
}

const limits = [
  { of: 'rpm', label: 'Requests per minute' },
  { of: 'tpm', label: 'Tokens per minute' },
  { of: 'concurrency', label: 'Requests at once' },
] as const

export function KeyFields({ draft, onChange }: KeyFieldsProps): ReactNode {
  const set = (change: Partial<KeyDraft>) => onChange({ ...draft, ...change })
  return (
    <>
      <TextInput
        label="Name"
        description="Of the application that will use it."
        required
        maxLength={200}
        data-autofocus
        value={draft.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <TagsInput
        label="Models"
        description="Routes and models; * stands for any text. Empty: all."
        value={[...draft.models]}
        onChange={(models) => set({ models })}
      />
      <OwnerSelect label="Team" query={teamsQuery} value={draft.team} onChange={(team) => set({ team })} />
      <OwnerSelect label="User" query={usersQuery} value={draft.user} onChange={(user) => set({ user })} />
      {limits.map(({ of, label }) => (
        <NumberInput
          key={of}
          label={label}
          placeholder="no limit"
          min={1}
          allowDecimal={false}
          value={draft[of]}
          onChange={(value) => set({ [of]: value })}
        />
      ))}
      <TextInput
        label="Most that one request may cost, USD"
        description="By its worst case. Empty: no limit."
        inputMode="decimal"
        value={draft.maxUsd}
        onChange={(event) => set({ maxUsd: event.currentTarget.value })}
      />
      <TextInput
        label="Expires"
        description="Empty: never."
        type="datetime-local"
        value={draft.expiresAt}
        onChange={(event) => set({ expiresAt: event.currentTarget.value })}
      />
    </>
  )
}

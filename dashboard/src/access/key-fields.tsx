/** The fields of a key's form. */

import { NativeSelect, NumberInput, TagsInput, TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import type { BudgetPeriod, KeyDraft } from './key-draft.ts'
import { OwnerSelect } from './owner-select.tsx'
import { teamsQuery, usersQuery } from '../api/owners.ts'
import './access.css'

interface KeyFieldsProps {
  readonly draft: KeyDraft
  /** Whether its budget is told here. */
  readonly hasBudget: boolean
  onChange(draft: KeyDraft): void
}

const limits = [
  { of: 'rpm', label: 'Requests per minute' },
  { of: 'tpm', label: 'Tokens per minute' },
  { of: 'concurrency', label: 'Requests at once' },
] as const

const periods = [
  { value: 'day', label: 'day' },
  { value: 'week', label: 'week' },
  { value: 'month', label: 'month' },
  { value: 'quarter', label: 'quarter' },
  { value: 'year', label: 'year' },
  { value: 'hour', label: 'hour' },
  { value: 'total', label: 'life of the key' },
] as const

export function KeyFields({ draft, hasBudget, onChange }: KeyFieldsProps): ReactNode {
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
      {hasBudget && (
        <div className="key-budget">
          <TextInput
            label="Budget, USD"
            description="A hard cap. Empty: none of its own."
            inputMode="decimal"
            value={draft.budgetUsd}
            onChange={(event) => set({ budgetUsd: event.currentTarget.value })}
          />
          <NativeSelect
            label="In each"
            data={[...periods]}
            value={draft.budgetPeriod}
            onChange={(event) => set({ budgetPeriod: event.currentTarget.value as BudgetPeriod })}
          />
        </div>
      )}
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
      <TagsInput
        label="Only from these addresses"
        description="Addresses and ranges, such as 10.0.0.0/8. Empty: from anywhere."
        value={[...draft.addresses]}
        onChange={(addresses) => set({ addresses })}
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

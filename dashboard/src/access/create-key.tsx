/** Makes a key, and shows its secret once. */

import { Button, Modal, NativeSelect, NumberInput, TagsInput, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { ask, type Given } from '../api/client.ts'
import { SecretBox } from '../ui/secret-box.tsx'
import { keysQuery, teamsQuery, usersQuery } from './owners.ts'

type NewKey = NonNullable<Given<'POST /keys'>['body']>

interface Draft {
  readonly name: string
  readonly team: string
  readonly user: string
  readonly models: readonly string[]
  readonly expiresAt: string
  readonly rpm: number | string
  readonly maxUsd: string
}

const blank: Draft = { name: '', team: '', user: '', models: [], expiresAt: '', rpm: '', maxUsd: '' }

export function CreateKey({ onClose }: { readonly onClose: () => void }): ReactNode {
  const queries = useQueryClient()
  const [draft, setDraft] = useState(blank)
  const creation = useMutation({
    mutationFn: () => ask('POST /keys', { body: bodyOf(draft) }),
    onSuccess: () => queries.invalidateQueries({ queryKey: keysQuery.queryKey }),
  })
  if (creation.data) {
    return (
      <Modal opened onClose={onClose} title={`Key ${creation.data.name}`} closeOnClickOutside={false}>
        <div className="stack">
          <SecretBox secret={creation.data.secret} />
          <div className="row dialog-actions">
            <Button variant="default" onClick={onClose}>
              Done
            </Button>
          </div>
        </div>
      </Modal>
    )
  }
  return (
    <Modal opened onClose={onClose} title="Create key">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          creation.mutate()
        }}
      >
        <Fields draft={draft} onChange={setDraft} />
        {creation.error && <span role="alert">{creation.error.message}</span>}
        <div className="row dialog-actions">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={creation.isPending}>
            Create key
          </Button>
        </div>
      </form>
    </Modal>
  )
}

interface FieldsProps {
  readonly draft: Draft
  onChange(draft: Draft): void
}

function Fields({ draft, onChange }: FieldsProps): ReactNode {
  const teams = useQuery(teamsQuery).data?.data ?? []
  const users = useQuery(usersQuery).data?.data ?? []
  const set = (change: Partial<Draft>) => onChange({ ...draft, ...change })
  const choices = (things: readonly { id: string; name: string }[]) => [
    { value: '', label: 'None' },
    ...things.map(({ id, name }) => ({ value: id, label: name })),
  ]
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
      <NativeSelect
        label="Team"
        data={choices(teams)}
        value={draft.team}
        onChange={(event) => set({ team: event.currentTarget.value })}
      />
      <NativeSelect
        label="User"
        data={choices(users)}
        value={draft.user}
        onChange={(event) => set({ user: event.currentTarget.value })}
      />
      <NumberInput
        label="Requests per minute"
        description="Empty: no limit."
        min={1}
        allowDecimal={false}
        value={draft.rpm}
        onChange={(rpm) => set({ rpm })}
      />
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

function bodyOf({ name, team, user, models, expiresAt, rpm, maxUsd }: Draft): NewKey {
  return {
    name,
    ...(team !== '' && { team }),
    ...(user !== '' && { user }),
    ...(models.length > 0 && { models: [...models] }),
    ...(expiresAt !== '' && { expires_at: new Date(expiresAt).toISOString() }),
    ...(typeof rpm === 'number' && { limits: { rpm } }),
    ...(maxUsd.trim() !== '' && { max_usd_per_request: maxUsd.trim() }),
  }
}

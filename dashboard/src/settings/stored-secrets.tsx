/** The secrets that the gateway keeps itself: their names and ages, never their values. */

import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask, type Item } from '../api/client.ts'
import { visible } from '../format/visible.ts'
import { May } from '../session/may.tsx'
import { Confirm } from '../ui/confirm.tsx'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { RowMenu } from '../ui/row-menu.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'

type Secret = Item<'GET /secrets'>
type Action =
  | { readonly verb: 'set'; readonly name: string }
  | { readonly verb: 'delete'; readonly name: string }

export function StoredSecrets(): ReactNode {
  const secrets = useQuery({
    queryKey: ['secrets'],
    queryFn: ({ signal }) => ask('GET /secrets', { signal }),
  })
  const [action, setAction] = useState<Action>()
  const end = () => setAction(undefined)
  const columns: readonly Column<Secret>[] = [
    { title: 'Name', text: ({ name }) => name, cell: ({ name }) => <UntrustedText text={name} /> },
    { title: 'Version', isNumber: true, cell: ({ version }) => String(version) },
    { title: 'Sealed by key', isNumber: true, cell: ({ key_version: version }) => String(version) },
    { title: 'Set', text: ({ updated_at: at }) => at, cell: ({ updated_at: at }) => <When at={at} /> },
    {
      title: 'Actions',
      isUntitled: true,
      cell: ({ name }) => (
        <May call="POST /secrets">
          <RowMenu
            of={name}
            actions={[
              { label: 'New value…', run: () => setAction({ verb: 'set', name }) },
              { label: 'Delete…', isDanger: true, run: () => setAction({ verb: 'delete', name }) },
            ]}
          />
        </May>
      ),
    },
  ]
  return (
    <>
      <TablePanel
        title="Stored secrets"
        query={secrets}
        what="the secrets"
        columns={columns}
        idOf={({ name }) => name}
        aside={
          <May call="POST /secrets">
            <Button variant="default" onClick={() => setAction({ verb: 'set', name: '' })}>
              Store a secret…
            </Button>
          </May>
        }
        empty={
          <Empty title="None is stored.">
            <span>
              The configuration names one as <code>stored:NAME</code>.
            </span>
          </Empty>
        }
      />
      {action?.verb === 'set' && <SetSecret name={action.name} onClose={end} />}
      {action?.verb === 'delete' && <DeleteSecret name={action.name} onClose={end} />}
    </>
  )
}

interface SecretProps {
  /** Empty: a new one. */
  readonly name: string
  onClose(): void
}

function SetSecret({ name: given, onClose }: SecretProps): ReactNode {
  const [name, setName] = useState(given)
  const [value, setValue] = useState('')
  const { isPending, error, mutate } = useChange({
    change: () => ask('POST /secrets', { body: { name, value } }),
    stale: ['secrets'],
    onDone: onClose,
  })
  return (
    <FormDialog
      title={given === '' ? 'Store a secret' : `New value of ${visible(given)}`}
      verb="Store"
      isPending={isPending}
      error={error}
      onSubmit={mutate}
      onClose={onClose}
    >
      {given === '' && (
        <TextInput
          label="Name"
          required
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      )}
      <PasswordInput
        label="Value"
        description="It is sealed, and cannot be read back."
        required
        autoComplete="off"
        value={value}
        onChange={(event) => setValue(event.currentTarget.value)}
      />
    </FormDialog>
  )
}

function DeleteSecret({ name, onClose }: SecretProps): ReactNode {
  const { isPending, error, mutate } = useChange({
    change: () => ask('DELETE /secrets/{name}', { params: { name } }),
    stale: ['secrets'],
    onDone: onClose,
  })
  return (
    <Confirm
      title={`Delete ${visible(name)}`}
      effect="A gateway that runs on it keeps what it has until it starts again, and does not start without it."
      verb="Delete"
      typed={name}
      isPending={isPending}
      error={error}
      onConfirm={mutate}
      onClose={onClose}
    />
  )
}

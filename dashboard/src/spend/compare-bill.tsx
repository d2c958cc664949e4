/** Holds a provider's export, chosen from the disk, against the ledger; corrects the ledger where a reason is given. */

import { Input, NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useId, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import { providers } from '../api/shared-queries.ts'
import { FormDialog } from '../ui/form-dialog.tsx'

interface CompareBillProps {
  /** `id`: of what is kept of it. */
  onDone(id: string): void
  onClose(): void
}

export function CompareBill({ onDone, onClose }: CompareBillProps): ReactNode {
  const known = useQuery(providers).data?.data ?? []
  const [picked, setPicked] = useState<string>()
  const [files, setFiles] = useState<readonly File[]>([])
  const [reason, setReason] = useState('')
  const provider = picked ?? known[0]?.name ?? ''
  const fieldId = useId()
  const { isPending, error, mutate } = useChange({
    change: async () =>
      ask('POST /ledger/reconcile', {
        body: {
          provider,
          exports: await Promise.all(files.map((file) => file.text())),
          ...(reason.trim() !== '' && { adjust: { reason: reason.trim() } }),
        },
      }),
    stale: ['reconciliations', 'usage', 'spending', 'budgets'],
    onDone: ({ id }) => onDone(id),
  })
  return (
    <FormDialog
      title="Compare a bill"
      verb={reason.trim() === '' ? 'Compare' : 'Compare and correct'}
      isPending={isPending}
      error={error}
      isDisabled={files.length === 0 || provider === ''}
      onSubmit={mutate}
      onClose={onClose}
    >
      <NativeSelect
        label="Provider"
        value={provider}
        data={known.map(({ name }) => name)}
        onChange={(event) => setPicked(event.currentTarget.value)}
      />
      <Input.Wrapper
        id={fieldId}
        label="Its exports"
        description="Pages of the usage or costs API of OpenAI or Anthropic, activity of OpenRouter (JSON, JSON Lines), or CSV."
      >
        <input
          id={fieldId}
          type="file"
          multiple
          accept=".json,.jsonl,.csv,application/json,text/csv"
          onChange={(event) => setFiles([...(event.currentTarget.files ?? [])])}
        />
      </Input.Wrapper>
      <TextInput
        label="Correct the ledger, because"
        description="Empty: differences are only told. Else a line is added for each, and budgets count it."
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </FormDialog>
  )
}

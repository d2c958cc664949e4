/** Says that what a target does now is right: the next baseline begins. */

import { NumberInput, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { ask } from '../api/client.ts'
import { FormDialog } from '../ui/form-dialog.tsx'

interface AcceptBaselineProps {
  readonly set: string
  onClose(): void
}

export function AcceptBaseline({ set, onClose }: AcceptBaselineProps): ReactNode {
  const queries = useQueryClient()
  const [reason, setReason] = useState('')
  const [lastRuns, setLastRuns] = useState<number | string>(0)
  const { isPending, error, mutate } = useMutation({
    mutationFn: () =>
      ask('POST /drift/{set}/accept', { params: { set }, body: { reason, last_runs: Number(lastRuns) } }),
    async onSuccess() {
      await queries.invalidateQueries({ queryKey: ['drift'] })
      onClose()
    },
  })
  return (
    <FormDialog
      title={`Accept a baseline of ${set}`}
      verb="Accept"
      isPending={isPending}
      error={error}
      isDisabled={reason.trim() === ''}
      onSubmit={mutate}
      onClose={onClose}
    >
      <p>Later runs are compared with what the target does from now on. The old baseline is kept.</p>
      <Textarea
        label="Why what it does now is right"
        required
        maxLength={2_000}
        data-autofocus
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <NumberInput
        label="Last runs that count as its first"
        min={0}
        max={200}
        allowDecimal={false}
        value={lastRuns}
        onChange={setLastRuns}
      />
    </FormDialog>
  )
}

/** Gives a key a new secret, and shows it once. */

import { NativeSelect } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import { formatWhen } from '../format/time.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import type { ApiKey } from '../api/owners.ts'
import { ShownOnce } from './shown-once.tsx'

const overlaps = [
  { value: '86400', label: 'a day' },
  { value: '3600', label: 'an hour' },
  { value: '604800', label: 'a week' },
  { value: '0', label: 'not at all' },
]

interface RotateKeyProps {
  readonly rotated: ApiKey
  onClose(): void
}

export function RotateKey({ rotated, onClose }: RotateKeyProps): ReactNode {
  const [overlap, setOverlap] = useState('86400')
  const { data, isPending, error, mutate } = useChange({
    change: () =>
      ask('POST /keys/{id}/rotate', {
        params: { id: rotated.id },
        body: { overlap_seconds: Number(overlap) },
      }),
    stale: ['keys'],
  })
  const title = `Rotate ${rotated.name}`
  if (data) return <ShownOnce title={title} secret={data.secret} onClose={onClose} />
  return (
    <FormDialog
      title={title}
      verb="Rotate"
      isPending={isPending}
      error={error}
      onSubmit={mutate}
      onClose={onClose}
    >
      <p>{effectOf(Number(overlap))}</p>
      <NativeSelect
        label="The old secret holds on for"
        data={overlaps}
        value={overlap}
        onChange={(event) => setOverlap(event.currentTarget.value)}
      />
    </FormDialog>
  )
}

function effectOf(overlapSeconds: number): string {
  if (overlapSeconds === 0) return 'Calls with the old secret fail at once.'
  return `The old secret works until ${formatWhen(Date.now() + overlapSeconds * 1_000, 0)}.`
}

/** Gives a key a new secret, and shows it once. */

import { Button, Modal, NativeSelect } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { ask } from '../api/client.ts'
import { SecretBox } from '../ui/secret-box.tsx'
import { type ApiKey, keysQuery } from './owners.ts'

const overlaps = [
  { value: '86400', label: 'a day' },
  { value: '3600', label: 'an hour' },
  { value: '604800', label: 'a week' },
  { value: '0', label: 'not at all' },
]

export function RotateKey({
  rotated,
  onClose,
}: {
  readonly rotated: ApiKey
  readonly onClose: () => void
}): ReactNode {
  const queries = useQueryClient()
  const [overlap, setOverlap] = useState('86400')
  const rotation = useMutation({
    mutationFn: () =>
      ask('POST /keys/{id}/rotate', {
        params: { id: rotated.id },
        body: { overlap_seconds: Number(overlap) },
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: keysQuery.queryKey }),
  })
  return (
    <Modal opened onClose={onClose} title={`Rotate ${rotated.name}`} closeOnClickOutside={!rotation.data}>
      {rotation.data ? (
        <div className="stack">
          <SecretBox secret={rotation.data.secret} />
          <div className="row dialog-actions">
            <Button variant="default" onClick={onClose}>
              Done
            </Button>
          </div>
        </div>
      ) : (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault()
            rotation.mutate()
          }}
        >
          <NativeSelect
            label="The old secret holds on for"
            data={overlaps}
            value={overlap}
            onChange={(event) => setOverlap(event.currentTarget.value)}
          />
          {rotation.error && <span role="alert">{rotation.error.message}</span>}
          <div className="row dialog-actions">
            <Button variant="default" onClick={onClose} data-autofocus>
              Cancel
            </Button>
            <Button type="submit" loading={rotation.isPending}>
              Rotate
            </Button>
          </div>
        </form>
      )}
    </Modal>
  )
}

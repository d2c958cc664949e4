/** Holds a route, so that nothing moves it by itself, or lets it go again. */

import { Button, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { ask } from '../api/client.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import type { Route } from './route-queries.ts'

export function HoldButton({ route: { name, hold } }: { readonly route: Route }): ReactNode {
  const queries = useQueryClient()
  const [isOpen, setOpen] = useState(false)
  const [reason, setReason] = useState('')
  const refresh = async () => {
    setOpen(false)
    await queries.invalidateQueries({ queryKey: ['routes'] })
  }
  const holding = useMutation({
    mutationFn: () => ask('POST /routes/{route}/hold', { params: { route: name }, body: { reason } }),
    onSuccess: refresh,
  })
  const release = useMutation({
    mutationFn: () => ask('DELETE /routes/{route}/hold', { params: { route: name } }),
    onSuccess: refresh,
  })
  if (hold) {
    return (
      <Button variant="default" loading={release.isPending} onClick={() => release.mutate()}>
        End the hold
      </Button>
    )
  }
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        Hold…
      </Button>
      {isOpen && (
        <FormDialog
          title={`Hold ${name}`}
          verb="Hold"
          isPending={holding.isPending}
          error={holding.error}
          isDisabled={reason.trim() === ''}
          onSubmit={holding.mutate}
          onClose={() => setOpen(false)}
        >
          <p>Nothing moves {name} by itself any more, until the hold is ended.</p>
          <Textarea
            label="Why"
            required
            data-autofocus
            maxLength={2_000}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        </FormDialog>
      )}
    </>
  )
}

/** Holds a route, so that nothing moves it by itself, or lets it go again. */

import { Button } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import { useMay } from '../session/me.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { ReasonField } from '../ui/reason-field.tsx'
import type { Route } from './route-queries.ts'

export function HoldButton({ route: { name, hold } }: { readonly route: Route }): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const [reason, setReason] = useState('')
  const holding = useChange({
    change: () => ask('POST /routes/{route}/hold', { params: { route: name }, body: { reason } }),
    stale: ['routes'],
    onDone: () => setOpen(false),
  })
  const release = useChange({
    change: () => ask('DELETE /routes/{route}/hold', { params: { route: name } }),
    stale: ['routes'],
  })
  const may = useMay('POST /routes/{route}/hold')
  if (!may) return null
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
          <ReasonField value={reason} onChange={setReason} />
        </FormDialog>
      )}
    </>
  )
}

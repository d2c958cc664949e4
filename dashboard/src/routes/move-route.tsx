/** Makes another revision of a route live, at once or by and by, or goes back to one. */

import { Checkbox, Textarea } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import type { Route } from '../rollout/route-queries.ts'
import { FormDialog } from '../ui/form-dialog.tsx'

export interface RouteMove {
  readonly verb: 'promote' | 'rollback'
  /** The number of the revision. */
  readonly to: number
}

interface MoveRouteProps {
  readonly route: Route
  readonly move: RouteMove
  onClose(): void
}

export function MoveRoute({ route, move: { verb, to }, onClose }: MoveRouteProps): ReactNode {
  const [reason, setReason] = useState('')
  const [isCanary, setCanary] = useState(false)
  const [isOverride, setOverride] = useState(false)
  const params = { route: route.name }
  const why = reason.trim() === '' ? {} : { reason: reason.trim() }
  const { isPending, error, mutate } = useChange({
    change: () =>
      verb === 'promote'
        ? ask('POST /routes/{route}/promote', {
            params,
            body: { to, canary: isCanary, override: isOverride, ...why },
          })
        : ask('POST /routes/{route}/rollback', {
            params,
            body: { ...(to !== route.live && { to }), ...why },
          }),
    stale: ['routes'],
    onDone: onClose,
  })
  return (
    <FormDialog
      title={verb === 'promote' ? `Promote ${route.name}@${to}` : `Roll back to ${route.name}@${to}`}
      verb={verb === 'promote' ? 'Promote' : 'Roll back'}
      isPending={isPending}
      error={error}
      isDisabled={isOverride && reason.trim() === ''}
      onSubmit={mutate}
      onClose={onClose}
    >
      <p>
        {isCanary
          ? `A growing share of the requests for ${route.name} goes to @${to}.`
          : `Every request for ${route.name} goes to @${to} within five seconds; @${route.live} takes them now.`}
      </p>
      {verb === 'promote' && (
        <Checkbox
          label="By and by, as a canary"
          checked={isCanary}
          onChange={(event) => setCanary(event.currentTarget.checked)}
        />
      )}
      {verb === 'promote' && route.protected && (
        <Checkbox
          label="Without a passing gate"
          description="The route is protected: this stands in the audit, with your reason."
          checked={isOverride}
          onChange={(event) => setOverride(event.currentTarget.checked)}
        />
      )}
      <Textarea
        label="Why"
        required={isOverride}
        maxLength={2_000}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </FormDialog>
  )
}

/** Makes another revision of a route live, at once or by and by, or goes back to one. */

import { Checkbox, Textarea } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import type { RouteDetail } from '../rollout/route-queries.ts'
import { useSeenLive } from '../rollout/seen-live.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { lacksGate } from './settings.ts'

export interface RouteMove {
  readonly verb: 'promote' | 'rollback'
  /** The number of the revision. */
  readonly to: number
}

interface MoveRouteProps {
  readonly route: RouteDetail
  readonly move: RouteMove
  onClose(): void
}

export function MoveRoute({ route, move: { verb, to }, onClose }: MoveRouteProps): ReactNode {
  const [reason, setReason] = useState('')
  const [isCanary, setCanary] = useState(false)
  const [isOverride, setOverride] = useState(false)
  const seen = useSeenLive(route)
  const isLacking = verb === 'promote' && lacksGate(route, to)
  const params = { route: route.name }
  const why = reason.trim() === '' ? {} : { reason: reason.trim() }
  const { isPending, error, mutate } = useChange({
    change: () =>
      verb === 'promote'
        ? ask('POST /routes/{route}/promote', {
            params,
            body: { to, canary: isCanary, override: isOverride, live: seen.live, ...why },
          })
        : ask('POST /routes/{route}/rollback', {
            params,
            body: { ...(to !== seen.live && { to }), live: seen.live, ...why },
          }),
    stale: ['routes'],
    onDone: onClose,
  })
  const notice = isPending ? undefined : seen.notice
  return (
    <FormDialog
      title={verb === 'promote' ? `Promote ${route.name}@${to}` : `Roll back to ${route.name}@${to}`}
      verb={verb === 'promote' ? 'Promote' : 'Roll back'}
      isPending={isPending}
      error={notice === undefined ? error : null}
      isDisabled={notice !== undefined || (isOverride ? reason.trim() === '' : isLacking)}
      onSubmit={mutate}
      onClose={onClose}
    >
      <p>
        {isCanary
          ? `A growing share of the requests for ${route.name} goes to @${to}.`
          : `Every request for ${route.name} goes to @${to} within five seconds; @${seen.live} takes them now.`}
      </p>
      {isLacking && <p>@{to} has no passing gate.</p>}
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
      {notice}
    </FormDialog>
  )
}

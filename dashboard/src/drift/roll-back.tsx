/** Takes the watched route back to the revision that was live before, because of an alarm. */

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import { visible } from '../format/visible.ts'
import { type RouteDetail, routeQuery } from '../rollout/route-queries.ts'
import { May } from '../session/may.tsx'
import { Confirm } from '../ui/confirm.tsx'

interface RollBackProps {
  readonly route: string
  /** Of the alarm, for the history of the route. */
  readonly reason: string
}

export function RollBack({ route, reason }: RollBackProps): ReactNode {
  const { data } = useQuery(routeQuery(route))
  const [isAsking, setAsking] = useState(false)
  const { isPending, error, mutate } = useChange({
    change: () =>
      ask('POST /routes/{route}/rollback', { params: { route }, body: { reason: `drift: ${reason}` } }),
    stale: ['routes', 'drift'],
    onDone: () => setAsking(false),
  })
  const before = data && revisionBefore(data)
  if (before === undefined) return null
  return (
    <May call="POST /routes/{route}/rollback">
      <span>Suggested: @{before}</span>
      <Button onClick={() => setAsking(true)}>Roll back…</Button>
      {isAsking && (
        <Confirm
          title={`Roll back ${visible(route)}`}
          effect={`Every request for ${visible(route)} goes to @${before} within five seconds; @${data?.live} takes them now.`}
          verb={`Roll back to @${before}`}
          isPending={isPending}
          error={error}
          onConfirm={mutate}
          onClose={() => setAsking(false)}
        />
      )}
    </May>
  )
}

/** What was live before what is; undefined where nothing was, or where the last move went back already. */
function revisionBefore({ live, moves }: RouteDetail): number | undefined {
  const [last] = moves
  if (!last || last.to !== live || last.from === undefined || last.from >= live) return undefined
  return last.from
}

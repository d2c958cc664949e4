/** The route behind a golden set: what is live, what moved it, and whether anything may move it by itself. */

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { routeQuery } from '../rollout/route-queries.ts'
import { HoldButton } from '../rollout/hold-button.tsx'
import { RouteMoves } from '../rollout/route-moves.tsx'
import { Panel } from '../ui/panel.tsx'

export function RouteWatch({ route }: { readonly route: string }): ReactNode {
  const { data } = useQuery(routeQuery(route))
  // Its name may be that of no route any more.
  if (!data) return null
  return (
    <Panel
      title={`Route ${route}, live @${data.live}`}
      isFlush
      aside={
        <div className="row">
          <Link to="/routes/$name" params={{ name: route }}>
            Open the route
          </Link>
          <HoldButton route={data} />
        </div>
      }
    >
      <RouteMoves moves={data.moves} />
    </Panel>
  )
}

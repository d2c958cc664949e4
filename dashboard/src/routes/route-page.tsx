/** One route: what serves it, what changed, and what may go live. */

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { exactly } from '../api/filter-text.ts'
import { usageQuery } from '../api/usage.ts'
import { formatCount, formatMs, formatShare, formatUsd } from '../format/number.ts'
import { HoldButton } from '../rollout/hold-button.tsx'
import { RouteMoves } from '../rollout/route-moves.tsx'
import { type RouteDetail, routeQuery } from '../rollout/route-queries.ts'
import { May } from '../session/may.tsx'
import { DetailPage } from '../ui/detail-page.tsx'
import { Empty } from '../ui/empty.tsx'
import { Facts } from '../ui/facts.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Panel } from '../ui/panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { EditRoute } from './edit-route.tsx'
import { MoveRoute, type RouteMove } from './move-route.tsx'
import { RevisionDiff } from './revision-diff.tsx'
import { Revisions } from './revisions.tsx'
import { RouteState } from './routes-page.tsx'
import { useRouteSums } from './route-sums.ts'
import { settingsOf, standingOf } from './settings.ts'
import { TargetsPanel } from './targets-panel.tsx'

const route = getRouteApi('/routes/$name')

export function RoutePage(): ReactNode {
  const { name } = route.useParams()
  const found = useQuery(routeQuery(name))
  const [move, setMove] = useState<RouteMove>()
  const [isEditing, setEditing] = useState(false)
  // What waits is what a page of a route is opened for.
  const waiting = found.data && standingOf(found.data, found.data.last) === 'waits' && found.data.last
  return (
    <DetailPage
      above={[{ label: 'Routes', link: { to: '/routes' } }]}
      kind="Route"
      name={name}
      query={found}
      action={
        found.data && (
          <div className="row">
            <HoldButton route={found.data} />
            <May call="POST /routes/{route}/revisions">
              <Button variant={waiting ? 'default' : 'filled'} onClick={() => setEditing(true)}>
                Edit…
              </Button>
            </May>
            {waiting && (
              <May call="POST /routes/{route}/promote">
                <Button onClick={() => setMove({ verb: 'promote', to: waiting })}>Promote @{waiting}…</Button>
              </May>
            )}
          </div>
        )
      }
    >
      {(detail) => (
        <>
          <Found detail={detail} onMove={setMove} />
          {move && <MoveRoute route={detail} move={move} onClose={() => setMove(undefined)} />}
          {isEditing && <EditRoute route={detail} onClose={() => setEditing(false)} />}
        </>
      )}
    </DetailPage>
  )
}

interface FoundProps {
  readonly detail: RouteDetail
  onMove(move: RouteMove): void
}

function Found({ detail, onMove }: FoundProps): ReactNode {
  const live = detail.revisions.find(({ number }) => number === detail.live)
  const { strategy, targets } = settingsOf(live?.settings)
  const { hold, canary } = detail
  return (
    <>
      <Panel title="Live" aside={<RouteState route={detail} />}>
        <Facts
          facts={[
            ['Revision', `@${detail.live}`],
            ['Strategy', strategy],
            ['Since', <When key="since" at={detail.changed_at} />],
            ['Protected', detail.protected ? 'wants a passing gate' : 'no'],
            ['Held', hold && <UntrustedText key="hold" text={`by ${hold.actor}: ${hold.reason}`} />],
            ['Canary', canary && `@${canary.revision}, ${canary.shares.join(' → ')} of the requests`],
          ]}
        />
      </Panel>
      <div className="grid">
        <TargetsPanel route={detail.name} targets={targets} />
        <Panel title="Last 24 h" className="six">
          <Traffic name={detail.name} />
        </Panel>
      </div>
      <Revisions detail={detail} onMove={onMove} />
      <RevisionDiff detail={detail} />
      <Panel title="Moves" isFlush>
        <RouteMoves moves={detail.moves} />
      </Panel>
    </>
  )
}

function Traffic({ name }: { readonly name: string }): ReactNode {
  const usage = useQuery(usageQuery({ range: '24h' }, '', { route: name }))
  const told = useRouteSums(name)
  return (
    <Loaded query={usage} what="the traffic" height={80}>
      {({ data: [sums] }) =>
        sums ? (
          <Facts
            facts={[
              [
                'Requests',
                <Link key="requests" to="/requests" search={{ route: exactly(name) }}>
                  {formatCount(sums.requests)}
                </Link>,
              ],
              [
                'Answered',
                told && told.requests > 0 ? formatShare(1 - told.errors / told.requests) : undefined,
              ],
              ['Total p95', told?.duration_ms && formatMs(told.duration_ms.p95)],
              ['Attempts', formatCount(sums.attempts)],
              ['Failed attempts', formatCount(sums.errors)],
              ['Cost', formatUsd(Number(sums.charged_usd))],
              [
                'Cost a request',
                sums.requests === 0 ? '-' : formatUsd(Number(sums.charged_usd) / sums.requests),
              ],
            ]}
          />
        ) : (
          <Empty title="No requests in the last 24 h." />
        )
      }
    </Loaded>
  )
}

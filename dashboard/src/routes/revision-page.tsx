/** One revision of a route: what it says, how that differs from what is live, and what let it go live. */

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { RouteMoves } from '../rollout/route-moves.tsx'
import { type Revision, type RouteDetail, routeQuery } from '../rollout/route-queries.ts'
import { May } from '../session/may.tsx'
import { DetailPage } from '../ui/detail-page.tsx'
import { Empty } from '../ui/empty.tsx'
import { Facts } from '../ui/facts.tsx'
import { Panel } from '../ui/panel.tsx'
import { UntrustedBlock, UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { MoveRoute, type RouteMove } from './move-route.tsx'
import { DifferenceTable } from './revision-diff.tsx'
import { GateVerdict, RevisionState } from './revisions.tsx'
import { differencesOf } from './settings.ts'

const route = getRouteApi('/routes/$name/$revision')

export function RevisionPage(): ReactNode {
  const { name, revision } = route.useParams()
  const found = useQuery(routeQuery(name))
  const one = found.data?.revisions.find(({ number }) => String(number) === revision)
  return (
    <DetailPage
      above={[
        { label: 'Routes', link: { to: '/routes' } },
        { label: name, link: { to: '/routes/$name', params: { name } } },
      ]}
      kind="Revision"
      name={`${revision} of ${name}`}
      title={`Revision ${revision} of ${name}`}
      here={`@${revision}`}
      query={found}
      action={found.data && one && <Move detail={found.data} revision={one} />}
    >
      {(detail) => (one ? <Found detail={detail} revision={one} /> : <Empty title="No such revision." />)}
    </DetailPage>
  )
}

interface RevisionProps {
  readonly detail: RouteDetail
  readonly revision: Revision
}

/** Newer ones are promoted, older ones gone back to. */
function Move({ detail, revision: { number } }: RevisionProps): ReactNode {
  const [move, setMove] = useState<RouteMove>()
  if (number === detail.live) return null
  const verb = number > detail.live ? 'promote' : 'rollback'
  return (
    <May call="POST /routes/{route}/promote">
      <Button onClick={() => setMove({ verb, to: number })}>
        {verb === 'promote' ? `Promote @${number}…` : `Roll back to @${number}…`}
      </Button>
      {move && <MoveRoute route={detail} move={move} onClose={() => setMove(undefined)} />}
    </May>
  )
}

function Found({ detail, revision }: RevisionProps): ReactNode {
  const { number, gate, source, created_by: by, created_at: at, settings } = revision
  const live = detail.revisions.find((one) => one.number === detail.live)
  const moves = detail.moves.filter(({ from, to }) => from === number || to === number)
  return (
    <>
      <Panel title={`Revision @${number}`} aside={<RevisionState detail={detail} number={number} />}>
        <Facts
          facts={[
            ['From', source === 'file' ? 'the file' : 'the API'],
            ['Who', <UntrustedText key="who" text={by} />],
            ['When', <When key="when" at={at} />],
            ['Gate', <GateVerdict key="gate" gate={gate} />],
            ['Gate, when', gate && <When key="gate-when" at={gate.at} />],
            ['Gate, SHA-256 of its report', gate && <code key="hash">{gate.hash.slice(0, 16)}…</code>],
          ]}
        />
      </Panel>
      {live && number !== detail.live && (
        <Panel title={`Live @${detail.live} → @${number}`} isFlush>
          <Differences before={live} after={revision} />
        </Panel>
      )}
      <Panel title="Settings">
        <UntrustedBlock text={JSON.stringify(settings, null, 2)} />
      </Panel>
      <Panel title="Moves" isFlush>
        <RouteMoves moves={moves} />
      </Panel>
    </>
  )
}

function Differences({ before, after }: { readonly before: Revision; readonly after: Revision }): ReactNode {
  const differences = differencesOf(before.settings, after.settings)
  if (differences.length === 0) return <Empty title="They are the same." />
  return <DifferenceTable differences={differences} />
}

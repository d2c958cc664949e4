/** One team: who is in it, what it shares, and what it has cost. */

import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask } from '../api/client.ts'
import { formatUsd } from '../format/number.ts'
import { DetailPage } from '../ui/detail-page.tsx'
import { Facts } from '../ui/facts.tsx'
import { When } from '../ui/when.tsx'
import { KeysOf } from './keys-of.tsx'
import { LastRequests, OwnerPanels } from './owner-panels.tsx'
import { TeamMembers } from './team-members.tsx'
import { TeamMenu } from './team-menu.tsx'

const route = getRouteApi('/teams/$id')

export function TeamPage(): ReactNode {
  const { id } = route.useParams()
  const team = useQuery({
    queryKey: ['teams', id],
    queryFn: ({ signal }) => ask('GET /teams/{id}', { params: { id }, signal }),
  })
  return (
    <DetailPage
      above={[{ label: 'Teams', link: { to: '/teams' } }]}
      kind="Team"
      name={team.data?.name ?? id}
      query={team}
      action={team.data && <TeamMenu team={team.data} />}
    >
      {({ markup_percent: markup, credit_usd: credit, created_at: createdAt }) => (
        <>
          <OwnerPanels
            scope="team"
            id={id}
            facts={
              <Facts
                isList
                facts={[
                  ['Id', <code key="id">{id}</code>],
                  ['Mark-up', `${markup} %`],
                  ['Credit', credit === undefined ? 'billed afterwards' : formatUsd(Number(credit))],
                  ['Created', <When key="created" at={createdAt} />],
                ]}
              />
            }
          />
          <TeamMembers team={id} />
          <KeysOf owner={{ team: id }} />
          <LastRequests scope="team" id={id} />
        </>
      )}
    </DetailPage>
  )
}
